"""Members that differ as one model, weighted by what a song has of their inputs."""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasfeat.arrays import Tensor
from kerasfeat.networks.ensembles import absent_as_0, have_answered
from kerasfeat.networks.layers import Float32Layer, Shape, register
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

SMALLEST = 1e-30  # a probability whose logarithm is finite


@register
class Blend(Float32Layer):
    """A weighted mean of the members that answer, by weights for just those members.

    [batch, size] each to [batch, size]; NaN where nobody answers, or others than in any row.

    Args:
        answering: of each row of weights, which members answer, 1 or 0.
        weights: of each row, how much each member says; they add up to 1.
    """

    def __init__(
        self, answering: Sequence[Sequence[int]], weights: Sequence[Sequence[float]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.answering = [[int(value) for value in row] for row in answering]
        self.shares = [[float(value) for value in row] for row in weights]

    def call(self, answers: list[Tensor]) -> Tensor:
        answered = ops.concatenate(have_answered(answers), axis=-1)  # [batch, members]
        same = ops.equal(answered[:, None], np.asarray(self.answering, "float32"))
        row = ops.cast(ops.all(same, axis=-1), "float32")  # [batch, rows], 1 at one of them
        shares = ops.matmul(row, np.asarray(self.shares, "float32"))  # [batch, members]
        mean = ops.sum(shares[..., None] * ops.stack(absent_as_0(answers), axis=1), axis=1)
        return ops.where(ops.any(row > 0, axis=-1, keepdims=True), mean, np.nan)

    def compute_output_shape(self, shapes: list[Shape]) -> Shape:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "answering": self.answering, "weights": self.shares}


@register
class Sharpened(Float32Layer):
    """Probabilities by a temperature: above 1 they get closer to each other, below 1 farther apart.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
    [batch, labels] keeps its shape.

    Args:
        temperature: that the logits are divided by.
        exclusive: whether a song has one label, so that probabilities add up to 1.
    """

    def __init__(self, temperature: float, exclusive: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.temperature, self.exclusive = float(temperature), bool(exclusive)

    def call(self, probabilities: Tensor) -> Tensor:
        yes = ops.log(ops.maximum(probabilities, SMALLEST))
        if self.exclusive:
            return ops.softmax(yes / self.temperature, axis=-1)
        no = ops.log(ops.maximum(1.0 - probabilities, SMALLEST))
        return ops.sigmoid((yes - no) / self.temperature)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return shape

    def get_config(self) -> dict[str, Any]:
        own = {"temperature": self.temperature, "exclusive": self.exclusive}
        return {**super().get_config(), **own}


def blend_name(head: str) -> str:
    """The name of the layer that blends the members' answers of a head."""
    return f"{head}_blend"


def before_calibration(model: keras.Model, target: Target) -> keras.Model | None:
    """A blended model without its last layers; None where they change nothing."""
    if not target.has_labels:
        return None
    blends = {head: model.get_layer(blend_name(head)).output for head in target.heads}
    return keras.Model(model.input, blends)


@singledispatch
def calibrated(target: Target, head: str, temperature: float) -> keras.layers.Layer:
    """The layer that makes a head's blended answer the head, by a temperature of `target`."""
    raise TypeError(type(target))


@calibrated.register
def _(target: Multiclass, head: str, temperature: float) -> keras.layers.Layer:
    return Sharpened(temperature, exclusive=True, name=head)


@calibrated.register
def _(target: Multilabel, head: str, temperature: float) -> keras.layers.Layer:
    return Sharpened(temperature, exclusive=False, name=head)


@calibrated.register
def _(target: Regression, head: str, temperature: float) -> keras.layers.Layer:
    return keras.layers.Identity(dtype="float32", name=head)
