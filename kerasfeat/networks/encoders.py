"""How a trunk reads an input: in the project's own way, raw, or scaled as publications do it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from kerasfeat.arrays import Array, Tensor
from kerasfeat.fields import COLUMNS, PATCHES, Field
from kerasfeat.networks.columns import KEY, ONE_HOT_SIZES, is_logarithmic, with_logarithms
from kerasfeat.networks.genre_distance import GENRE_DISTANCE, GenreDistance
from kerasfeat.networks.layers import (
    Float32Layer,
    Shape,
    Standardize,
    TabularEncoder,
    not_zero,
    register,
)
from kerasfeat.networks.trunks import ENCODED, FEW_BINS, RAW


@dataclass(frozen=True)
class Scaling:
    """One of the simple ways in which published networks read their inputs.

    Attributes:
        unit: to the range 0 to 1, and not to mean 0 and deviation 1.
        single: one pair of numbers for all bands, not one a band.
        logarithmic: the logarithm of durations is scaled.
    """

    unit: bool = False
    single: bool = False
    logarithmic: bool = False


SCALINGS = {
    "standard": Scaling(),
    "single": Scaling(single=True),
    "unit": Scaling(unit=True),
    "unit_log": Scaling(unit=True, logarithmic=True),
}


@register
class Rescale(Float32Layer):
    """To mean 0 and deviation 1, or to 0 to 1, of the training songs.

    [batch, ..., bands] keeps its shape; a missing value becomes the training songs' mean.

    Args:
        unit: to 0 to 1 by the training songs' lowest and highest value.
        single: one pair of numbers for all bands, not one a band.
        logarithmic: bands whose logarithm is scaled, for table columns [batch, columns].
        masked: frames [batch, frames, bands] without any value are masked for the layers behind.
    """

    def __init__(
        self,
        unit: bool = False,
        single: bool = False,
        logarithmic: Sequence[int] = (),
        masked: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.unit, self.single, self.masked = unit, single, masked
        self.logarithmic = list(logarithmic)
        self.supports_masking = masked

    def build(self, input_shape: Shape) -> None:
        shape = (1,) if self.single else (input_shape[-1],)
        self.shift = self.add_statistic("shift", shape)
        self.size = self.add_statistic("size", shape, "ones")
        self.typical = self.add_statistic("typical", shape)
        self._logarithmic = np.isin(np.arange(input_shape[-1]), self.logarithmic)

    def adapt(self, arrays: Iterable[Array]) -> None:
        """Set the numbers from arrays [..., bands] of the training songs, in one pass."""
        count: int | Array = 0
        total: float | Array = 0.0
        squares: float | Array = 0.0
        low: Array = np.array(np.inf)
        high: Array = np.array(-np.inf)
        for array in arrays:
            rows = self._rows(array)
            known = np.isfinite(rows)
            count = count + known.sum(0)
            total = total + np.where(known, rows, 0).sum(0)
            squares = squares + np.where(known, rows**2, 0).sum(0)
            low = np.minimum(low, np.where(known, rows, np.inf).min(0))
            high = np.maximum(high, np.where(known, rows, -np.inf).max(0))
        never = count == 0  # a column that is always missing carries nothing
        mean = np.where(never, 0.0, total / np.maximum(count, 1))
        if self.unit:
            shift, size = np.where(never, 0.0, low), np.where(never, 1.0, high - low)
        else:
            variance = squares / np.maximum(count, 1) - mean**2
            shift, size = mean, np.sqrt(np.maximum(variance, 0.0))
        self.shift.assign(shift)
        self.size.assign(not_zero(size, low, high))
        self.typical.assign(mean)

    def _rows(self, array: Array) -> Array:
        """[..., bands] to [rows, bands], or to [values, 1] with one pair of numbers for all."""
        rows = np.asarray(array, "float64").reshape(-1, array.shape[-1])
        rows = with_logarithms(rows, self._logarithmic, np)
        return rows.reshape(-1, 1) if self.single else rows

    def call(self, values: Tensor) -> Tensor:
        values = with_logarithms(values, self._logarithmic, ops)
        return (ops.where(ops.isnan(values), self.typical, values) - self.shift) / self.size

    def compute_mask(self, values: Tensor, previous: Tensor | None = None) -> Tensor | None:
        return ops.any(ops.isfinite(values), axis=-1) if self.masked else previous

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {
            "unit": self.unit,
            "single": self.single,
            "logarithmic": self.logarithmic,
            "masked": self.masked,
        }
        return {**super().get_config(), **own}


@register
class OneHotKey(Float32Layer):
    """The key as 12 columns of 0 and 1 behind the others; NaN where it is missing.

    [batch, columns] to [batch, columns - 1 + 12].

    Args:
        place: of the key's column.
    """

    def __init__(self, place: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.place = place

    def call(self, table: Tensor) -> Tensor:
        key = table[:, self.place, None]
        one_hot = ops.cast(key == ops.arange(ONE_HOT_SIZES[KEY], dtype="float32"), "float32")
        one_hot = ops.where(ops.isnan(key), key, one_hot)  # [batch, 12]
        return ops.concatenate(
            [table[:, : self.place], table[:, self.place + 1 :], one_hot], axis=1
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "place": self.place}


def encode_input(
    x: Tensor,
    field: Field,
    scaling: str,
    *,
    name: str,
    genres: Sequence[str] = (),
    one_hot_key: bool = False,
    bins: int = FEW_BINS,
) -> Tensor:
    """An input as a trunk reads it.

    Args:
        x: the raw input [batch, *field.shape].
        field: of the input.
        scaling: ENCODED (the project's own way), RAW, or one of SCALINGS.
        name: of the layer that encodes it.
        genres: names of the genres that `genre_distance` measures to.
        one_hot_key: the key as 12 columns, with one of SCALINGS.
        bins: of each number of a table, where it is ENCODED.
    """
    if scaling == RAW:
        return x
    columns = field.columns
    if field.name == GENRE_DISTANCE:
        x = GenreDistance(columns, genres, name=name)(x)
        columns, name = (), f"{name}_scale"
        if scaling == ENCODED:
            return x
    if scaling == ENCODED:
        return _encode(x, field, name, bins)
    if one_hot_key and KEY in columns:
        place = columns.index(KEY)
        x = OneHotKey(place, name=f"{name}_key")(x)
        columns = (*columns[:place], *columns[place + 1 :])
    how = SCALINGS[scaling]
    logarithmic = np.flatnonzero(is_logarithmic(columns)).tolist() if how.logarithmic else []
    masked = field.leading_axis == PATCHES
    return Rescale(how.unit, how.single, logarithmic, masked=masked, name=name)(x)


def _encode(x: Tensor, field: Field, name: str, bins: int) -> Tensor:
    """An input encoded in the project's own way."""
    # A waveform's scale is its loudness, and a backbone knows its own: kept.
    if field.leading_axis.keeps_scale:
        return x
    if field.leading_axis == COLUMNS:
        return TabularEncoder(field.columns, bins, name=name)(x)
    return Standardize(name=name)(x)
