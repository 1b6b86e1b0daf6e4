"""Answers as what an activation takes."""

from typing import Any

from keras import ops

from kerasfeat.arrays import Tensor
from kerasfeat.networks.layers import Float32Layer, Shape, register
from kerasfeat.targets.member_weights import log_odds, log_probabilities


def as_logits(answer: Tensor, exclusive: bool) -> Tensor:
    """What softmax, or where `exclusive` is false sigmoid, makes the answer of."""
    return log_probabilities(answer, ops) if exclusive else log_odds(answer, ops)


@register
class Logits(Float32Layer):
    """Answers as logits; [batch, size] keeps its shape.

    Args:
        exclusive: whether the answers are probabilities of labels of which a song has one; if not,
            each is in [0, 1] by itself.
    """

    def __init__(self, exclusive: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.exclusive = bool(exclusive)

    def call(self, answer: Tensor) -> Tensor:
        return as_logits(answer, self.exclusive)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "exclusive": self.exclusive}
