"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006, doi:10.1007/s10994-006-6226-1)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from kerasfeat.arrays import Array
from kerasfeat.networks.trees import Forest
from kerasfeat.simple import nodes
from kerasfeat.simple.inner import MANY_COLUMNS, MANY_SONGS, together
from kerasfeat.simple.model import CLIP, answered
from kerasfeat.simple.pooled import Pooled
from kerasfeat.simple.trees import TreeModel, as_numbers, ordered
from kerasfeat.targets import Target

MOST_SONGS = 20_000  # that one tree learns from
SMALL = 1e-3  # columns of no larger values are enlarged
LEAST_EXPONENT = -60  # of two, so that songs with larger values stay within float32


@dataclass(frozen=True)
class ExtraTrees(TreeModel):
    """Ensembles of trees, each of which answers some outputs.

    Attributes:
        models: (an ensemble, places of its outputs).
        bias: [outputs], the answer to those that none has; 0 of others.
        medians: float32 [columns], in place of missing values.
        enlarged: float32 [columns], what each was multiplied by.
    """

    models: tuple[tuple[Any, Array], ...]
    bias: Array
    medians: Array
    enlarged: Array
    link = CLIP

    def predict(self, x: Array) -> Array:
        rows = _filled(np.asarray(x, "float32")[:, self.order], self.medians) * self.enlarged
        answer = np.tile(self.bias, (len(x), 1))
        for model, outputs in self.models:
            answer[:, outputs] = model.predict(rows).reshape(len(x), -1)
        return answered(answer, self.link)

    @cached_property
    def forest(self) -> Forest:
        trees = []
        for model, outputs in self.models:
            for tree in (one.tree_ for one in model.estimators_):
                value = np.zeros((tree.node_count, len(self.bias)))
                value[:, outputs] = tree.value[:, :, 0] / len(model.estimators_)
                trees.append(nodes.of_extra_tree(tree, value, self.medians, self.enlarged))
        return nodes.forest(trees, self.order, self.bias)


def fit_extra_trees(target: Target, songs: Pooled, truth: Array, seed: int) -> ExtraTrees:
    """Extra trees of training songs; see kerasfeat.simple.fitting.fit_simple.

    Labels are learnt as numbers, 1 of those that a song has: the squared error of such numbers is
    Gini's impurity.
    """
    rows, numbers = ordered(songs), as_numbers(target, truth)
    medians = np.nanmedian(rows, axis=0).astype("float32")
    rows = _filled(rows, medians)
    enlarged = _enlarged(rows)
    rows = rows * enlarged
    some = np.flatnonzero(np.nanmin(numbers, axis=0) < np.nanmax(numbers, axis=0))
    models = []
    for known, own in together(numbers[:, some]):
        model = ExtraTreesRegressor(random_state=seed, **_settings(len(known), rows.shape[1]))
        values = numbers[np.ix_(known, some[own])]
        model.fit(rows[known], values[:, 0] if len(own) == 1 else values)
        models.append((model, some[own]))
    bias = np.nanmean(numbers, axis=0)
    bias[some] = 0.0
    return ExtraTrees(songs.order, tuple(models), bias, medians, enlarged)


def _enlarged(rows: Array) -> Array:
    """What to multiply columns by so that scikit-learn's trees take none that differ by less than
    1e-7 for one value, float32 [columns]: a power of two, which rounds nothing, and 1 of most.
    """
    largest = np.abs(rows).max(axis=0)
    is_small = (largest > 0) & (largest < SMALL)
    exponent = np.where(is_small, np.frexp(largest)[1], 0)
    return np.exp2(-np.maximum(exponent, LEAST_EXPONENT)).astype("float32")


def _filled(rows: Array, medians: Array) -> Array:
    return np.where(np.isnan(rows), medians, rows)


def _settings(songs: int, columns: int) -> dict[str, Any]:
    """How many trees, and how far they grow, by how many songs they learn from."""
    many = songs > MANY_SONGS
    return {
        "n_estimators": 100 if many else 300,
        "min_samples_leaf": 3 if many else 1,
        "max_features": 0.5 if columns <= MANY_COLUMNS else "sqrt",
        "bootstrap": songs > MOST_SONGS,
        "max_samples": MOST_SONGS if songs > MOST_SONGS else None,
    }
