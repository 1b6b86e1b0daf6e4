"""Layers that trunks share: encoders adapted on the training songs, and the gate of a fusion.

A missing value is NaN from the table to the encoder, so that it is never mistaken for data: the
table's encoder fills single missing values, and a wholly absent input stays NaN until a fusion
replaces its representation by a learned one.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from hub_models.spectra import ONNX, WITHOUT_BITCAST
from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.columns import ONE_HOT_SIZES, is_logarithmic, with_logarithms

# Of a tensor: sizes, None where free.
Shape: TypeAlias = tuple[Any, ...]

register = keras.saving.register_keras_serializable("kerasfeat")


def flat(inputs: dict[str, Tensor]) -> Tensor:
    """The one spectrogram of `inputs` as [batch, frames, bands]: channels are more bands."""
    (frames,) = inputs.values()
    return frames if len(frames.shape) == 3 else keras.layers.Reshape((frames.shape[1], -1))(frames)


def not_zero(deviation: Array, low: Array, high: Array) -> Array:
    """Deviations to divide by: 1 where there is none, or one that is only a rounding error.

    Columns may be on any scale: of one whose values are small, small deviations say something.

    Args:
        deviation: of each column.
        low, high: its least and its largest value; infinite where none is known.
    """
    largest = np.maximum(np.abs(low), np.abs(high))
    return np.where((high > low) & (deviation > 1e-6 * np.minimum(largest, 1.0)), deviation, 1.0)


class Float32Layer(keras.layers.Layer):
    """A layer that computes in float32 under mixed precision too.

    Half precision holds too few digits, and too small a range, for the numbers of a table.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})

    def add_statistic(self, name: str, shape: Shape, initializer: str = "zeros") -> Tensor:
        """A weight that `adapt` sets from the training songs, and training leaves as it is."""
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False)

    def add_exact(self, name: str, shape: Shape) -> Tensor:
        """A weight of integers, or of the bits of float32 that `floats` reads.

        A LiteRT file of smaller weights rounds all others: an average of 200,000 ms is infinite in
        float16. So that it is not made a number beforehand, it must depend on the input: `zero_of`.
        """
        return self.add_weight(
            name=name, shape=shape, dtype="int32", initializer="zeros", trainable=False
        )


def zero_of(table: Tensor) -> Tensor:
    """0, of integers [batch, 1], that nothing can work out before it sees the table."""
    return tf.cast(table[:, :1] > np.inf, "int32")


def exact(weight: Tensor) -> Tensor:
    """What `floats` makes numbers of: the bits of float32, or for ONNX, which has no Bitcast, the
    numbers themselves.
    """
    bits = ops.convert_to_tensor(weight)
    return tf.bitcast(bits, tf.float32) if WITHOUT_BITCAST.get() == ONNX else bits


def floats(bits: Tensor) -> Tensor:
    """The numbers of float32 that `exact` gives."""
    return bits if bits.dtype == tf.float32 else tf.bitcast(bits, tf.float32)


