"""Published networks read their inputs scaled in simple ways: layers whose numbers are those of the
training songs.
"""

import keras
import numpy as np
from keras import ops

from kerasfeat.fields import COLUMNS, PATCHES
from kerasfeat.networks.genre_distance import GENRE_DISTANCE, GenreDistance
from kerasfeat.networks.layers import (
    LOGARITHMIC,
    ONE_HOT_SIZES,
    Standardize,
    TabularEncoder,
    register,
    with_logarithms,
)
from kerasfeat.networks.trunks import ENCODED, RAW

KEY = "key"
# What each way does: (to the range 0 to 1 and not to mean 0 and deviation 1, one number for all
# bands, the logarithm of durations).
SCALINGS = {
    "standard": (False, False, False),
    "single": (False, True, False),
    "unit": (True, False, False),
    "unit_log": (True, False, True),
}


@register
class Rescale(keras.layers.Layer):
    """[batch, ..., bands] to mean 0 and deviation 1, or to 0 to 1, of the training songs; a missing
    value becomes their mean.

    Args:
        unit: to 0 to 1 by the training songs' lowest and highest value.
        single: one pair of numbers for all bands, not one a band.
        logarithmic: bands whose logarithm is scaled, for table columns [batch, columns].
        masked: frames [batch, frames, bands] without any value are masked for the layers behind.
    """

    def __init__(self, unit=False, single=False, logarithmic=(), masked=False, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.unit, self.single, self.logarithmic, self.masked = (
            unit,
            single,
            list(logarithmic),
            masked,
        )
        self.supports_masking = masked

    def build(self, input_shape):
        shape = (1,) if self.single else (input_shape[-1],)
        for name, value in {"shift": "zeros", "size": "ones", "typical": "zeros"}.items():
            setattr(
                self,
                name,
                self.add_weight(name=name, shape=shape, initializer=value, trainable=False),
            )
        self._logs = np.isin(np.arange(input_shape[-1]), self.logarithmic)

    def adapt(self, arrays):
        """Set the numbers from an iterable of arrays [..., bands], in one pass."""
        count, total, squares, low, high = 0, 0.0, 0.0, np.inf, -np.inf
        for array in arrays:
            rows = with_logarithms(
                np.asarray(array, "float64").reshape(-1, array.shape[-1]), self._logs, np
            )
            rows = rows.reshape(-1, 1) if self.single else rows
            known = np.isfinite(rows)
            count, total = count + known.sum(0), total + np.where(known, rows, 0).sum(0)
            squares = squares + np.where(known, rows**2, 0).sum(0)
            low = np.minimum(low, np.where(known, rows, np.inf).min(0))
            high = np.maximum(high, np.where(known, rows, -np.inf).max(0))
        never = count == 0  # a column that is always missing carries nothing
        mean = np.where(never, 0.0, total / np.maximum(count, 1))
        deviation = np.sqrt(np.maximum(squares / np.maximum(count, 1) - mean**2, 0.0))
        shift, size = (
            (np.where(never, 0.0, low), np.where(never, 1.0, high - low))
            if self.unit
            else (mean, deviation)
        )
        self.shift.assign(shift)
        self.size.assign(np.where(size > 1e-6, size, 1.0))
        self.typical.assign(mean)

    def call(self, values):
        values = with_logarithms(values, self._logs, ops)
        return (ops.where(ops.isnan(values), self.typical, values) - self.shift) / self.size

    def compute_mask(self, values, previous=None):
        return ops.any(ops.isfinite(values), axis=-1) if self.masked else previous

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {
            "unit": self.unit,
            "single": self.single,
            "logarithmic": self.logarithmic,
            "masked": self.masked,
        }
        return {**super().get_config(), **own}


@register
class OneHotKey(keras.layers.Layer):
    """The key, the column at `place`, as 12 columns of 0 and 1 behind the others; NaN where it is
    missing.

    [batch, columns] -> [batch, columns - 1 + 12].
    """

    def __init__(self, place, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.place = place

    def call(self, table):
        key = table[:, self.place, None]
        keys = ops.cast(
            key == ops.arange(ONE_HOT_SIZES[KEY], dtype="float32"), "float32"
        )  # [batch, 12]
        return ops.concatenate(
            [
                table[:, : self.place],
                table[:, self.place + 1 :],
                ops.where(ops.isnan(key), key, keys),
            ],
            axis=1,
        )

    def get_config(self):
        return {**super().get_config(), "place": self.place}


def encoded(x, field, scaling, genres, name, one_hot_key=False):
    """An input as a trunk reads it.

    Args:
        x: the raw input [batch, *field.shape].
        field: its Field.
        scaling: ENCODED (the project's own way), RAW, or one of SCALINGS.
        genres: names of the genres that `genre_distance` measures to.
        name: of the layer that encodes it.
        one_hot_key: the key as 12 columns, with one of SCALINGS.
    """
    # A waveform's scale is its loudness, and a backbone knows its own: kept.
    if scaling == RAW or (scaling == ENCODED and field.leading_axis.keeps_scale):
        return x
    columns = field.columns
    if field.name == GENRE_DISTANCE:
        x, columns, name = GenreDistance(field.columns, genres, name=name)(x), (), f"{name}_scale"
    elif scaling == ENCODED:
        x = (
            TabularEncoder(columns, name=name)
            if field.leading_axis == COLUMNS
            else Standardize(name=name)
        )(x)
    if scaling == ENCODED:
        return x
    if one_hot_key and KEY in columns:
        place = columns.index(KEY)
        x = OneHotKey(place, name=f"{name}_key")(x)
        columns = [*columns[:place], *columns[place + 1 :]]
    unit, single, logs = SCALINGS[scaling]
    logarithmic = [i for i, column in enumerate(columns) if logs and column in LOGARITHMIC]
    return Rescale(unit, single, logarithmic, masked=field.leading_axis == PATCHES, name=name)(x)
