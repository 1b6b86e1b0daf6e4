"""Logistic and ridge regression, their regularisation chosen by folds of the training songs."""

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.linear import Linear, Scaling
from kerasfeat.simple.inner import ENOUGH, folds, some_groups, together
from kerasfeat.simple.model import CERTAIN, CLIP, SIGMOID, SOFTMAX, Fitted, answered
from kerasfeat.simple.pooled import Pooled
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

# Of columns with deviation 1. Few of them want weights as they come, a thousand of an embedding
# very small ones.
STRENGTHS = np.logspace(-4, 1, 11)
USUAL = 1.0  # where nothing can choose
SMALLEST = 1e-7  # probability


@dataclass(frozen=True)
class LinearModel(Fitted):
    """Weights [numbers + categories, outputs] and [outputs] behind a Scaling."""

    scaling: Scaling
    kernel: Array
    bias: Array
    link: str

    @property
    def columns(self) -> int:
        return self.scaling.columns

    def predict(self, x: Array) -> Array:
        scaled = self.scaling.scaled(np.asarray(x, "float32"), np)
        return answered(scaled.astype("float64") @ self.kernel + self.bias, self.link)

    def raw(self, table: Tensor, name: str) -> Tensor:
        layer = Linear(len(self.bias), **self.scaling.config, name=name)
        raw = layer(table)
        layer.assign(self.scaling, self.kernel, self.bias)
        return raw

    @property
    def bytes(self) -> int:
        return 4 * (self.kernel.size + self.bias.size + 2 * len(self.scaling.numbers))


def constant(songs: Pooled, answer: Array) -> LinearModel:
    """The same answer [outputs] for every song."""
    scaling = Scaling.of(songs.x, songs.categorical, songs.column_weights)
    inputs = len(scaling.numbers) + len(scaling.categories)
    return LinearModel(scaling, np.zeros((inputs, len(answer))), np.asarray(answer), CLIP)


@singledispatch
def fit_linear(
    target: Target, songs: Pooled, truth: Array, groups: Array, seed: int
) -> LinearModel:
    """A linear model of training songs; see kerasfeat.simple.fitting.fit_simple."""
    raise TypeError(type(target))


@fit_linear.register
def _(target: Multiclass, songs: Pooled, truth: Array, groups: Array, seed: int) -> LinearModel:
    x = _Rotated.of(songs)
    strength = _strength(x.values, [truth], groups, seed)
    weights, bias = _logistic(x.values, truth, strength)
    if weights.shape[1] == 1:  # of two labels
        weights, bias = np.hstack([0 * weights, weights]), np.append(0.0, bias)
    present, outputs = np.unique(truth), len(target.labels)
    kernel = np.zeros((len(weights), outputs))
    kernel[:, present] = weights
    logits = np.full(outputs, -CERTAIN)
    logits[present] = bias
    return x.model(kernel, logits, SOFTMAX)


@fit_linear.register
def _(target: Multilabel, songs: Pooled, truth: Array, groups: Array, seed: int) -> LinearModel:
    x = _Rotated.of(songs)
    some = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0))
    logits = np.where(truth.all(axis=0), CERTAIN, -CERTAIN)
    kernel = np.zeros((x.values.shape[1], truth.shape[1]))
    strength = _strength(x.values, [truth[:, label] for label in some], groups, seed)
    for label in some:
        weights, bias = _logistic(x.values, truth[:, label], strength)
        kernel[:, label], logits[label] = weights[:, 0], bias[0]
    return x.model(kernel, logits, SIGMOID)


@fit_linear.register
def _(target: Regression, songs: Pooled, truth: Array, groups: Array, seed: int) -> LinearModel:
    x = _Rotated.of(songs)
    kernel = np.zeros((x.values.shape[1], truth.shape[1]))
    bias = np.zeros(truth.shape[1])
    for known, numbers in together(truth):
        rows, values = x.values[known], truth[np.ix_(known, numbers)]
        penalties = _penalties(rows, values, groups[known], seed)
        model = Ridge(alpha=penalties).fit(rows, values)
        kernel[:, numbers] = model.coef_.reshape(len(numbers), -1).T
        bias[numbers] = model.intercept_
    return x.model(kernel, bias, CLIP)


