"""Layers that trunks share: encoders adapted on the training songs, and the gate of a fusion.

A missing value is NaN from the table to the encoder, so that it is never mistaken for data: the
table's encoder fills single missing values, and a wholly absent input stays NaN until a fusion
replaces its representation by a learned one.
"""

import keras
import numpy as np
from keras import ops

register = keras.saving.register_keras_serializable("kerasfeat")

ONE_HOT_SIZES = {"key": 12, "time_signature": 8}
LOGARITHMIC = ("duration_ms",)


def flat(inputs):
    """The one spectrogram of `inputs` as [batch, frames, bands]: channels are more bands."""
    (frames,) = inputs.values()
    return frames if len(frames.shape) == 3 else keras.layers.Reshape((frames.shape[1], -1))(frames)


def with_logarithms(values, logarithmic, xp):
    """Values [..., columns], of the columns that `logarithmic` [columns] marks their logarithm, at
    least 0; `xp` is numpy or keras.ops.
    """
    return (
        xp.where(logarithmic, xp.log(xp.maximum(values, 1.0)), values)
        if logarithmic.any()
        else values
    )


@register
class TabularEncoder(keras.layers.Layer):
    """Table columns as numbers a network learns from: standardised values, piecewise-linear bins,
    one-hot key and time signature.

    [batch, columns] with NaN where missing -> [batch, encoded]. Bins are the quantiles of the
    training songs: the value's position within each bin, 0 below and 1 above (Gorishniy et al.
    2022, "On Embeddings for Numerical Features in Tabular Deep Learning", section 3.2). A missing
    number becomes the training median, a missing category all zeros. A row without any value stays
    NaN.
    """

    def __init__(self, columns, bins=16, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.columns = list(columns)
        self.bins = bins
        self._numeric = [i for i, c in enumerate(self.columns) if c not in ONE_HOT_SIZES]
        self._logarithmic = np.array([self.columns[i] in LOGARITHMIC for i in self._numeric])

    def build(self, input_shape):
        n = len(self._numeric)
        for name, shape in {
            "median": (n,),
            "mean": (n,),
            "deviation": (n,),
            "edges": (n, self.bins + 1),
        }.items():
            initializer = "ones" if name == "deviation" else "zeros"
            setattr(
                self,
                name,
                self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False),
            )

    def adapt(self, table):
        """Set the statistics from the training songs' `table` [songs, columns]."""
        if not self._numeric:
            return
        values = with_logarithms(
            np.asarray(table, "float32")[:, self._numeric], self._logarithmic, np
        )
        known = np.isfinite(values).any(0)
        values[:, ~known] = 0.0  # a column that is always missing carries nothing
        quantiles = np.nanquantile(
            values, np.linspace(0, 1, self.bins + 1), axis=0
        ).T  # [numeric, bins + 1]
        deviation = np.nanstd(values, axis=0)
        self.median.assign(np.nanmedian(values, axis=0))
        self.mean.assign(np.nanmean(values, axis=0))
        self.deviation.assign(np.where(deviation > 1e-6, deviation, 1.0))
        self.edges.assign(quantiles)

    def call(self, table):
        parts = self._numbers(table) if self._numeric else []
        for name, size in ONE_HOT_SIZES.items():
            if name in self.columns:
                value = table[:, self.columns.index(name)]
                parts.append(
                    ops.cast(value[:, None] == ops.arange(size, dtype="float32"), "float32")
                )
        encoded = ops.concatenate(parts, axis=1)
        absent = ops.all(ops.isnan(table), axis=1, keepdims=True)
        return ops.where(absent, np.nan, encoded)

    def _numbers(self, table):
        """Standardised numbers [batch, numeric], and their positions within the bins [batch,
        numeric * bins].
        """
        numeric = with_logarithms(
            ops.take(table, self._numeric, axis=1), self._logarithmic, ops
        )  # [batch, numeric]
        numeric = ops.where(ops.isnan(numeric), self.median, numeric)
        low, width = self.edges[:, :-1], self.edges[:, 1:] - self.edges[:, :-1]
        position = ops.clip(
            (numeric[..., None] - low) / ops.maximum(width, 1e-9), 0.0, 1.0
        )  # [batch, numeric, bins]
        # A bin of no width (many equal values) would be a cliff at one value: it says nothing.
        position = ops.where(width > 1e-9, position, 0.0)
        return [
            (numeric - self.mean) / self.deviation,
            ops.reshape(position, (-1, len(self._numeric) * self.bins)),
        ]

    def compute_output_shape(self, input_shape):
        categories = sum(size for name, size in ONE_HOT_SIZES.items() if name in self.columns)
        return (input_shape[0], len(self._numeric) * (self.bins + 1) + categories)

    def get_config(self):
        return {**super().get_config(), "columns": self.columns, "bins": self.bins}


