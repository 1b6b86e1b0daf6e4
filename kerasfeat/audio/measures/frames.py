"""Short-time spectra of whole songs, some frames at a time: an hour takes no more memory than a
minute.
"""

from collections.abc import Iterator

import numpy as np
from scipy import fft

from kerasfeat.arrays import Array

BLOCK_FRAMES = 2048


def frames_of(samples: int, hop_samples: int) -> int:
    """How many frames a song has, each centred on a multiple of the hop."""
    return 1 + samples // hop_samples


def magnitudes(waveform: Array, window: Array, hop_samples: int) -> Iterator[Array]:
    """Magnitudes of a song's spectra, in order.

    Args:
        waveform: float32 [samples].
        window: float32 [size] that each frame is multiplied with.
        hop_samples: from one frame to the next.

    Yields:
        [at most BLOCK_FRAMES frames, 1 + size // 2 bins].
    """
    half = len(window) // 2
    padded = np.pad(waveform, (half, half))
    framed = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop_samples]
    for start in range(0, len(framed), BLOCK_FRAMES):
        yield np.abs(fft.rfft(framed[start : start + BLOCK_FRAMES] * window, axis=1))


def autocorrelation(rows: Array, frames: int, power: float) -> Array:
    """The autocorrelation of each column, generalised as of Percival and Tzanetakis 2014.

    Args:
        rows: [frames, columns].
        frames: the longest lag that is wanted.
        power: what the magnitude of the spectrum is raised to, in place of 2.

    Returns:
        [frames, columns], 1 at lag 0; zeros of a column that is constant.
    """
    size = fft.next_fast_len(len(rows) + frames, real=True)
    spectrum = np.abs(fft.rfft(rows - rows.mean(axis=0), size, axis=0)) ** power
    lags = fft.irfft(spectrum, size, axis=0)[:frames]
    return lags / np.maximum(lags[:1], 1e-12)
