"""What models of trees have in common."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.trees import Forest, Trees
from kerasfeat.simple.model import Fitted
from kerasfeat.simple.pooled import Pooled
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target


@dataclass(frozen=True)
class TreeModel(Fitted):
    """Trees that have learnt.

    Attributes:
        order: places of the columns as the trees know them, [columns].
    """

    order: Array

    @property
    def columns(self) -> int:
        return len(self.order)

    @property
    @abstractmethod
    def forest(self) -> Forest:
        """The trees as arrays."""

    def raw(self, table: Tensor, name: str) -> Tensor:
        layer = Trees(**self.forest.sizes, name=name)
        raw = layer(table)
        layer.assign(self.forest)
        return raw

    @property
    def nodes(self) -> int:
        return len(self.forest.feature)

    @property
    def bytes(self) -> int:
        return sum(array.nbytes for array in self.forest.arrays.values())


def ordered(songs: Pooled) -> Array:
    """The songs' columns by their names, [songs, columns]; 0 where no song has a value.

    scikit-learn's trees stumble over a column of NaN alone.
    """
    x = songs.x[:, songs.order]
    return np.where(np.isnan(x).all(axis=0), np.float32(0), x)


@singledispatch
def as_numbers(target: Target, truth: Array) -> Array:
    """The truth as numbers [songs, outputs]: 1 of a label that a song has, NaN where missing."""
    raise TypeError(type(target))


@as_numbers.register
def _(target: Multiclass, truth: Array) -> Array:
    return np.eye(len(target.labels))[truth]


@as_numbers.register
def _(target: Multilabel, truth: Array) -> Array:
    return truth.astype(float)


@as_numbers.register
def _(target: Regression, truth: Array) -> Array:
    return truth