@register
class Standardize(keras.layers.Layer):
    """Each band to mean 0 and deviation 1 of the training songs; [batch, ..., bands] keeps its
    shape, NaN stays NaN.
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def build(self, input_shape):
        for name, value in {"mean": "zeros", "deviation": "ones"}.items():
            setattr(
                self,
                name,
                self.add_weight(
                    name=name, shape=(input_shape[-1],), initializer=value, trainable=False
                ),
            )

    def adapt(self, arrays):
        """Set the statistics from an iterable of arrays [..., bands], in one pass."""
        count, total, squares = 0, 0.0, 0.0
        for array in arrays:
            rows = np.asarray(array, "float64").reshape(-1, array.shape[-1])
            rows = rows[np.isfinite(rows).all(1)]
            count, total, squares = (
                count + len(rows),
                total + rows.sum(0),
                squares + np.square(rows).sum(0),
            )
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
        self.mean.assign(mean)
        self.deviation.assign(np.where(deviation > 1e-6, deviation, 1.0))

    def call(self, values):
        return (values - self.mean) / self.deviation


@register
class Present(keras.layers.Layer):
    """1 for each example that has any value, 0 where the input is absent: [batch, ...] -> [batch,
    1].
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, values):
        known = ops.isfinite(values)
        return ops.cast(
            ops.any(known, axis=tuple(range(1, len(values.shape))), keepdims=False), "float32"
        )[:, None]


@register
class FillAbsent(keras.layers.Layer):
    """NaN to 0, behind which a `Gate` replaces the whole representation."""

    def call(self, values):
        return ops.where(ops.isnan(values), ops.zeros_like(values), values)


@register
class PartDropout(keras.layers.Dropout):
    """Dropout that rests while its part is frozen, as batch normalisation does: a frozen part gives
    what it will give later.
    """

    def call(self, values, training=False):
        return super().call(values, training=training and self.trainable)


@register
class Complement(keras.layers.Layer):
    """The probability of the second of two classes [batch, 1] to those of both [batch, 2]."""

    def call(self, probability):
        return ops.concatenate([1.0 - probability, probability], axis=-1)


@register
class Gate(keras.layers.Layer):
    """Representations [batch, units] of several inputs, those of absent inputs replaced by a
    learned vector each.

    In training each present input is also dropped with probability `rate`, never all of an
    example's inputs: the network learns to predict from what is there (modality dropout: Neverova
    et al. 2015, "ModDrop").
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, representations_shape, present_shape):
        self.absent = [
            self.add_weight(name=f"absent_{i}", shape=(shape[-1],), initializer="zeros")
            for i, shape in enumerate(representations_shape)
        ]

    def call(self, representations, present, training=False):
        here = ops.concatenate(present, axis=1)  # [batch, inputs]
        if training and self.rate > 0:
            draw = keras.random.uniform(ops.shape(here), seed=self.generator)
            kept = here * ops.cast(draw >= self.rate, here.dtype)
            here = ops.where(ops.any(kept > 0, axis=1, keepdims=True), kept, here)
        return [
            ops.where(
                here[:, i : i + 1] > 0, representation, ops.cast(absent, representation.dtype)
            )
            for i, (representation, absent) in enumerate(
                zip(representations, self.absent, strict=True)
            )
        ]

    def compute_output_shape(self, representations_shape, present_shape):
        return list(representations_shape)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
