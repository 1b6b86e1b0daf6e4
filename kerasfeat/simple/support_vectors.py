"""Support vector machines with a radial kernel, on how songs sound."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, SVR

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.ensembles import Columns
from kerasfeat.networks.kernels import RadialKernel, radial
from kerasfeat.networks.linear import Scaling
from kerasfeat.simple.inner import folds
from kerasfeat.simple.model import CERTAIN, CLIP, SHARES, SIGMOID, Fitted, answered
from kerasfeat.simple.pooled import Pooled
from kerasfeat.simple.trees import as_numbers
from kerasfeat.targets import Multiclass, Regression, Target

MOST = 3000  # rows; the time grows with their square
AT_ONCE = 1024  # rows that are compared with those that were learnt


@dataclass(frozen=True)
class SupportVectors(Fitted):
    """Sums of how alike a song is to those that were learnt.

    Attributes:
        names: of a row's columns.
        places: of those that are read, [own columns].
        scaling: of these.
        rows: the songs that were learnt, [vectors, own columns], scaled.
        width: of the kernel, gamma in scikit-learn.
        weights: of each song for each output, [vectors, outputs].
        bias: [outputs].
        link: as of kerasfeat.simple.model.answered.
    """

    names: tuple[str, ...]
    places: Array
    scaling: Scaling
    rows: Array
    width: float
    weights: Array
    bias: Array
    link: str

    @property
    def columns(self) -> int:
        return len(self.names)

    def predict(self, x: Array) -> Array:
        blocks = np.array_split(x, max(1, -(-len(x) // AT_ONCE)))
        return answered(np.concatenate([*map(self._sums, blocks)]) + self.bias, self.link)

    def _sums(self, x: Array) -> Array:
        scaled = self.scaling.scaled(np.asarray(x, "float32")[:, self.places], np)
        return radial(scaled.astype("float64"), self.rows, self.width, np) @ self.weights

    def raw(self, table: Tensor, name: str) -> Tensor:
        vectors, outputs = self.weights.shape
        layer = RadialKernel(vectors, outputs, self.width, **self.scaling.config, name=name)
        raw = layer(Columns(self.places.tolist())(table))
        layer.assign(self.scaling, self.rows, self.weights, self.bias)
        return raw

    @property
    def bytes(self) -> int:
        return 4 * (self.rows.size + self.weights.size + self.bias.size)


@dataclass(frozen=True)
class _Machine:
    """What one output makes of the kernel: weights [vectors], 0 of songs that say nothing."""

    weights: Array
    bias: float

    def scaled(self, slope: float, offset: float) -> "_Machine":
        return _Machine(slope * self.weights, slope * self.bias + offset)


def fit_support_vectors(
    target: Target, songs: Pooled, truth: Array, groups: Array
) -> SupportVectors:
    """Machines that read the audio of training songs; see kerasfeat.simple.fitting.fit_simple."""
    sound = songs.only(tuple(sorted(songs.audio)))
    scaling = Scaling.of(sound.x, (), sound.column_weights)
    rows, numbers = scaling.scaled(sound.x, np), as_numbers(target, truth)
    width = 1 / (rows.shape[1] * float(rows.var()) or 1.0)
    of_numbers = isinstance(target, Regression)
    machines = [
        _number(rows, values, width) if of_numbers else _label(rows, values, groups, width)
        for values in numbers.T
    ]
    return SupportVectors(
        names=songs.columns,
        places=np.array([songs.columns.index(column) for column in sound.columns]),
        scaling=scaling,
        rows=rows,
        width=width,
        weights=np.stack([machine.weights for machine in machines], axis=1),
        bias=np.array([machine.bias for machine in machines]),
        link=CLIP if of_numbers else SHARES if isinstance(target, Multiclass) else SIGMOID,
    )


def _number(rows: Array, values: Array, width: float) -> _Machine:
    known = np.flatnonzero(np.isfinite(values))
    machine = SVR(gamma=width, epsilon=0.02).fit(rows[known], values[known])
    return _of(machine, known, len(rows))


def _label(rows: Array, has: Array, groups: Array, width: float) -> _Machine:
    """The machine of a label, and its sigmoid (Platt 1999) by songs that were held out.

    Its share for every song where the songs that could be held out don't tell whether it is any
    good: those with the label, or those without it, were never told from others that were learnt.
    """
    every = np.arange(len(rows))
    if has.all() or not has.any():
        return _Machine(np.zeros(len(rows)), CERTAIN * (2 * has[0] - 1))
    distances = np.full(len(rows), np.nan)
    for train, held in folds(groups):
        if has[train].any() and not has[train].all():
            machine = SVC(gamma=width).fit(rows[train], has[train])
            distances[held] = machine.decision_function(rows[held])
    tried = np.isfinite(distances)
    if len(np.unique(has[tried])) < 2:  # such as a label that one artist alone has
        return _Machine(np.zeros(len(rows)), float(logit(has.mean())))
    sigmoid = LogisticRegression(C=1e3).fit(distances[tried, None], has[tried])
    whole = _of(SVC(gamma=width).fit(rows, has), every, len(rows))
    return whole.scaled(float(sigmoid.coef_[0, 0]), float(sigmoid.intercept_[0]))


def _of(machine: SVC | SVR, learnt: Array, songs: int) -> _Machine:
    """What scikit-learn's machine makes of the songs that it has `learnt`, places."""
    weights = np.zeros(songs)
    weights[learnt[machine.support_]] = machine.dual_coef_[0]
    return _Machine(weights, float(machine.intercept_[0]))
