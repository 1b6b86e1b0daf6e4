"""What simple models reach on the same songs.

A deep model has to be better than these to be worth its cost.
"""

from typing import TypeAlias

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.simple.fitting import (
    BOOSTING,
    CONSTANT,
    EXTRA_TREES,
    LINEAR,
    SUPPORT_VECTORS,
    fit_simple,
)
from kerasfeat.simple.pooled import Pooled
from kerasfeat.simple.support_vectors import MOST
from kerasfeat.targets import Multiclass, Regression, Target

BLEND = "simple_blend"

Predictions: TypeAlias = dict[str, Array]  # a baseline's name -> its prediction of the test songs


def fit_baselines(
    target: Target, songs: Pooled, truth: Array, groups: Array, *, test: Pooled, seed: int = 0
) -> Predictions:
    """Train the baselines and predict the test songs.

    Args:
        target: what is learnt.
        songs: to learn from.
        truth: of these songs.
        groups: [songs], which of them stay together where folds choose something.
        test: songs to predict, with the same columns.
        seed: of what is drawn.

    Returns:
        name -> prediction of the test songs; 0 for a label that no training song has. The last one
        is the plain mean of all but the constant.

    Raises:
        KerasfeatError: the training songs have fewer than two labels, or no value of a number.
    """
    _require_labels(target, truth)
    linear = "ridge" if isinstance(target, Regression) else "logistic_regression"
    names = {CONSTANT: CONSTANT, linear: LINEAR, EXTRA_TREES: EXTRA_TREES, BOOSTING: BOOSTING}
    if songs.audio and len(truth) <= MOST:
        names["support_vector_machine"] = SUPPORT_VECTORS
    predictions = {
        shown: fit_simple(name, target, songs, truth, groups, seed=seed).predict(test.x)
        for shown, name in names.items()
    }
    blended = [answer for name, answer in predictions.items() if name != CONSTANT]
    return predictions | {BLEND: np.mean(blended, axis=0)}


def _require_labels(target: Target, truth: Array) -> None:
    present = len(np.unique(truth))
    if isinstance(target, Multiclass) and present < 2:
        raise KerasfeatError(
            f"the {len(truth)} training songs have {present} of the {len(target.labels)} labels; a "
            "classifier needs two or more. Give more songs, or fewer folds."
        )
