"""Networks of many members that share most of their layers, and learn each for itself.

A trunk of members makes [batch, members, units], and each member has heads of its own. The loss is
the mean of the members' losses, never that of their mean, so that no member relies on another; the
answer is the mean of theirs (TabM: Gorishniy et al. 2025, arXiv 2410.24210, section 3).
"""

from typing import Any

import keras
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.networks.layers import Float32Layer, Shape, register


def has_members(x: Tensor) -> bool:
    """Whether a representation is of several members, [batch, members, units]."""
    return len(x.shape) == 3


def mean_of_members(x: Tensor) -> Tensor:
    """[batch, members, size] to [batch, size]; what has no members stays as it is."""
    return layers.GlobalAveragePooling1D(dtype=x.dtype)(x) if has_members(x) else x


@register
class DenseOfMembers(layers.Layer):
    """A dense layer for each member: [batch, members, inputs] to [batch, members, units].

    keras.layers.EinsumDense does the same, but LiteRT can't convert it where `units` is 1.

    Args:
        units: of each member.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Shape) -> None:
        _, members, inputs = input_shape
        # By the fan of one member: Keras would count those of all.
        limit = inputs**-0.5
        self.kernel = self.add_weight(
            name="kernel",
            shape=(members, inputs, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit),
        )
        self.bias = self.add_weight(name="bias", shape=(members, self.units), initializer="zeros")

    def call(self, x: Tensor) -> Tensor:
        by_member = ops.matmul(ops.transpose(x, (1, 0, 2)), self.kernel)  # [members, batch, units]
        return ops.transpose(by_member, (1, 0, 2)) + self.bias

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:2], self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@register
class ScaleOfMembers(layers.Layer):
    """Each input times a number of each member's own: what makes members differ from the start.

    [batch, inputs] to [batch, members, inputs].

    Args:
        members: how many there are.
    """

    def __init__(self, members: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members = members

    def build(self, input_shape: Shape) -> None:
        self.scale = self.add_weight(
            name="scale",
            shape=(self.members, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )

    def call(self, x: Tensor) -> Tensor:
        return x[:, None, :] * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "members": self.members}


@register
class MembersAnswer(Float32Layer):
    """The mean of the members' answers, and in training each of them.

    [batch, members, size] to [batch, size]; in training they stay as they are, for `EachMember` to
    take.
    """

    def call(self, answers: Tensor, training: bool = False) -> Tensor:
        return answers if training else ops.mean(answers, axis=1)

    def compute_output_shape(self, answers_shape: Shape) -> Shape:
        return (answers_shape[0], answers_shape[2])


@register
class EachMember(keras.losses.Loss):
    """The mean of the members' losses; of a single answer its own.

    Args:
        loss: of a single answer, as Keras takes it.
    """

    def __init__(self, loss: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.loss = keras.losses.get(loss)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """[batch, ...] and [batch, members, size], or [batch, size], to [batch]."""
        each = self.loss.call if isinstance(self.loss, keras.losses.Loss) else self.loss
        if not has_members(y_pred):
            return each(y_true, y_pred)
        members, size = y_pred.shape[1:]
        losses = each(ops.repeat(y_true, members, axis=0), ops.reshape(y_pred, (-1, size)))
        return ops.mean(ops.reshape(losses, (-1, members)), axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "loss": keras.losses.serialize(self.loss)}


@register
class OfMembersMean(keras.metrics.Metric):
    """A metric of the mean of the members' answers.

    Args:
        metric: as Keras takes it.
    """

    def __init__(self, metric: Any, name: str | None = None, **kwargs: Any) -> None:
        self.metric = keras.metrics.get(metric)
        super().__init__(name=name or self.metric.name, **kwargs)

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        """Of [batch, ...] and [batch, members, size], or [batch, size]."""
        mean = ops.mean(y_pred, axis=1) if has_members(y_pred) else y_pred
        self.metric.update_state(y_true, mean, sample_weight)

    def result(self) -> Tensor:
        return self.metric.result()

    def reset_state(self) -> None:
        self.metric.reset_state()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "metric": keras.metrics.serialize(self.metric)}
