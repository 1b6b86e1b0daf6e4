"""Table columns that are no plain numbers: categories, and those whose logarithm is scaled."""

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from kerasfeat.arrays import Array, Tensor

KEY = "key"
ONE_HOT_SIZES = {KEY: 12, "time_signature": 8}  # of the categories
LOGARITHMIC = ("duration_ms",)


def is_logarithmic(columns: Sequence[str]) -> Array:
    """Whether the logarithm of each column is scaled, bool [columns]."""
    return np.array([column in LOGARITHMIC for column in columns], bool)


def with_logarithms(values: Tensor, logarithmic: Array, library: ModuleType) -> Tensor:
    """Values with the logarithm of some columns, at least 0.

    Args:
        values: [..., columns].
        logarithmic: bool [columns], whether the logarithm is taken.
        library: numpy or keras.ops, which computes it.

    Returns:
        [..., columns].
    """
    if not logarithmic.any():
        return values
    return library.where(logarithmic, library.log(library.maximum(values, 1.0)), values)
