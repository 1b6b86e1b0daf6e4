"""Finished runs beside each other on the same test songs: scores, and who is better on which."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.evaluation import paired
from kerasfeat.evaluation.predictions import answers, read_table
from kerasfeat.evaluation.run_files import EARLIER, load_run, load_splits
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
    facts: dict[str, Any]

    @property
    def scores(self) -> pd.DataFrame:
        """The scores of each run, a row by its name."""
        names = list(self.target.compared_metrics)
        rows = {run["name"]: [run["scores"][name] for name in names] for run in self.facts["runs"]}
        return pd.DataFrame.from_dict(rows, orient="index", columns=names)

    @property
    def differences(self) -> pd.DataFrame:
        """By how much each run's scores are above those of each one named before it.

        A row for each pair and score: `run`, `against`, `score`, `difference`, and the 95% interval
        from `low` to `high`.
        """
        rows = []
        for pair in self.facts["pairs"]:
            for name in self.target.compared_metrics:
                difference = pair["differences"][name]
                low, high = difference["ci95"] or (None, None)
                rows.append((pair["run"], pair["against"], name, difference["value"], low, high))
        columns = ["run", "against", "score", "difference", "low", "high"]
        return pd.DataFrame(rows, columns=columns)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.scores.to_html() + self.differences.to_html(index=False)


@dataclass(frozen=True)
class _Contestant:
    """A run with its predictions of the test songs, which are in the same order for all.

    Attributes:
        name: a short one.
        path: of its directory.
        run: contents of its run.json.
        target: what it predicts.
        songs: its predictions.csv as text, by id.
    """

    name: str
    path: Path
    run: dict[str, Any]
    target: Target
    songs: pd.DataFrame

    @property
    def ids(self) -> pd.Index:
        """The songs' ids, in order."""
        return pd.Index(self.songs["track_id"])

    @property
    def predicts(self) -> str:
        """What it predicts, for people."""
        labels = f" ({', '.join(self.run['labels'])})" if self.run["labels"] else ""
        return ", ".join(self.run["targets"]) + labels

    def answers(self, target: Target) -> tuple[Array, Array]:
        """(truth, prediction) of the songs, of what `target` has of the run's."""
        return answers(self.path, target, self.songs)

    def description(self) -> dict[str, Any]:
        """What is told of it beside its scores."""
        names = ("recipe", "model", "inputs", "parameters", "folds", "seed")
        own = {name: self.run.get(name) for name in names}
        return {"name": self.name, "path": str(self.path), **own}


def compare(paths: Sequence[Path | str], samples: int = 1000, seed: int = 0) -> Comparison:
    """Compare two or more finished runs on the same test songs.

    Songs of which a run could not read its inputs are left out.

    Args:
        paths: run directories.
        samples: number of bootstrap resamples; see kerasfeat.evaluation.paired.
        seed: of the resampling.

    Raises:
        KerasfeatError: fewer than two runs, or they are not of one task, one set of labels, and the
            same test songs.
    """
    named = zip(paths, short_names(paths), strict=True)
    contestants = _aligned([_read(Path(path), name) for path, name in named])
    first, target = contestants[0], _common(contestants)
    truth, _ = first.answers(target)
    predicted = [contestant.answers(target)[1] for contestant in contestants]
    result = paired.score(target, truth, predicted, first.songs, samples=samples, seed=seed)
    names = [contestant.name for contestant in contestants]
    runs = zip(contestants, result.scored, strict=True)
    facts = {
        "task": first.run["task"],
        "kind": target.kind,
        "targets": list(target.heads),
        "labels": list(target.outputs) if target.has_labels else [],
        "songs": len(truth),
        **result.units,
        "runs": [contestant.description() | scores for contestant, scores in runs],
        "pairs": [
            {"run": names[b], "against": names[a], **pair} for (a, b), pair in result.pairs.items()
        ],
    }
    return Comparison(target, facts)


def short_names(paths: Sequence[Path | str]) -> list[str]:
    """Short names that tell runs apart.

    They are the names of their folders, or the whole paths where two folders are called the same.
    """
    short = [Path(path).resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def used_songs(path: Path | str) -> set[str]:
    """The ids of the songs that the finished run at `path` trained, validated, or tested on.

    They are those that have an input of the run's.
    """
    songs = load_splits(Path(path), ["part"])
    return set(songs.loc[songs["part"] != EARLIER, "track_id"].map(lasting_id))


def _read(path: Path, name: str) -> _Contestant:
    run = load_run(path, ("task", "targets", "labels"))
    songs = read_table(path)
    if songs is None:
        raise KerasfeatError(
            f"{path} has no predictions.csv, so it can't be compared: it is not the "
            "directory of a finished run."
        )
    songs = songs.assign(track_id=songs["track_id"].map(lasting_id))
    songs = songs.sort_values("track_id", kind="stable", ignore_index=True)
    return _Contestant(name, path, run, of_run(run), songs)


def _aligned(contestants: list[_Contestant]) -> list[_Contestant]:
    """The runs on the test songs that all of them have inputs of.

    Raises:
        KerasfeatError: they can't be compared.
    """
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


def _common(contestants: Sequence[_Contestant]) -> Target:
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


def _differ(first: _Contestant, other: _Contestant) -> str:
    return (
        f"{first.name} and {other.name} can't be compared: the one predicts {first.predicts}, "
        f"the other {other.predicts}"
    )


def _with_inputs_for_all(contestants: list[_Contestant]) -> list[_Contestant]:
    """The runs on the test songs that all of them have inputs of.

    They are left as they are where their songs differ for another reason.
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
            f"{left_out} of {left_out + len(songs)} test songs left out: a run had no inputs of "
            "them, or another table"
        )
    return common


def _require_same_songs(first: _Contestant, other: _Contestant) -> None:
    if first.ids.equals(other.ids):
        return
    ours, theirs = set(first.ids), set(other.ids)
    examples = ", ".join(sorted(ours ^ theirs)[:SHOWN_SONGS])
    raise KerasfeatError(
        f"{first.name} and {other.name} have different test songs ({len(ours & theirs)} in both, "
        f"{len(ours - theirs)} only in {first.name}, {len(theirs - ours)} only in {other.name}; "
        f"such as {examples}): a difference of their scores would say nothing. Train them on the "
        "same --data with the same --seed, --folds, and --split."
    )


def _require_same_truth(first: _Contestant, other: _Contestant, target: Target) -> None:
    ours, theirs = (run.answers(target)[0] for run in (first, other))
    same = target.same_truth(ours, theirs)
    if not same.all():
        song = int(np.flatnonzero(~same)[0])
        values = " and ".join(str(target.told_truth(truth[song])) for truth in (ours, theirs))
        raise KerasfeatError(
            f"{first.name} and {other.name} have other true values of {', '.join(target.heads)} "
            f"for {int((~same).sum())} of {len(same)} songs, such as {first.ids[song]}: {values}. "
            "Train them on the same table."
        )
