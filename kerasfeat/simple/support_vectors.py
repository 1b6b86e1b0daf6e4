"""Support vector machines with a radial kernel, on how songs sound."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, SVR

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.linear import Scaling
from kerasfeat.simple.inner import folds
from kerasfeat.simple.model import CLIP, Fitted
from kerasfeat.simple.pooled import Pooled
from kerasfeat.simple.trees import as_numbers
from kerasfeat.targets import Multiclass, Regression, Target

MOST = 3000  # songs; the time grows with their square


@dataclass(frozen=True)
class Machine:
    """What answers one output of scaled rows.

    Attributes:
        machine: scikit-learn's.
        sigmoid: from its distances to probabilities (Platt 1999); None of a number.
    """

    machine: SVC | SVR
    sigmoid: LogisticRegression | None

    def predict(self, rows: Array) -> Array:
        """[songs], within 0 and 1."""
        if self.sigmoid is None:
            return np.clip(self.machine.predict(rows), 0.0, 1.0)
        distances = self.machine.decision_function(rows)
        return self.sigmoid.predict_proba(distances[:, None])[:, 1]


@dataclass(frozen=True)
class SupportVectors(Fitted):
    """A machine for each output.

    Attributes:
        names: of a row's columns.
        places: of those that are read.
        scaling: of these.
        machines: by the place of the output.
        others: [outputs], the answer to those that have none.
        is_share: whether a song has one label, so that its answers add up to 1.
    """

    names: tuple[str, ...]
    places: Array
    scaling: Scaling
    machines: dict[int, Machine]
    others: Array
    is_share: bool
    link = CLIP

    @property
    def columns(self) -> int:
        return len(self.names)

    def predict(self, x: Array) -> Array:
        rows = self.scaling.scaled(np.asarray(x, "float32")[:, self.places], np)
        answer = np.tile(self.others, (len(x), 1))
        for output, machine in self.machines.items():
            answer[:, output] = machine.predict(rows)
        return answer / answer.sum(axis=1, keepdims=True) if self.is_share else answer

    def raw(self, table: Tensor, name: str) -> Tensor:
        raise NotImplementedError("support vector machines have no form in Keras")

    @property
    def bytes(self) -> int:
        return sum(one.machine.support_vectors_.nbytes for one in self.machines.values())


def fit_support_vectors(
    target: Target, songs: Pooled, truth: Array, groups: Array
) -> SupportVectors:
    """Machines that read the audio of training songs; see kerasfeat.simple.fitting.fit_simple."""
    sound = songs.only(tuple(sorted(songs.audio)))
    scaling = Scaling.of(sound.x, ())
    rows, numbers = scaling.scaled(sound.x, np), as_numbers(target, truth)
    machines = {}
    for output in np.flatnonzero(np.nanmin(numbers, axis=0) < np.nanmax(numbers, axis=0)):
        known = np.isfinite(numbers[:, output])
        learnt = rows[known], numbers[known, output]
        of_number = isinstance(target, Regression)
        machines[int(output)] = _number(*learnt) if of_number else _label(*learnt, groups[known])
    return SupportVectors(
        songs.columns,
        np.array([songs.columns.index(column) for column in sound.columns]),
        scaling,
        machines,
        np.nanmean(numbers, axis=0),
        isinstance(target, Multiclass),
    )


def _number(rows: Array, values: Array) -> Machine:
    return Machine(SVR(epsilon=0.02).fit(rows, values), None)


def _label(rows: Array, has: Array, groups: Array) -> Machine:
    """The machine of a label, its sigmoid by distances of songs that were held out."""
    distances = np.zeros(len(rows))
    for train, held in folds(groups):
        if has[train].any() and not has[train].all():
            machine = SVC().fit(rows[train], has[train])
            distances[held] = machine.decision_function(rows[held])
    sigmoid = LogisticRegression(C=1e3).fit(distances[:, None], has)
    return Machine(SVC().fit(rows, has), sigmoid)
