"""What a simple model is, once it is fitted."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit, log_expit, softmax

from kerasfeat.arrays import Array, Tensor

SOFTMAX, SIGMOID, SHARES, CLIP = "softmax", "sigmoid", "shares", "clip"
CERTAIN = 1e4  # a logit of which the probability is 1


def answered(raw: Array, link: str) -> Array:
    """What a model answers [songs, outputs], of what its sums come to.

    Args:
        raw: [songs, outputs].
        link: SOFTMAX or SIGMOID for probabilities, SHARES for those of SIGMOID that add up to 1,
            CLIP for what is held within 0 and 1.
    """
    if link == SOFTMAX:
        return softmax(raw, axis=1)
    if link == CLIP:
        return np.clip(raw, 0.0, 1.0)
    return softmax(log_expit(raw), axis=1) if link == SHARES else expit(raw)


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
        """In Keras, by a layer of that name: [batch, columns] to [batch, outputs], without link."""

    @property
    def nodes(self) -> int:
        """How many its trees have; 0 where it has none."""
        return 0

    @property
    @abstractmethod
    def bytes(self) -> int:
        """How much its constants take."""
