"""95% intervals of means and of shares by formula, where there is nothing to draw again.

Songs of one artist are alike: what counts is how far the artists' sums lie apart, by the
cluster-robust standard error (Cameron and Miller 2015, "A practitioner's guide to cluster-robust
inference", section II.B) and Student's t of one degree of freedom less than there are artists.
"""

from typing import TypeAlias

import numpy as np
import scipy

from kerasfeat.arrays import Array

Interval: TypeAlias = tuple[float, float]  # its lower and its upper end


def mean_interval(values: Array, groups: Array) -> Interval | None:
    """The interval of the mean of `values` [songs]; None of one group.

    Args:
        values: of each song.
        groups: [songs], of songs that are alike.
    """
    if len(np.unique(groups)) < 2:
        return None
    mean = float(np.mean(values))
    half = _t95(groups) * _standard_error(values, groups)
    return mean - half, mean + half


def share_interval(right: Array, groups: Array) -> Interval | None:
    """Wilson's interval (1927) of a share, of as many songs as these are worth; None of one group.

    Args:
        right: bool [songs].
        groups: [songs], of songs that are alike.
    """
    worth = float(len(np.unique(groups)))  # songs; of one answer alone nothing else is known
    if worth < 2:
        return None
    share, error = float(np.mean(right)), _standard_error(right, groups)
    if 0 < share < 1:
        worth = len(right)
        if error > 0:
            worth = min(worth, share * (1 - share) / error**2)
    square = _t95(groups) ** 2 / worth
    middle = (share + square / 2) / (1 + square)
    half = float(np.sqrt(square * share * (1 - share) + square**2 / 4)) / (1 + square)
    return middle - half, middle + half


def _standard_error(values: Array, groups: Array) -> float:
    """Of the mean of `values` [songs], of two groups or more."""
    codes = np.unique(groups, return_inverse=True)[1]
    sums = np.bincount(codes, weights=values - np.mean(values))
    count = len(sums)
    return float(np.sqrt(count / (count - 1) * np.square(sums).sum())) / len(values)


def _t95(groups: Array) -> float:
    """Standard errors on either side."""
    return float(scipy.stats.t.ppf(0.975, len(np.unique(groups)) - 1))
