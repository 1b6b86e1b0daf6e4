"""A stratified split of groups: equal shares of every class, each in train, no part empty."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.text import count

PARTS = np.array(["train", "validation", "test"])
TRAIN, VALIDATION, TEST = range(3)

# Numbers are stratified by this many equally filled bins, fewer where a bin would hold fewer than
# BIN_SONGS.
BINS = 10
BIN_SONGS = 10


@dataclass(frozen=True, eq=False)
class Groups:
    """How many songs of each class there are in each group.

    Attributes:
        counts: float [groups, classes]; bins of numbers, and labels, are classes too.
        members: int [rows], the number of each song's group.
        labels: names of the classes; None for numbers, and for songs of several labels.
    """

    counts: Array
    members: Array
    labels: Array | None = None

    @property
    def songs(self) -> Array:
        """How many songs each group has, [groups]."""
        return self.counts.sum(axis=1)


def count_classes(y: Array | Sequence[str], groups: Array | Sequence[int]) -> Groups:
    """The songs of each class in each group.

    Args:
        y: [rows] class labels; or floats, [rows] or [rows, targets], NaN where missing; or bool
            [rows, labels], what labels a song has.
        groups: [rows] group of each song.

    Raises:
        KerasfeatError: there are no songs, or one has no label.
    """
    y = np.asarray(y)
    if not len(y):
        raise KerasfeatError("there are no songs to split.")
    names, members = np.unique(np.asarray(groups), return_inverse=True)
    if y.dtype == bool:
        return Groups(_label_shares(y, members, len(names)), members)
    if y.ndim == 2 or y.dtype.kind == "f":
        labels, codes = None, _bins(y)
    else:
        if pd.isna(y).any():
            raise KerasfeatError(
                f"{int(pd.isna(y).sum())} songs have no label: they can't be split; drop "
                "them first."
            )
        labels, codes = np.unique(y.astype(str), return_inverse=True)
    counts = np.zeros((len(names), int(codes.max()) + 1))  # [groups, classes]
    np.add.at(counts, (members, codes), 1)
    return Groups(counts, members, labels)


def _label_shares(y: Array, members: Array, groups: int) -> Array:
    """The songs of each label in each group, [groups, labels + 1].

    A song counts once: half of it is shared by its labels, the rest is nobody's, so that one
    without labels counts too.

    Args:
        y: bool [rows, labels].
        members: int [rows], the number of each song's group.
        groups: how many there are.
    """
    share = y / np.maximum(2 * y.sum(axis=1, keepdims=True), 1)
    each = np.column_stack([share, 1 - share.sum(axis=1)])  # [rows, labels + 1]
    counts = np.zeros((groups, each.shape[1]))
    np.add.at(counts, members, each)
    return counts


def _bins(y: Array) -> Array:
    """The quantile bin of the mean of each song's targets, int [rows].

    Args:
        y: float [rows] or [rows, targets].
    """
    rows = y.reshape(len(y), -1)  # [rows, targets]
    known = (~np.isnan(rows)).sum(axis=1)
    mean = np.where(known, np.nansum(rows, axis=1) / np.maximum(known, 1), np.nan)  # [rows]
    rank = np.argsort(np.argsort(mean, kind="stable"), kind="stable")
    return rank * int(np.clip(len(y) // BIN_SONGS, 1, BINS)) // len(y)


def assign_parts(counts: Array, shares: Array, rng: np.random.Generator) -> Array:
    """The part of each group, so that the parts' songs have the `shares` of every class, and of the
    songs that are of another class than most of their group.

    The largest group first, each goes to the part that is least full of the group's classes with
    half of it in: the rule of Webster and Sainte-Lague for seats in a parliament, which favours
    neither large nor small parts. With all of it in, a small part would get what fills it least:
    artists of many genres, by whom songs are harder to tell than most. The part's total decides
    between equals. scikit-learn's StratifiedGroupKFold makes equal parts only, and needs seconds
    where there are 5,000 artists.

    Args:
        counts: songs [groups, classes].
        shares: [parts], their sum 1.
        rng: decides between groups of one size.

    Returns:
        int [groups], the number of the part.
    """
    size = counts.sum(axis=1)
    kinds = np.column_stack([counts, size - counts.max(axis=1)])  # [groups, classes + 1]
    wanted = np.maximum(np.outer(shares, kinds.sum(axis=0)), 1e-9)  # [parts, classes + 1]
    order = rng.permutation(len(counts))
    order = order[np.argsort(-size[order], kind="stable")]
    assigned = np.zeros_like(wanted)
    part = np.zeros(len(counts), int)
    for group in order:
        half = assigned + kinds[group] / 2  # [parts, classes + 1]
        of_classes = (half / wanted) @ kinds[group] / size[group]  # [parts]
        in_total = half.sum(axis=1) / wanted.sum(axis=1)  # [parts]
        part[group] = np.argmin(of_classes + 1e-3 * in_total)
        assigned[part[group]] += kinds[group]
    return part


def none_lacking(part: Array, groups: Groups, needed: Collection[int]) -> Array:
    """The part of each group, changed only where train lacks a class or a part has no song.

    Args:
        part: int [groups], as of `assign_parts`; groups in parts that are not `needed` stay.
        groups: their songs.
        needed: numbers of the parts that need a song.

    Returns:
        int [groups].

    Raises:
        KerasfeatError: there are too few groups.
    """
    part = part.copy()
    counts = groups.counts
    if groups.labels is None:
        counts = counts.sum(axis=1, keepdims=True)  # [groups, 1]
    by_size = np.argsort(groups.songs, kind="stable")
    for code in range(counts.shape[1]):
        if not counts[part == TRAIN, code].any():
            movable = [group for group in by_size if part[group] in needed and counts[group, code]]
            if not movable:
                raise too_few(groups, "a class would be missing in train")
            part[movable[0]] = TRAIN
    for empty in needed:
        if not (part == empty).any():
            # [groups, classes] in train without the group
            left = counts[part == TRAIN].sum(axis=0) - counts
            movable = [
                group for group in by_size if part[group] == TRAIN and (left[group] > 0).all()
            ]
            if not movable:
                raise too_few(groups, f"nothing can be spared for {PARTS[empty]}")
            part[movable[0]] = empty
    return part


def too_few(groups: Groups, why: str) -> KerasfeatError:
    """The error of a table with too few artists, naming the rarest classes."""
    rarest = ""
    if groups.labels is not None:
        artists = (groups.counts > 0).sum(axis=0)
        few = np.argsort(artists, kind="stable")[:3]
        counted = (f"{str(groups.labels[i])!r} ({_count(groups.counts[:, i])})" for i in few)
        rarest = f"; rarest classes: {', '.join(counted)}"
    return KerasfeatError(
        f"{why}. The table has {_count(groups.songs)} (single tracks count as artists where none "
        f"is named){rarest}. Add songs by other artists, drop the rare classes, or ask for fewer "
        "folds."
    )


def _count(songs: Array) -> str:
    """ "3 songs by 1 artist", of how many songs each group has, [groups]."""
    artists = int((songs > 0).sum())
    return f"{count(round(songs.sum()), 'song')} by {count(artists, 'artist')}"
