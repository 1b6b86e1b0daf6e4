"""Synthesised sound for the audio tests."""

import numpy as np
import pytest


@pytest.fixture
def sound():
    """A function: seconds and rate to stereo [samples, 2], a chirp at the left, decaying noise at
    the right.
    """

    def make(duration_s, rate_hz, seed=0):
        time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
        chirp = 0.4 * np.sin(2 * np.pi * (110 * time_s + 300 * time_s**2))
        noise = 0.2 * np.random.default_rng(seed).standard_normal(len(time_s)) * np.exp(-time_s)
        return np.stack([chirp, noise], axis=-1).astype(np.float32)

    return make
