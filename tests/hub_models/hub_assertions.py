"""How the tests compare the outputs of two networks."""

import numpy as np


def assert_close(got, wanted, rtol=1e-3):
    """Every output in `wanted` is in `got`, within `rtol` of its value or of its largest value."""
    for name, values in wanted.items():
        np.testing.assert_allclose(got[name], values, rtol=rtol, atol=rtol * np.abs(values).max())