@register
class TabularEncoder(Float32Layer):
    """Table columns as numbers that a network learns from: [batch, columns] to [batch, encoded].

    These are standardised values, piecewise-linear bins, and one-hot key and time signature. Bins
    are the quantiles of the training songs: the value's position within each bin, 0 below and 1
    above (Gorishniy et al. 2022, "On Embeddings for Numerical Features in Tabular Deep Learning",
    section 3.2). A missing number (NaN) becomes the training median, a missing category all zeros.
    A row without any value stays NaN.

    Args:
        columns: names.
        bins: of each number.
    """

    def __init__(self, columns: Sequence[str], bins: int = 16, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns = list(columns)
        self.bins = bins
        self._numeric = [i for i, name in enumerate(self.columns) if name not in ONE_HOT_SIZES]
        self._logarithmic = is_logarithmic([self.columns[i] for i in self._numeric])

    def build(self, input_shape: Shape) -> None:
        numbers = len(self._numeric)
        self.median = self.add_statistic("median", (numbers,))
        self.mean = self.add_statistic("mean", (numbers,))
        self.deviation = self.add_statistic("deviation", (numbers,), "ones")
        self.edges = self.add_statistic("edges", (numbers, self.bins + 1))

    def adapt(self, table: Array) -> None:
        """Set the statistics from the training songs' table [songs, columns]."""
        if not self._numeric:
            return
        numbers = np.asarray(table, "float32")[:, self._numeric]
        values = with_logarithms(numbers, self._logarithmic, np)
        known = np.isfinite(values).any(0)
        values[:, ~known] = 0.0  # a column that is always missing carries nothing
        quantiles = np.nanquantile(values, np.linspace(0, 1, self.bins + 1), axis=0)
        self.median.assign(np.nanmedian(values, axis=0))
        self.mean.assign(np.nanmean(values, axis=0))
        deviation, low, high = np.nanstd(values, 0), np.nanmin(values, 0), np.nanmax(values, 0)
        self.deviation.assign(not_zero(deviation, low, high))
        self.edges.assign(quantiles.T)  # [numbers, bins + 1]

    def call(self, table: Tensor) -> Tensor:
        parts = self._numbers(table) if self._numeric else []
        for name, size in ONE_HOT_SIZES.items():
            if name in self.columns:
                value = table[:, self.columns.index(name), None]
                parts.append(ops.cast(value == ops.arange(size, dtype="float32"), "float32"))
        encoded = ops.concatenate(parts, axis=1)
        absent = ops.all(ops.isnan(table), axis=1, keepdims=True)
        return ops.where(absent, np.nan, encoded)

    def _numbers(self, table: Tensor) -> list[Tensor]:
        """Standardised numbers [batch, numbers], and positions in bins [batch, numbers * bins]."""
        values = with_logarithms(ops.take(table, self._numeric, axis=1), self._logarithmic, ops)
        values = ops.where(ops.isnan(values), self.median, values)  # [batch, numbers]
        low, width = self.edges[:, :-1], self.edges[:, 1:] - self.edges[:, :-1]
        largest = ops.max(ops.abs(self.edges), axis=1, keepdims=True)  # [numbers, 1]
        is_wide = width > 1e-9 * ops.minimum(largest, 1.0)
        position = ops.clip(
            (values[..., None] - low) / ops.where(is_wide, width, 1.0), 0.0, 1.0
        )  # [batch, numbers, bins]
        # A bin of no width (many equal values) would be a cliff at one value: it says nothing.
        position = ops.where(is_wide, position, 0.0)
        return [
            (values - self.mean) / self.deviation,
            ops.reshape(position, (-1, len(self._numeric) * self.bins)),
        ]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        categories = sum(size for name, size in ONE_HOT_SIZES.items() if name in self.columns)
        return (input_shape[0], len(self._numeric) * (self.bins + 1) + categories)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "columns": self.columns, "bins": self.bins}


@register
class Standardize(Float32Layer):
    """Each band to mean 0 and deviation 1 of the training songs; NaN stays NaN.

    [batch, ..., bands] keeps its shape.
    """

    def build(self, input_shape: Shape) -> None:
        self.mean = self.add_statistic("mean", (input_shape[-1],))
        self.deviation = self.add_statistic("deviation", (input_shape[-1],), "ones")

    def adapt(self, arrays: Iterable[Array]) -> None:
        """Set the statistics from arrays [..., bands] of the training songs, in one pass."""
        count = 0
        total: float | Array = 0.0
        squares: float | Array = 0.0
        low: Array = np.array(np.inf)
        high: Array = np.array(-np.inf)
        for array in arrays:
            rows = np.asarray(array, "float64").reshape(-1, array.shape[-1])
            rows = rows[np.isfinite(rows).all(1)]
            count += len(rows)
            total = total + rows.sum(0)
            squares = squares + np.square(rows).sum(0)
            low = np.minimum(low, rows.min(0, initial=np.inf))
            high = np.maximum(high, rows.max(0, initial=-np.inf))
        mean = total / count
        self.mean.assign(mean)
        deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
        self.deviation.assign(not_zero(deviation, low, high))

    def call(self, values: Tensor) -> Tensor:
        return (values - self.mean) / self.deviation


