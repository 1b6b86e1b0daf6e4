"""Gradient boosting of small trees (scikit-learn's histogram version, after LightGBM)."""

from dataclasses import dataclass
from functools import cached_property, singledispatch
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from kerasfeat.arrays import Array
from kerasfeat.networks.trees import Forest
from kerasfeat.simple import nodes
from kerasfeat.simple.inner import MANY_COLUMNS, MANY_SONGS
from kerasfeat.simple.model import CERTAIN, CLIP, SIGMOID, SOFTMAX, answered
from kerasfeat.simple.pooled import Pooled
from kerasfeat.simple.trees import TreeModel, ordered
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

MOST_SONGS = 100_000  # that large trees learn from, some minutes long


@dataclass(frozen=True)
class Boosting(TreeModel):
    """Boosted trees.

    Attributes:
        models: (scikit-learn's, places of the outputs that it sums up).
        bias: [outputs], the sum of those that none has; 0 of others.
        link: as of kerasfeat.simple.model.answered.
    """

    models: tuple[tuple[Any, Array], ...]
    bias: Array
    link: str

    def predict(self, x: Array) -> Array:
        rows = np.asarray(x, "float32")[:, self.order]
        sums = np.tile(self.bias, (len(x), 1))
        for model, outputs in self.models:
            found = model.predict(rows) if self.link == CLIP else model.decision_function(rows)
            # A classifier of two labels sums up the second one alone.
            sums[:, outputs[-1:] if found.ndim == 1 else outputs] = found.reshape(len(x), -1)
        return answered(sums, self.link)

    @cached_property
    def forest(self) -> Forest:
        steps = max((len(model._predictors) for model, _ in self.models), default=0)
        grid = np.full((steps, len(self.bias)), None)  # [steps, outputs]
        bias = self.bias.copy()
        for model, outputs in self.models:
            summed = outputs[-len(model._predictors[0]) :]
            bias[summed] = np.ravel(model._baseline_prediction)
            for step, predictors in enumerate(model._predictors):
                grid[step, summed] = [nodes.of_boosted_tree(one.nodes) for one in predictors]
        trees = [nodes.NOTHING if tree is None else tree for tree in grid.ravel()]
        return nodes.forest(trees or [nodes.NOTHING] * len(bias), self.order, bias)


@singledispatch
def fit_boosting(target: Target, songs: Pooled, truth: Array, seed: int) -> Boosting:
    """Gradient boosting of training songs; see kerasfeat.simple.fitting.fit_simple."""
    raise TypeError(type(target))


@fit_boosting.register
def _(target: Multiclass, songs: Pooled, truth: Array, seed: int) -> Boosting:
    rows, present = ordered(songs), np.unique(truth)
    model = HistGradientBoostingClassifier(random_state=seed, **_settings(rows.shape))
    model.fit(rows, truth)
    bias = np.full(len(target.labels), -CERTAIN)
    bias[present] = 0.0
    return Boosting(songs.order, ((model, present),), bias, SOFTMAX)


@fit_boosting.register
def _(target: Multilabel, songs: Pooled, truth: Array, seed: int) -> Boosting:
    rows = ordered(songs)
    every, never = truth.all(axis=0), ~truth.any(axis=0)
    models = []
    for label in np.flatnonzero(~every & ~never):
        model = HistGradientBoostingClassifier(random_state=seed, **_settings(rows.shape))
        models.append((model.fit(rows, truth[:, label]), np.array([label])))
    bias = CERTAIN * (every.astype(float) - never)
    return Boosting(songs.order, tuple(models), bias, SIGMOID)


@fit_boosting.register
def _(target: Regression, songs: Pooled, truth: Array, seed: int) -> Boosting:
    models = []
    for number, values in enumerate(truth.T):
        known = np.isfinite(values)
        rows = ordered(songs.of(known))
        model = HistGradientBoostingRegressor(random_state=seed, **_settings(rows.shape))
        models.append((model.fit(rows, values[known]), np.array([number])))
    return Boosting(songs.order, tuple(models), np.zeros(truth.shape[1]), CLIP)


def _settings(shape: tuple[int, ...]) -> dict[str, Any]:
    """How many steps, of how large trees, by how many songs they learn from."""
    songs, columns = shape
    if songs <= MANY_SONGS:
        size = {"max_iter": min(80, max(40, songs // 5)), "max_leaf_nodes": 7}
        held = {"min_samples_leaf": min(20, max(3, songs // 20)), "l2_regularization": 0.0}
        share = 0.3
    elif songs <= MOST_SONGS:
        size, share = {"max_iter": 180, "max_leaf_nodes": 31}, 0.15
        held = {"min_samples_leaf": 20, "l2_regularization": 30.0}
    else:  # the same would take several times as long
        size, share = {"max_iter": 120, "max_leaf_nodes": 15}, 0.3
        held = {"min_samples_leaf": 50, "l2_regularization": 0.0}
    return {
        **size,
        **held,
        "learning_rate": 0.05,
        "max_features": share if columns <= MANY_COLUMNS else 50 / columns,
        "max_bins": 255 if columns <= MANY_COLUMNS else 32,
        "early_stopping": False,
    }
