"""How strongly something begins at each moment of a song.

Source: Percival and Tzanetakis 2014, "Streamlined Tempo Estimation Based on Autocorrelation and
Cross-correlation With Pulses", IEEE/ACM TASLP 22(12), section II: the flux of log-compressed
magnitudes, low-passed. Here at half its rates, and in bands beside all frequencies.
"""

import numpy as np
import scipy

from kerasfeat.arrays import Array
from kerasfeat.audio.measures.frames import autocorrelation, magnitudes

SAMPLE_RATE_HZ = 22_050
FRAME_SAMPLES, HOP_SAMPLES = 512, 128
RATE_HZ = SAMPLE_RATE_HZ / HOP_SAMPLES
COMPRESSION = 1000.0
RMS = 0.1  # that songs are brought to
LOW_PASS_HZ, LOW_PASS_TAPS = 7.0, 15
# The first bins of the bands: bass and kick, middle, and hats.
BAND_BINS = (0, 5, 47)
BANDS = 1 + len(BAND_BINS)

# The tempo is looked for in parts of a song, which may drift from one to the next.
PART_FRAMES, PART_HOP_FRAMES = round(12 * RATE_HZ), round(4 * RATE_HZ)
LEAST_FRAMES = round(2 * RATE_HZ)
POWER = 0.5


def onset_strength(waveform: Array) -> Array:
    """The strength of onsets over all frequencies and in each band.

    Args:
        waveform: float32 [samples] at SAMPLE_RATE_HZ.

    Returns:
        [frames, BANDS] at RATE_HZ.
    """
    # Compression makes of a quiet song another rhythm than of the same song aloud.
    window = np.hamming(FRAME_SAMPLES) * (RMS / max(float(np.sqrt(np.mean(waveform**2))), 1e-9))
    window = window.astype(np.float32)
    rises, last = [], None
    for block in magnitudes(waveform, window, HOP_SAMPLES):
        level = np.log1p(block * np.float32(COMPRESSION * 2 / FRAME_SAMPLES))
        rise = np.diff(level, axis=0, prepend=level[:1] if last is None else last)
        rises.append(np.add.reduceat(np.maximum(rise, 0), BAND_BINS, axis=1))
        last = level[-1:]
    by_band = np.concatenate(rises)  # [frames, bands]
    flux = np.concatenate([by_band.sum(axis=1, keepdims=True), by_band], axis=1)
    taps = scipy.signal.firwin(LOW_PASS_TAPS, LOW_PASS_HZ, window="hamming", fs=RATE_HZ)
    return scipy.signal.lfilter(taps.astype(np.float32), 1, flux, axis=0)


def rhythm(strength: Array) -> Array:
    """How alike the onsets of a song are after each lag.

    Args:
        strength: [frames, BANDS], at least LEAST_FRAMES.

    Returns:
        [PART_FRAMES lags, BANDS], the mean over parts of the song.
    """
    last = max(len(strength) - PART_FRAMES, 0)
    starts = range(0, last + 1, PART_HOP_FRAMES)
    parts = [
        autocorrelation(strength[start : start + PART_FRAMES], PART_FRAMES, POWER)
        for start in starts
    ]
    return np.mean(parts, axis=0)
