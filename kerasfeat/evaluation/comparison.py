"""Finished runs beside each other on the same test songs: scores, paired differences, and who is
better on which songs.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.evaluation import paired
from kerasfeat.evaluation.predictions import read_table
from kerasfeat.evaluation.report import load_json
from kerasfeat.progress import say
from kerasfeat.songs.ids import lasting_id
from kerasfeat.targets import Target, of_run

SHOWN_SONGS = 3


@dataclass(frozen=True)
class Comparison:
    """Runs on the same test songs.

    Attributes:
        target: what all of them predict.
        facts: a dict that JSON holds: `task`, `kind`, `targets` that all runs have, `labels`,
            `songs`, `resampled` ("artist" or "track": what was drawn) and `units` (how many of
            those there are), `runs` (name, path, recipe, model, inputs, parameters, `scores`,
            `ci95`), and `pairs`, each run against each that was named before it (run, against,
            `differences`, `wins`; see `paired`).
    """

    target: Target
    facts: dict


@dataclass(frozen=True)
class _Contestant:
    """A run with its predictions of the test songs, which are in the same order for all."""

    name: str
    path: Path
    run: dict
    target: Target
    songs: pd.DataFrame

    @property
    def ids(self):
        """The songs' ids, in order."""
        return pd.Index(self.songs["track_id"])


def compare(paths, samples=1000, seed=0):
    """Compare two or more finished runs on the same test songs, but for those of which a run could
    not read its inputs.

    Args:
        paths: run directories.
        samples: number of bootstrap resamples; see kerasfeat.evaluation.paired.
        seed: of the resampling.

    Raises:
        KerasfeatError: fewer than two runs, or they are not of one task, one set of labels, and the
            same test songs.
    """
    contestants = _aligned(
        [_read(Path(path), name) for path, name in zip(paths, short_names(paths), strict=True)]
    )
    first = contestants[0]
    target = _common(contestants)
    truth = target.from_columns(first.songs)[0]
    predicted = [target.from_columns(contestant.songs)[1] for contestant in contestants]
    found = paired.score(target, truth, predicted, first.songs, samples, seed)
    names = [contestant.name for contestant in contestants]
    facts = {
        "task": first.run["task"],
        "kind": target.kind,
        "targets": list(target.heads),
        "labels": list(target.outputs) if target.has_labels else [],
        "songs": len(truth),
        **found.units,
        "runs": [
            {**_description(contestant), **scores}
            for contestant, scores in zip(contestants, found.scored, strict=True)
        ],
        "pairs": [
            {"run": names[b], "against": names[a], **result}
            for (a, b), result in found.pairs.items()
        ],
    }
    return Comparison(target, facts)


def short_names(paths):
    """Short names that tell the runs apart: their folders', or the whole paths where two folders
    are called the same.
    """
    short = [Path(path).resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def used_songs(path):
    """The ids of the songs that the finished run at `path` trained, validated, or tested on: those
    that have an input of its.
    """
    return set(
        pd.read_csv(Path(path) / "splits.csv", dtype=str, keep_default_na=False)["track_id"].map(
            lasting_id
        )
    )


def _read(path, name):
    run = load_json(path, "run.json")
    songs = read_table(path)
    if songs is None:
        raise KerasfeatError(
            f"{path} has no predictions.csv, so it can't be compared: it is not the "
            "directory of a finished run."
        )
    songs = songs.assign(track_id=songs["track_id"].map(lasting_id))
    return _Contestant(
        name,
        path,
        run,
        of_run(run),
        songs.sort_values("track_id", kind="stable", ignore_index=True),
    )


def _description(contestant):
    run = contestant.run
    kept = {
        key: run.get(key) for key in ("recipe", "model", "inputs", "parameters", "folds", "seed")
    }
    return {"name": contestant.name, "path": str(contestant.path), **kept}


def _aligned(contestants):
    """The runs as they are, or the reason why they can't be compared."""
    if len(contestants) < 2:
        raise KerasfeatError("a comparison needs two runs or more: name their directories.")
    contestants = _with_inputs_for_all(contestants)
    first = contestants[0]
    for other in contestants[1:]:
        if first.target.kind != other.target.kind or first.run["labels"] != other.run["labels"]:
            raise KerasfeatError(f"{_differ(first, other)}. Name runs of one task.")
        common = _common([first, other])
        _require_same_songs(first, other)
        _require_same_truth(first, other, common)
    return contestants


def _common(contestants):
    """The target with what all of the runs predict.

    Raises:
        KerasfeatError: nothing is common.
    """
    first = contestants[0]
    for other in contestants[1:]:
        if not set(first.target.outputs) & set(other.target.outputs):
            raise KerasfeatError(
                f"{_differ(first, other)}, and no target is common. Name runs of one task."
            )
    common = set.intersection(*(set(contestant.target.outputs) for contestant in contestants))
    return first.target.common([output for output in first.target.outputs if output in common])


def _differ(first, other):
    return (
        f"{first.name} and {other.name} can't be compared: the one predicts "
        f"{_predicts(first)}, the other {_predicts(other)}"
    )


def _with_inputs_for_all(contestants):
    """The runs on the test songs that all of them have inputs of; as they are, where they differ
    for another reason.
    """
    used = set.intersection(*(used_songs(contestant.path) for contestant in contestants))
    common = [
        replace(each, songs=each.songs[each.songs["track_id"].isin(used)].reset_index(drop=True))
        for each in contestants
    ]
    songs = common[0].ids
    if songs.empty or not all(contestant.ids.equals(songs) for contestant in common):
        return contestants
    left_out = len(set().union(*(contestant.ids for contestant in contestants))) - len(songs)
    if left_out:
        say(
            f"{left_out} of {left_out + len(songs)} test songs left out: a run had no "
            "inputs of them, or another table"
        )
    return common


def _predicts(contestant):
    labels = f" ({', '.join(contestant.run['labels'])})" if contestant.run["labels"] else ""
    return ", ".join(contestant.run["targets"]) + labels


def _require_same_songs(first, other):
    if first.ids.equals(other.ids):
        return
    ours, theirs = set(first.ids), set(other.ids)
    alone = [
        f"{len(mine - yours)} only in {run.name}"
        for run, mine, yours in ((first, ours, theirs), (other, theirs, ours))
    ]
    examples = sorted(ours ^ theirs)[:SHOWN_SONGS]
    raise KerasfeatError(
        f"{first.name} and {other.name} have different test songs ({len(ours & theirs)} in "
        f"both, {', '.join(alone)}; such as "
        f"{', '.join(examples)}): a difference of their scores would say nothing. Train "
        "them on the same --data with the same --seed, "
        "--folds, and --split."
    )


def _require_same_truth(first, other, target):
    ours, theirs = (target.from_columns(run.songs)[0] for run in (first, other))
    same = target.same_truth(ours, theirs)
    if not same.all():
        song = int(np.flatnonzero(~same)[0])
        told = " and ".join(str(target.told_truth(truth[song])) for truth in (ours, theirs))
        raise KerasfeatError(
            f"{first.name} and {other.name} have other true values of "
            f"{', '.join(target.heads)} for {int((~same).sum())} of {len(same)} "
            f"songs, such as {first.ids[song]}: {told}. Train them on the same table."
        )
