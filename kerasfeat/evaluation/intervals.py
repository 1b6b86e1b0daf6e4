"""95% intervals of means and of shares by formula, where there is nothing to draw again."""

from typing import TypeAlias

import numpy as np
import scipy

from kerasfeat.arrays import Array

Interval: TypeAlias = tuple[float, float]  # its lower and its upper end

Z95 = 1.96  # standard errors on either side of a mean


def mean_interval(values: Array) -> Interval | None:
    """The normal interval of the mean of `values` [songs]; None of one value."""
    if len(values) < 2:
        return None
    mean = float(np.mean(values))
    half = float(Z95 * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean - half, mean + half


def share_interval(hits: int, songs: int) -> Interval:
    """Wilson's interval (1927) of the share `hits` of `songs`."""
    low, high = scipy.stats.binomtest(hits, songs).proportion_ci(method="wilson")
    return float(low), float(high)