@dataclass(frozen=True)
class _Rotated:
    """Training songs as a linear model reads them, in no more columns than there are songs.

    Where there are more, weights are sums of songs (the penalty sees to it), so that the songs can
    be turned onto as many axes as they have dimensions.
    """

    scaling: Scaling
    values: Array  # [songs, axes]
    axes: Array | None  # [axes, inputs]

    @classmethod
    def of(cls, songs: Pooled) -> "_Rotated":
        scaling = Scaling.of(songs.x, songs.categorical, songs.column_weights)
        values = scaling.scaled(songs.x, np).astype("float64")
        if values.shape[1] <= len(values):
            return cls(scaling, values, None)
        left, sizes, axes = np.linalg.svd(values, full_matrices=False)
        return cls(scaling, left * sizes, axes)

    def model(self, kernel: Array, bias: Array, link: str) -> LinearModel:
        """The model of weights [axes, outputs]."""
        whole = kernel if self.axes is None else self.axes.T @ kernel
        return LinearModel(self.scaling, whole, bias, link)


def _logistic(x: Array, truth: Array, strength: float) -> tuple[Array, Array]:
    """(weights [inputs, labels or 1], biases)."""
    model = LogisticRegression(C=strength, max_iter=5000).fit(x, truth)
    return model.coef_.T, model.intercept_


def _strength(x: Array, truths: list[Array], groups: Array, seed: int) -> float:
    """Of STRENGTHS the one with the lowest log loss of songs that were held out, over all truths.

    Args:
        x: [songs, inputs].
        truths: of each thing to learn the label of each song, [songs].
        groups: of each song.
        seed: of the sample, where there are very many songs.
    """
    songs = some_groups(groups, ENOUGH, seed)
    tries = [
        own
        for train, held in folds(groups[songs])
        for truth in truths
        if (own := _Try.of(x[songs], truth[songs], train, held))
    ]
    losses: list[float] = []
    # It falls and rises once, and the strongest weights take the longest.
    while len(losses) < len(STRENGTHS) and (len(losses) < 3 or min(losses[-2:]) < losses[-3]):
        losses.append(sum(own.loss(STRENGTHS[len(losses)]) for own in tries))
    return float(STRENGTHS[int(np.argmin(losses))]) if tries else USUAL


@dataclass(frozen=True)
class _Try:
    """Songs to learn from, and songs that are held out of these.

    Attributes:
        x: [songs, inputs] to learn from.
        truth: [songs] of these.
        held: [songs held out, inputs].
        place: [songs held out], of each one's label among those that were learnt.
        model: that goes on from one strength to the next.
    """

    x: Array
    truth: Array
    held: Array
    place: Array
    model: LogisticRegression

    @classmethod
    def of(cls, x: Array, truth: Array, train: Array, held: Array) -> "_Try | None":
        """None where there is one label alone to learn, or no song held out has one of these."""
        labels = np.unique(truth[train])
        if len(labels) < 2:
            return None
        held = held[np.isin(truth[held], labels)]
        if not len(held):
            return None
        place = np.searchsorted(labels, truth[held])
        model = LogisticRegression(max_iter=5000, tol=1e-3, warm_start=True)
        return cls(x[train], truth[train], x[held], place, model)

    def loss(self, strength: float) -> float:
        """The log loss of the songs held out, summed."""
        self.model.set_params(C=strength).fit(self.x, self.truth)
        likely = self.model.predict_proba(self.held)[np.arange(len(self.place)), self.place]
        return float(-np.log(np.maximum(likely, SMALLEST)).sum())


def _penalties(x: Array, values: Array, groups: Array, seed: int) -> Array:
    """Of each number the penalty, 1 / STRENGTHS, with the lowest squared error of held-out songs.

    Args:
        x: [songs, inputs].
        values: [songs, numbers].
        groups: of each song.
        seed: of the sample, where there are very many songs.
    """
    penalties = 1 / STRENGTHS
    songs = some_groups(groups, ENOUGH, seed)
    loss = np.zeros((len(penalties), values.shape[1]))
    for train, held in folds(groups[songs]):
        rows, mean = x[songs[train]], x[songs[train]].mean(axis=0)
        level = values[songs[train]].mean(axis=0)
        left, sizes, axes = np.linalg.svd(rows - mean, full_matrices=False)
        along = left.T @ (values[songs[train]] - level)  # [axes, numbers]
        ahead = (x[songs[held]] - mean) @ axes.T  # [songs, axes]
        for place, penalty in enumerate(penalties):
            found = level + ahead @ ((sizes / (sizes**2 + penalty))[:, None] * along)
            loss[place] += np.square(found - values[songs[held]]).sum(axis=0)
    return penalties[loss.argmin(axis=0)] if loss.any() else np.full(values.shape[1], 1 / USUAL)
