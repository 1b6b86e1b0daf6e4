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
from kerasfeat.networks.logits import as_logits
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target


@register
class Blend(Float32Layer):
    """A weighted sum of the members that answer, by weights for just those members.

    [batch, size] each to [batch, size]; NaN where nobody answers, or others than in any row.

    Args:
        answering: of each row of weights, which members answer, 1 or 0.
        weights: of each row, how much each member says; of numbers they add up to 1.
    """

    def __init__(
        self, answering: Sequence[Sequence[int]], weights: Sequence[Sequence[float]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.answering = [[int(value) for value in row] for row in answering]
        self.shares = [[float(value) for value in row] for row in weights]

    def said(self, answer: Tensor) -> Tensor:
        """What is summed up of a member's answer."""
        return answer

    def call(self, answers: list[Tensor]) -> Tensor:
        answered = ops.concatenate(have_answered(answers), axis=-1)  # [batch, members]
        same = ops.equal(answered[:, None], np.asarray(self.answering, "float32"))
        row = ops.cast(ops.all(same, axis=-1), "float32")  # [batch, rows], 1 at one of them
        shares = ops.matmul(row, np.asarray(self.shares, "float32"))  # [batch, members]
        said = ops.stack(absent_as_0([self.said(answer) for answer in answers]), axis=1)
        total = ops.sum(shares[..., None] * said, axis=1)
        return ops.where(ops.any(row > 0, axis=-1, keepdims=True), total, np.nan)

    def compute_output_shape(self, shapes: list[Shape]) -> Shape:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "answering": self.answering, "weights": self.shares}


@register
class BlendOfLabels(Blend):
    """The logits of a product of powers of the members' probabilities of labels.

    See kerasfeat.targets.member_weights.by_log_loss. [batch, labels] each to [batch, labels].

    Args:
        exclusive: whether a song has one label, so that probabilities add up to 1.
        blend: as of `Blend`.
    """

    def __init__(self, exclusive: bool, **blend: Any) -> None:
        super().__init__(**blend)
        self.exclusive = bool(exclusive)

    def said(self, answer: Tensor) -> Tensor:
        return as_logits(answer, self.exclusive)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "exclusive": self.exclusive}


@register
class Probabilities(Float32Layer):
    """Probabilities of logits under a temperature: above 1 they get closer, below 1 farther apart.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
    [batch, labels] keeps its shape.

    Args:
        temperature: that the logits are divided by.
        exclusive: whether a song has one label, so that probabilities add up to 1.
    """

    def __init__(self, temperature: float, exclusive: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.temperature, self.exclusive = float(temperature), bool(exclusive)

    def call(self, logits: Tensor) -> Tensor:
        scaled = logits / self.temperature
        return ops.softmax(scaled, axis=-1) if self.exclusive else ops.sigmoid(scaled)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return shape

    def get_config(self) -> dict[str, Any]:
        own = {"temperature": self.temperature, "exclusive": self.exclusive}
        return {**super().get_config(), **own}


def blend_name(head: str) -> str:
    """The name of the layer that blends the members' answers of a head."""
    return f"{head}_blend"


def before_calibration(model: keras.Model, target: Target) -> keras.Model | None:
    """A blended model whose temperature is 1; None where there are no probabilities."""
    if not target.has_labels:
        return None
    return keras.Model(
        model.input,
        {
            head: Probabilities(1.0, model.get_layer(head).exclusive, name=head)(
                model.get_layer(blend_name(head)).output
            )
            for head in target.heads
        },
    )


@singledispatch
def blend_layers(
    target: Target, head: str, temperature: float, **blend: Any
) -> list[keras.layers.Layer]:
    """The layers that make a head of the members' answers, one behind the other.

    Args:
        target: what is learnt.
        head: one of its heads.
        temperature: of the probabilities, where there are some.
        blend: as of `Blend`.
    """
    raise TypeError(type(target))


@blend_layers.register
def _(target: Multiclass, head: str, temperature: float, **blend: Any) -> list[keras.layers.Layer]:
    return _of_labels(head, temperature, exclusive=True, **blend)


@blend_layers.register
def _(target: Multilabel, head: str, temperature: float, **blend: Any) -> list[keras.layers.Layer]:
    return _of_labels(head, temperature, exclusive=False, **blend)


@blend_layers.register
def _(target: Regression, head: str, temperature: float, **blend: Any) -> list[keras.layers.Layer]:
    identity = keras.layers.Identity(dtype="float32", name=head)
    return [Blend(**blend, name=blend_name(head)), identity]


def _of_labels(
    head: str, temperature: float, exclusive: bool, **blend: Any
) -> list[keras.layers.Layer]:
    return [
        BlendOfLabels(exclusive, **blend, name=blend_name(head)),
        Probabilities(temperature, exclusive, name=head),
    ]
