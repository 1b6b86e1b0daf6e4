"""What a simple model is, once it is fitted."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit, softmax

from kerasfeat.arrays import Array, Tensor

SOFTMAX, SIGMOID, CLIP = "softmax", "sigmoid", "clip"
CERTAIN = 1e4  # a logit of which the probability is 1


def answered(raw: Array, link: str) -> Array:
    """What a model answers [songs, outputs], of what its sums come to.

    Args:
        raw: [songs, outputs].
        link: SOFTMAX or SIGMOID for probabilities, CLIP for what is held within 0 and 1.
    """
    if link == SOFTMAX:
        return softmax(raw, axis=1)
    return expit(raw) if link == SIGMOID else np.clip(raw, 0.0, 1.0)


class Fitted(ABC):
    """A simple model that has learnt; it reads rows [songs, columns], NaN where missing."""

    link: str

    @property
    @abstractmethod
    def columns(self) -> int:
        """How many a row has."""

    @abstractmethod
    def predict(self, x: Array) -> Array:
        """The target's prediction of each song, [songs, outputs]."""

    @abstractmethod
    def raw(self, table: Tensor, name: str) -> Tensor:
        """In Keras, by a layer of that name: [batch, columns] to [batch, outputs], before the link.

        Raises:
            NotImplementedError: it has no form in Keras.
        """

    @property
    def nodes(self) -> int:
        """How many its trees have; 0 where it has none."""
        return 0

    @property
    @abstractmethod
    def bytes(self) -> int:
        """How much its constants take."""
