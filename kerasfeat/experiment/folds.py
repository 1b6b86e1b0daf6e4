"""Which songs are trained on, decide when to stop, and are tested, in each training."""

import contextlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.spec import Spec
from kerasfeat.songs import splits
from kerasfeat.songs.loading import Songs
from kerasfeat.targets import Target

# After a cross-validation, the training without test songs whose model is kept.
FINAL = "final"
# The part of songs that a training leaves out.
UNUSED = "unused"


@dataclass(frozen=True)
class Split:
    """The part of each song in one training.

    Attributes:
        name: "1" and so on, or FINAL.
        parts: [songs] of "train", "validation", "test".
    """

    name: str
    parts: Array

    def of(self, part: str) -> Array:
        """The places of the songs of a part."""
        return np.flatnonzero(self.parts == part)


@dataclass(frozen=True)
class Splits:
    """The splits of an experiment and their account.

    Attributes:
        splits: in the order of training; the model of the last is kept.
        facts: metrics.json's `split`: what the songs are grouped by, how many are in each part, and
            how much is on both sides.
    """

    splits: list[Split]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Fold:
    """A split whose test songs were predicted.

    Attributes:
        split: that it was trained on.
        history: a row an epoch.
        predictions: "model", "member 1" and so on of an ensemble, "uncalibrated" where the model's
            probabilities were calibrated, and each baseline -> predictions of the test songs.
        weights: member of an ensemble -> how much it says.
    """

    split: Split
    history: list[dict[str, Any]] = field(default_factory=list)
    predictions: dict[str, Array] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)


def make_splits(spec: Spec, table: Songs, dataset: Dataset) -> Splits:
    """The splits that a Spec asks for. A cross-validation ends with FINAL, without test songs.

    Args:
        spec: which splits.
        table: all songs.
        dataset: those that are used.

    Raises:
        KerasfeatError: the songs can't be split as asked, the table's own split leaks, or no
            training song has a value of a target.
    """
    if spec.split == "table":
        if spec.folds:
            raise KerasfeatError(
                "--folds makes splits of its own, --split table uses the table's: choose "
                "one of them."
            )
        found, grouped_by = [Split("1", splits.from_table(dataset.songs))], "table"
    else:
        found, grouped_by = _by_artist(spec, table, dataset)
    if spec.refit_epochs:
        found = [Split(s.name, np.where(s.parts == "validation", "train", s.parts)) for s in found]
    for split in found:
        where = f" of fold {split.name}" if spec.folds and split.name != FINAL else ""
        _require_truth(dataset.target, dataset.y[split.of("train")], where)
    shared = _refuse_leaks(found, table, dataset)
    sizes = {str(part): len(found[0].of(part)) for part in splits.PARTS}
    return Splits(found, {"strategy": grouped_by, "sizes": sizes, **shared})


def _refuse_leaks(found: list[Split], table: Songs, dataset: Dataset) -> dict[str, int]:
    """How much is on both sides of a split, over all of the table's songs; refused if anything."""
    used, keys = _used(table, dataset), _audio_keys(table, dataset)
    everyone = np.full(len(used), None, object)
    counts = []
    for split in found:
        everyone[used] = split.parts
        counts.append(splits.refuse_leaks(table.frame, everyone, keys))
    return {name: max(count[name] for count in counts) for name in counts[0]}


def _by_artist(spec: Spec, table: Songs, dataset: Dataset) -> tuple[list[Split], str]:
    """(Splits by artist, what the songs are grouped by).

    Every song of the table is dealt, and those that are not used are left out then: so runs that
    read other inputs have the same test songs, but for those that one of them lacks.
    """
    used = _used(table, dataset)
    groups, grouped_by = splits.groups(table.frame, _audio_keys(table, dataset))
    # Such as a class of which no song is used, and which is too rare.
    with contextlib.suppress(KerasfeatError):
        target = dataset.target.with_songs(table.frame)
        dealt = _deal(spec, target.encode(table.frame), groups)
        if all(_is_whole(split, used, dataset) for split in dealt):
            return [Split(split.name, split.parts[used]) for split in dealt], grouped_by
    return _deal(spec, dataset.y, groups[used]), grouped_by


def _used(table: Songs, dataset: Dataset) -> Array:
    """Which songs of the table are used, bool [rows]."""
    return table.frame["track_id"].isin(dataset.songs["track_id"]).to_numpy()


def _audio_keys(table: Songs, dataset: Dataset) -> Array:
    """The content of each song's audio [rows], None where it is not known."""
    keys = np.full(len(table.frame), None, object)
    keys[_used(table, dataset)] = dataset.audio_keys
    return keys


def _deal(spec: Spec, y: Array, groups: Array) -> list[Split]:
    """Songs with the truth `y` in the parts of each split."""
    if not spec.folds:
        return [Split("1", splits.split(y, groups, spec.seed))]
    parts = splits.folds(y, groups, spec.folds, spec.seed)
    # At most a fifth of the songs decide when to stop, unless there are fewer than five artists.
    fewest = min(max(spec.folds, 5), len(np.unique(groups)))
    whole = splits.folds(y, groups, fewest, spec.seed + 1)[0]
    final = Split(FINAL, np.where(whole == "test", "validation", "train"))
    return [*(Split(str(number), own) for number, own in enumerate(parts, 1)), final]


def _is_whole(split: Split, used: Array, dataset: Dataset) -> bool:
    """Whether the `used` songs leave no part empty, and no label without a training song."""
    left = split.parts[used]
    trained = dataset.y[left == "train"]
    return set(left) == set(split.parts) and not dataset.target.labels_without_song(trained)


def _require_truth(target: Target, y: Array, where: str) -> None:
    """Refuse what none of the training songs with the truth `y` has: nothing could be learnt."""
    lacking = target.numbers_without_song(y)
    if lacking:
        others = ", ".join(name for name in target.heads if name not in lacking)
        choose = f"choose the others with --target: {others}" if others else "train on others"
        raise KerasfeatError(
            f"none of the {len(y)} training songs{where} has a value of "
            f"{', '.join(lacking)}. Give more songs, or {choose}."
        )
