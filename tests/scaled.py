"""A table whose first column has numbers of any scale."""

import numpy as np

TINY = np.float32(2.0**-27)  # 7.5e-9
NAMES = ("energy", "valence")


def table(scale: float) -> np.ndarray:
    """Values [300, 2], some of the first column missing, the others multiplied by `scale`."""
    values = np.random.default_rng(3).random((300, 2)).astype("float32")
    values[::19, 0] = np.nan
    values[:, 0] *= scale
    return values
