"""Finished runs beside each other on the same test songs: scores, paired differences, and who is better on which songs."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.data.fetching.rows import lasting_id
from kerasfeat.evaluation import paired
from kerasfeat.evaluation.report import load_json, read_predictions
from kerasfeat.progress import say
from kerasfeat.tasks import CLASSES, LABELS, VALUES

SHOWN_SONGS = 3
# Files hold true values as text of floats: those that differ by less are the same.
SAME = 1e-6


@dataclass(frozen=True)
class _Contestant:
    """A run with its predictions of the test songs, which are in the same order for all."""

    name: str
    path: Path
    run: dict
    frame: pd.DataFrame

    @property
    def kind(self):
        return self.run["kind"]

    def truth(self, target):
        """[songs] true values, or indices of true labels."""
        values = self.frame[f"true_{target}"]
        return values.map(self.run["labels"].index).to_numpy() if self.kind == CLASSES else values.to_numpy()

    def predicted(self, names):
        """[songs, labels] probabilities of the labels that are named, or target -> values [songs]."""
        if self.kind == VALUES:
            return {target: self.frame[f"predicted_{target}"].to_numpy() for target in names}
        answer = "probability" if self.kind == CLASSES else "predicted"
        return self.frame[[f"{answer}_{label}" for label in names]].to_numpy(float)


def compare(paths, samples=1000, seed=0):
    """Compare two or more finished runs on the same test songs, but for those of which a run could not read its inputs.

    Args:
        paths: run directories.
        samples: number of bootstrap resamples; see kerasfeat.evaluation.paired.
        seed: of the resampling.

    Returns:
        A dict that JSON holds: `task`, `kind`, `targets` that all runs have, `labels`, `songs`, `resampled` ("artist" or "track": what
        was drawn) and `units` (how many of those there are), `runs` (name, path, recipe, model, inputs, parameters, `scores`, `ci95`),
        and `pairs`, each run against each that was named before it (run, against, `differences`, `wins`; see `paired`).

    Raises:
        KerasfeatError: fewer than two runs, or they are not of one task, one set of labels, and the same test songs.
    """
    contestants = _aligned([_read(Path(path), name) for path, name in zip(paths, short_names(paths), strict=True)])
    first = contestants[0]
    targets = [target for target in first.run["targets"] if all(target in other.run["targets"] for other in contestants)]
    truth, labels = {target: first.truth(target) for target in targets}, first.run["labels"]
    if first.kind == LABELS:
        # One answer to a song, not one a label.
        truth, labels, targets = {first.run["task"]: np.stack(list(truth.values()), axis=1).astype(bool)}, targets, [first.run["task"]]
    predicted = [contestant.predicted(labels or targets) for contestant in contestants]
    found, pairs, units = paired.score(first.kind, truth, predicted, labels, first.frame, samples, seed)
    names = [contestant.name for contestant in contestants]
    return {
        "task": first.run["task"],
        "kind": first.kind,
        "targets": targets,
        "labels": labels,
        "songs": len(first.frame),
        **units,
        "runs": [{**_description(contestant), **scores} for contestant, scores in zip(contestants, found, strict=True)],
        "pairs": [{"run": names[b], "against": names[a], **result} for (a, b), result in pairs.items()],
    }


def short_names(paths):
    """Short names that tell the runs apart: their folders', or the whole paths where two folders are called the same."""
    short = [Path(path).resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def used_songs(path):
    """The ids of the songs that the finished run at `path` trained, validated, or tested on: those that have an input of its."""
    return set(pd.read_csv(Path(path) / "splits.csv", dtype=str, keep_default_na=False)["track_id"].map(lasting_id))


def _read(path, name):
    run = load_json(path, "run.json")
    frame = read_predictions(path / "predictions.csv", run)
    if frame is None:
        raise KerasfeatError(f"{path} has no predictions.csv, so it can't be compared: it is not the directory of a finished run.")
    return _Contestant(name, path, run, frame.assign(track_id=frame["track_id"].map(lasting_id)).set_index("track_id").sort_index())


def _description(contestant):
    run = contestant.run
    kept = {key: run.get(key) for key in ("recipe", "model", "inputs", "parameters", "folds", "seed")}
    return {"name": contestant.name, "path": str(contestant.path), **kept}


def _aligned(contestants):
    """The runs as they are, or the reason why they can't be compared."""
    if len(contestants) < 2:
        raise KerasfeatError("a comparison needs two runs or more: name their directories.")
    contestants = _with_inputs_for_all(contestants)
    first = contestants[0]
    for other in contestants[1:]:
        for what in ("kind", "labels"):
            if first.run[what] != other.run[what]:
                raise KerasfeatError(
                    f"{first.name} and {other.name} can't be compared: the one predicts {_predicts(first)}, the other {_predicts(other)}. "
                    "Name runs of one task."
                )
        common = [target for target in first.run["targets"] if target in other.run["targets"]]
        if not common:
            raise KerasfeatError(
                f"{first.name} and {other.name} can't be compared: the one predicts {_predicts(first)}, the other {_predicts(other)}, "
                "and no target is common. Name runs of one task."
            )
        _require_same_songs(first, other)
        for target in common:
            _require_same_truth(first, other, target)
    return contestants


def _with_inputs_for_all(contestants):
    """The runs on the test songs that all of them have inputs of; as they are, where they differ for another reason."""
    used = set.intersection(*(used_songs(contestant.path) for contestant in contestants))
    common = [replace(contestant, frame=contestant.frame[contestant.frame.index.isin(used)]) for contestant in contestants]
    songs = common[0].frame.index
    if songs.empty or not all(contestant.frame.index.equals(songs) for contestant in common):
        return contestants
    left_out = len(set().union(*(contestant.frame.index for contestant in contestants))) - len(songs)
    if left_out:
        say(f"{left_out} of {left_out + len(songs)} test songs left out: a run had no inputs of them, or another table")
    return common


def _predicts(contestant):
    labels = f" ({', '.join(contestant.run['labels'])})" if contestant.kind == CLASSES else ""
    return ", ".join(contestant.run["targets"]) + labels


def _require_same_songs(first, other):
    if first.frame.index.equals(other.frame.index):
        return
    ours, theirs = set(first.frame.index), set(other.frame.index)
    alone = [f"{len(mine - yours)} only in {run.name}" for run, mine, yours in ((first, ours, theirs), (other, theirs, ours))]
    examples = sorted(ours ^ theirs)[:SHOWN_SONGS]
    raise KerasfeatError(
        f"{first.name} and {other.name} have different test songs ({len(ours & theirs)} in both, {', '.join(alone)}; such as "
        f"{', '.join(examples)}): a difference of their scores would say nothing. Train them on the same --data with the same --seed, "
        "--folds, and --split."
    )


def _require_same_truth(first, other, target):
    ours, theirs = first.frame[f"true_{target}"], other.frame[f"true_{target}"]
    same = ours == theirs if first.kind == CLASSES else ((ours - theirs).abs() < SAME) | (ours.isna() & theirs.isna())
    if not same.all():
        song = same.index[int(np.flatnonzero(~same)[0])]
        raise KerasfeatError(
            f"{first.name} and {other.name} have other true values of {target} for {int((~same).sum())} of {len(same)} songs, such as "
            f"{song}: {ours[song]} and {theirs[song]}. Train them on the same table."
        )
