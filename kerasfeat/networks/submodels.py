"""Networks of many submodels that share most of their layers, and learn each for itself.

A trunk of submodels makes [batch, submodels, units], and each has heads of its own. The loss is the
mean of the submodels' losses, never that of their mean, so that none relies on another; the answer
is the mean of theirs (TabM: Gorishniy et al. 2025, arXiv 2410.24210, section 3).
"""

from typing import Any

import keras
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.networks.layers import Float32Layer, Shape, register


def has_submodels(x: Tensor) -> bool:
    """Whether a representation is of several submodels, [batch, submodels, units]."""
    return len(x.shape) == 3


def mean_of_submodels(x: Tensor) -> Tensor:
    """[batch, submodels, size] to [batch, size]; what has no submodels stays as it is."""
    return layers.GlobalAveragePooling1D(dtype=x.dtype)(x) if has_submodels(x) else x


@register
class DenseOfSubmodels(layers.Layer):
    """A dense layer for each submodel: [batch, submodels, inputs] to [batch, submodels, units].

    keras.layers.EinsumDense does the same, but LiteRT can't convert it where `units` is 1.

    Args:
        units: of each submodel.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Shape) -> None:
        _, submodels, inputs = input_shape
        # By the fan of one submodel: Keras would count those of all.
        limit = inputs**-0.5
        self.kernel = self.add_weight(
            name="kernel",
            shape=(submodels, inputs, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit),
        )
        self.bias = self.add_weight(name="bias", shape=(submodels, self.units), initializer="zeros")

    def call(self, x: Tensor) -> Tensor:
        each = ops.matmul(ops.transpose(x, (1, 0, 2)), self.kernel)  # [submodels, batch, units]
        return ops.transpose(each, (1, 0, 2)) + self.bias

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:2], self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@register
class ScaleOfSubmodels(layers.Layer):
    """Each input times a number of each submodel's own: what makes submodels differ from the start.

    [batch, inputs] to [batch, submodels, inputs].

    Args:
        submodels: how many there are.
    """

    def __init__(self, submodels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.submodels = submodels

    def build(self, input_shape: Shape) -> None:
        self.scale = self.add_weight(
            name="scale",
            shape=(self.submodels, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )

    def call(self, x: Tensor) -> Tensor:
        return x[:, None, :] * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "submodels": self.submodels}


@register
class SubmodelsAnswer(Float32Layer):
    """The mean of the submodels' answers, and in training each of them.

    [batch, submodels, size] to [batch, size]; in training they stay as they are, which
    `EachSubmodel` takes.
    """

    def call(self, answers: Tensor, training: bool = False) -> Tensor:
        return answers if training else ops.mean(answers, axis=1)

    def compute_output_shape(self, answers_shape: Shape) -> Shape:
        return (answers_shape[0], answers_shape[2])


@register
class EachSubmodel(keras.losses.Loss):
    """The mean of the submodels' losses; of a single answer its own.

    Args:
        loss: of a single answer, as Keras takes it.
    """

    def __init__(self, loss: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.loss = keras.losses.get(loss)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """[batch, ...] and [batch, submodels, size], or [batch, size], to [batch]."""
        each = self.loss.call if isinstance(self.loss, keras.losses.Loss) else self.loss
        if not has_submodels(y_pred):
            return each(y_true, y_pred)
        submodels, size = y_pred.shape[1:]
        losses = each(ops.repeat(y_true, submodels, axis=0), ops.reshape(y_pred, (-1, size)))
        return ops.mean(ops.reshape(losses, (-1, submodels)), axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "loss": keras.losses.serialize(self.loss)}


@register
class OfSubmodelsMean(keras.metrics.Metric):
    """A metric of the mean of the submodels' answers.

    Args:
        metric: as Keras takes it.
    """

    def __init__(self, metric: Any, name: str | None = None, **kwargs: Any) -> None:
        inner = keras.metrics.get(metric)
        super().__init__(name=name or inner.name, **kwargs)
        self.metric = inner  # since Keras tracks what is set behind its own beginning

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        """Of [batch, ...] and [batch, submodels, size], or [batch, size]."""
        mean = ops.mean(y_pred, axis=1) if has_submodels(y_pred) else y_pred
        self.metric.update_state(y_true, mean, sample_weight)

    def result(self) -> Tensor:
        return self.metric.result()

    def reset_state(self) -> None:
        self.metric.reset_state()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "metric": keras.metrics.serialize(self.metric)}
