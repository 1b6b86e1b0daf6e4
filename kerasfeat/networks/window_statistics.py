"""A window of an input as one row of numbers, as linear models and trees read it."""

from collections.abc import Sequence

import keras
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS, SAMPLES, Field
from kerasfeat.networks.layers import Float32Layer, Shape, TimeStatistics, register

SILENCE = 1e-5  # -100 dB: keeps the level of a silent window finite


@register
class SampleStatistics(Float32Layer):
    """Level (dB), peak, rate of zero crossings, and mean step of each channel.

    [batch, samples, channels] to [batch, 4 * channels].
    """

    def call(self, samples: Tensor) -> Tensor:
        power = ops.mean(ops.square(samples), axis=1)
        level = 10 * ops.log(ops.maximum(power, SILENCE**2)) / ops.log(10.0)
        level = ops.where(ops.isnan(power), power, level)
        peak = ops.max(ops.abs(samples), axis=1)
        positive = ops.cast(samples >= 0, "float32")
        crossings = ops.mean(ops.abs(positive[:, 1:] - positive[:, :-1]), axis=1)
        step = ops.mean(ops.abs(samples[:, 1:] - samples[:, :-1]), axis=1)
        return ops.concatenate([level, peak, crossings, step], axis=-1)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (shape[0], 4 * shape[-1])


def row_model(fields: Sequence[Field]) -> keras.Model:
    """From inputs to one row of numbers, {"row": [batch, columns]}, an input after the other.

    The columns of a table are themselves; of sound each band, or channel, has its statistics.
    """
    raw = {field.name: field.keras_input() for field in fields}
    rows = [_row(raw[field.name], field) for field in fields]
    row = rows[0] if len(rows) == 1 else layers.Concatenate(dtype="float32")(rows)
    return keras.Model(raw, {"row": layers.Identity(dtype="float32", name="row")(row)}, name="row")


def row_columns(fields: Sequence[Field]) -> tuple[str, ...]:
    """The names of the columns of such a row: a table's own, and INPUT/NUMBER of sound."""
    names: list[str] = []
    for field in fields:
        size = _row(field.keras_input(), field).shape[1]
        names += field.columns or (f"{field.name}/{number}" for number in range(size))
    return tuple(names)


def _row(x: Tensor, field: Field) -> Tensor:
    if field.leading_axis == COLUMNS:
        return x
    if field.leading_axis == SAMPLES:
        return SampleStatistics()(x if len(field.shape) == 2 else x[..., None])
    time = next((place for place, axis in enumerate(field.axes) if axis.is_time), 0)
    order = (time + 1, *(place + 1 for place in range(len(field.shape)) if place != time))
    if time:
        x = layers.Permute(order)(x)  # [batch, frames, ...]
    frames = layers.Reshape((x.shape[1], -1))(x) if len(x.shape) != 3 else x
    return TimeStatistics(dtype="float32")(frames)  # [batch, 3 * bands]