@register
class TimeStatistics(keras.layers.Layer):
    """Mean, deviation, and mean absolute step of each band over time; NaN of an absent input.

    [batch, frames, bands] -> [batch, 3 * bands].
    """

    def call(self, frames: Tensor) -> Tensor:
        mean = ops.mean(frames, axis=1)
        deviation = ops.sqrt(ops.var(frames, axis=1) + 1e-6)
        steps = ops.abs(frames[:, 1:] - frames[:, :-1])
        step = ops.mean(steps, axis=1) if frames.shape[1] > 1 else ops.zeros_like(mean)
        return ops.concatenate([mean, deviation, step], axis=-1)

    def compute_output_shape(self, frames_shape: Shape) -> Shape:
        return (frames_shape[0], 3 * frames_shape[-1])


@register
class Present(Float32Layer):
    """1 for each example that has any value, 0 where the input is absent.

    [batch, ...] to [batch, 1].
    """

    def call(self, values: Tensor) -> Tensor:
        axes = tuple(range(1, len(values.shape)))
        return ops.cast(ops.any(ops.isfinite(values), axis=axes), "float32")[:, None]


@register
class FillAbsent(keras.layers.Layer):
    """NaN to 0, behind which a `Gate` replaces the whole representation."""

    def call(self, values: Tensor) -> Tensor:
        return ops.where(ops.isnan(values), ops.zeros_like(values), values)


@register
class PartDropout(keras.layers.Dropout):
    """Dropout that rests while its part is frozen, as batch normalisation does.

    So a frozen part gives what it will give later.
    """

    def call(self, values: Tensor, training: bool = False) -> Tensor:
        return super().call(values, training=training and self.trainable)


@register
class Complement(keras.layers.Layer):
    """The probability of the second of two classes [batch, 1] to those of both [batch, 2]."""

    def call(self, probability: Tensor) -> Tensor:
        return ops.concatenate([1.0 - probability, probability], axis=-1)


@register
class Gate(keras.layers.Layer):
    """Representations of several inputs, those of absent inputs replaced by a learned vector each.

    In training each present input is also dropped, never all of an example's inputs: the network
    learns to predict from what is there (modality dropout: Neverova et al. 2015, "ModDrop").

    Args:
        rate: probability with which a present input is dropped.
        seed: of the draws.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, representations_shape: list[Shape], present_shape: list[Shape]) -> None:
        self.absent = [
            self.add_weight(name=f"absent_{i}", shape=(shape[-1],), initializer="zeros")
            for i, shape in enumerate(representations_shape)
        ]

    def call(
        self, representations: list[Tensor], present: list[Tensor], training: bool = False
    ) -> list[Tensor]:
        """Representations [batch, units] each; `present` is 1 or 0, [batch, 1] each."""
        heard = ops.concatenate(present, axis=1)  # [batch, inputs]
        if training and self.rate > 0:
            draw = keras.random.uniform(ops.shape(heard), seed=self.generator)
            kept = heard * ops.cast(draw >= self.rate, heard.dtype)
            heard = ops.where(ops.any(kept > 0, axis=1, keepdims=True), kept, heard)
        return [
            ops.where(heard[:, i : i + 1] > 0, x, ops.cast(absent, x.dtype))
            for i, (x, absent) in enumerate(zip(representations, self.absent, strict=True))
        ]

    def compute_output_shape(
        self, representations_shape: list[Shape], present_shape: list[Shape]
    ) -> list[Shape]:
        return list(representations_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
