"""The simple models by their names, and how each is fitted."""

import numpy as np
from threadpoolctl import threadpool_limits

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.registry import unknown
from kerasfeat.simple.boosting import fit_boosting
from kerasfeat.simple.extra_trees import fit_extra_trees
from kerasfeat.simple.linear import constant, fit_linear
from kerasfeat.simple.model import Fitted
from kerasfeat.simple.pooled import Pooled
from kerasfeat.simple.support_vectors import fit_support_vectors
from kerasfeat.simple.trees import as_numbers
from kerasfeat.targets import Target

CONSTANT = "constant"
LINEAR = "linear"
EXTRA_TREES = "extra_trees"
BOOSTING = "gradient_boosting"
SUPPORT_VECTORS = "support_vectors"
NAMES = (CONSTANT, LINEAR, EXTRA_TREES, BOOSTING, SUPPORT_VECTORS)


# One thread: trees of some hundred songs are so small that threads mostly wait for each other, 20
# times longer on a busy machine.
@threadpool_limits.wrap(limits=1)
def fit_simple(
    name: str, target: Target, songs: Pooled, truth: Array, groups: Array, seed: int = 0
) -> Fitted:
    """A simple model that has learnt from songs.

    Args:
        name: of NAMES; SUPPORT_VECTORS reads audio alone, the others all columns.
        target: what is learnt.
        songs: to learn from. The order of their columns does not matter.
        truth: of these songs.
        groups: [songs], as of kerasfeat.songs.splits.groups. Where folds choose how strongly the
            weights are held down, no group is on two sides.
        seed: of what is drawn.

    Returns:
        The model, which answers the same for every song where the songs have one label alone.

    Raises:
        KerasfeatError: there is no such model, or no song has a value of a number.
    """
    if name not in NAMES:
        raise unknown("simple model", name, NAMES)
    lacking = target.numbers_without_song(truth)
    if lacking:
        raise KerasfeatError(
            f"none of the {len(truth)} training songs has a value of "
            f"{', '.join(map(repr, lacking))}. Give more songs, or leave it out."
        )
    numbers = as_numbers(target, truth)
    same = bool((np.nanmin(numbers, axis=0) == np.nanmax(numbers, axis=0)).all())
    if name == CONSTANT or same:
        return constant(songs, np.nanmean(numbers, axis=0))
    if name == LINEAR:
        return fit_linear(target, songs, truth, groups, seed)
    if name == SUPPORT_VECTORS:
        return fit_support_vectors(target, songs, truth, groups)
    fit = fit_extra_trees if name == EXTRA_TREES else fit_boosting
    return fit(target, songs, truth, seed)
