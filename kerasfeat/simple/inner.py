"""The songs that choose how a simple model learns: folds and samples of training songs."""

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import GroupKFold

from kerasfeat.arrays import Array

FOLDS = 5
ENOUGH = 5000  # songs, to choose a number by

# Where trees get other settings. Those of few songs are the best of some on folds of moods.csv (470
# songs); of many songs extra trees' are the best of a few on one fold of spotify_songs.csv
# (14,273), boosting's of some on two, and better on the other three too.
MANY_SONGS = 2000
MANY_COLUMNS = 200  # pooled audio; tables have 10 to 20


def some_groups(groups: Array, songs: int, seed: int) -> Array:
    """Places of the songs of some groups, together at least `songs` of them or all."""
    codes = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(codes)
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    last = int(np.searchsorted(np.cumsum(sizes[drawn]), songs))
    return np.flatnonzero(np.isin(codes, drawn[: last + 1]))


def folds(groups: Array) -> Iterator[tuple[Array, Array]]:
    """(training, held-out) places of the songs of each fold, no group on both sides.

    There are none where all songs are of one group.
    """
    count = min(FOLDS, len(np.unique(groups)))
    if count > 1:
        yield from GroupKFold(count).split(groups, groups=groups)


def together(truth: Array) -> Iterator[tuple[Array, Array]]:
    """(places of the songs, places of the numbers) of numbers [songs, numbers] known of the same
    songs, NaN where missing.
    """
    masks, own = np.unique(np.isfinite(truth), axis=1, return_inverse=True)
    for number, known in enumerate(masks.T):
        yield np.flatnonzero(known), np.flatnonzero(own.ravel() == number)
