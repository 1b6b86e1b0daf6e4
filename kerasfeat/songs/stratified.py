"""Give groups of songs to the parts of a split: equal shares of every class, every class in train,
no part empty.
"""

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.text import count

PARTS = np.array(["train", "validation", "test"])
TRAIN, VALIDATION, TEST = range(3)

# Numbers are stratified by this many equally filled bins, fewer where a bin would hold fewer than
# BIN_SONGS.
BINS = 10
BIN_SONGS = 10


def strata(y, groups):
    """(class names or None for numbers and labels, songs [groups, classes], number of each song's
    group [rows]).
    """
    y = np.asarray(y)
    if not len(y):
        raise KerasfeatError("there are no songs to split.")
    found, member = np.unique(np.asarray(groups), return_inverse=True)
    if y.dtype == bool:
        # A song counts once: half of it is shared by its labels, the rest is nobody's, so that one
        # without labels is dealt too.
        share = y / np.maximum(2 * y.sum(axis=1, keepdims=True), 1)
        each = np.column_stack([share, 1 - share.sum(axis=1)])  # [rows, labels + 1]
        counts = np.zeros((len(found), each.shape[1]))
        np.add.at(counts, member, each)
        return None, counts, member
    if y.ndim == 2 or y.dtype.kind == "f":
        labels, stratum = None, _bins(y)
    else:
        if pd.isna(y).any():
            raise KerasfeatError(
                f"{int(pd.isna(y).sum())} songs have no label: they can't be split; drop "
                "them first."
            )
        labels, stratum = np.unique(y.astype(str), return_inverse=True)
    counts = np.zeros((len(found), int(stratum.max()) + 1))  # [groups, classes]
    np.add.at(counts, (member, stratum), 1)
    return labels, counts, member


def _bins(y):
    """The quantile bin of the mean of each song's targets, [rows]."""
    rows = y.reshape(len(y), -1)  # [rows, targets]
    known = (~np.isnan(rows)).sum(axis=1)
    mean = np.where(known, np.nansum(rows, axis=1) / np.maximum(known, 1), np.nan)  # [rows]
    rank = np.argsort(np.argsort(mean, kind="stable"), kind="stable")
    return rank * int(np.clip(len(y) // BIN_SONGS, 1, BINS)) // len(y)


def deal(counts, shares, rng):
    """The part of each group, so that the parts' songs have the `shares` of every class.

    The largest group first, each goes to the part that is least full of the group's classes after
    it (the greedy rule of number partitioning); the part's total decides between equals.
    scikit-learn's StratifiedGroupKFold balances as well, but makes equal parts only, and needs
    seconds where there are 5,000 artists.

    Args:
        counts: songs [groups, classes].
        shares: [parts], their sum 1.
        rng: decides between groups of one size.

    Returns:
        [groups] index of the part.
    """
    wanted = np.maximum(np.outer(shares, counts.sum(axis=0)), 1e-9)  # [parts, classes]
    size = counts.sum(axis=1)
    order = rng.permutation(len(counts))
    order = order[np.argsort(-size[order], kind="stable")]
    dealt = np.zeros_like(wanted)
    part = np.zeros(len(counts), int)
    for group in order:
        after = dealt + counts[group]  # [parts, classes]
        fullness = (after / wanted) @ counts[group] / size[group] + 1e-3 * after.sum(
            axis=1
        ) / wanted.sum(axis=1)
        part[group] = np.argmin(fullness)
        dealt[part[group]] += counts[group]
    return part


def filled(part, counts, labels, needed):
    """`part` [groups], changed only where train lacks a class or a `needed` part has no song;
    groups in other parts stay.
    """
    part = part.copy()
    required = (
        counts if labels is not None else counts.sum(axis=1, keepdims=True)
    )  # [groups, classes]
    by_size = np.argsort(counts.sum(axis=1), kind="stable")
    for stratum in range(required.shape[1]):
        if not required[part == TRAIN, stratum].any():
            movable = [
                group for group in by_size if part[group] in needed and required[group, stratum]
            ]
            if not movable:
                raise too_few(counts, labels, "a class would be missing in train")
            part[movable[0]] = TRAIN
    for empty in needed:
        if not (part == empty).any():
            left = (
                required[part == TRAIN].sum(axis=0) - required
            )  # [groups, classes] in train without the group
            movable = [
                group for group in by_size if part[group] == TRAIN and (left[group] > 0).all()
            ]
            if not movable:
                raise too_few(counts, labels, f"nothing can be spared for {PARTS[empty]}")
            part[movable[0]] = empty
    return part


def too_few(counts, labels, why):
    """The error of a table with too few artists, naming the rarest classes."""
    rarest = ""
    if labels is not None:
        artists = (counts > 0).sum(axis=0)
        few = np.argsort(artists, kind="stable")[:3]
        rarest = "; rarest classes: " + ", ".join(
            f"{str(labels[i])!r} ({_count(counts[:, i])})" for i in few
        )
    return KerasfeatError(
        f"{why}. The table has {_count(counts.sum(axis=1))} (single tracks count as "
        f"artists where none is named){rarest}. "
        "Add songs by other artists, drop the rare classes, or ask for fewer folds."
    )


def _count(songs: np.ndarray) -> str:
    """ "3 songs by 1 artist", of how many songs each group has, [groups]."""
    artists = int((songs > 0).sum())
    return f"{count(round(songs.sum()), 'song')} by {count(artists, 'artist')}"
