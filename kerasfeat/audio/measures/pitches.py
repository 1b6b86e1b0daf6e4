"""Which of the twelve pitch classes sound at each moment of a song.

Source: Gomez 2006, "Tonal Description of Polyphonic Audio for Music Content Processing", INFORMS
Journal on Computing 18(3): the peaks of the spectrum, tuned to the song, in pitch classes.
"""

from dataclasses import dataclass

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.audio.measures.frames import frames_of, magnitudes

SAMPLE_RATE_HZ = 11_025
FRAME_SAMPLES, HOP_SAMPLES = 4096, 1024
RATE_HZ = SAMPLE_RATE_HZ / HOP_SAMPLES
SEMITONES = 12
LOWEST_HZ, HIGHEST_HZ = 38.0, 3800.0
# Bass, middle, and high notes with the overtones of the others. Bands fade into each other, so that
# a song that is played some semitones higher has nearly the same in each.
BAND_CENTRES = np.array([45, 66, 90])  # A2, F#4, F#6
BAND_WIDTH_SEMITONES = 10.0  # from a centre to where a note counts exp(-1/2)
# Below it a bin is too wide to tell how a note is tuned.
TUNED_FROM_HZ = 150.0
# Peaks that are so much weaker than the strongest of their block are noise.
FLOOR = 1e-3
A4_HZ, A4_SEMITONE = 440.0, 69


@dataclass(frozen=True)
class _Peaks:
    """Peaks of the spectra of a song: frame, frequency and magnitude of each."""

    frame: Array
    hz: Array
    magnitude: Array


def pitch_classes(waveform: Array) -> Array:
    """How strongly each pitch class sounds, C first.

    Args:
        waveform: float32 [samples] at SAMPLE_RATE_HZ.

    Returns:
        [frames, bands, SEMITONES] at RATE_HZ; zeros where nothing has a pitch.
    """
    peaks = _peaks(waveform)
    semitone = A4_SEMITONE + SEMITONES * np.log2(peaks.hz / A4_HZ)
    semitone -= _tuning(semitone, peaks)
    nearest = np.rint(semitone)
    # A note between two keys counts for neither.
    level = np.sqrt(peaks.magnitude) * np.cos(np.pi * (semitone - nearest)) ** 2
    frames = frames_of(len(waveform), HOP_SAMPLES)
    place = peaks.frame * SEMITONES + nearest.astype(int) % SEMITONES
    sums = [np.bincount(place, level * share, frames * SEMITONES) for share in _shares(nearest)]
    return np.stack([band.reshape(frames, SEMITONES) for band in sums], axis=1)


def _shares(semitone: Array) -> Array:
    """How much notes [notes] count in each band, [bands, notes]; beyond the outer centres fully."""
    inside = np.clip(semitone, BAND_CENTRES[0], BAND_CENTRES[-1])
    distance = (inside - BAND_CENTRES[:, np.newaxis]) / BAND_WIDTH_SEMITONES
    return np.exp(-(distance**2) / 2)


def _peaks(waveform: Array) -> _Peaks:
    """The local maxima of a song's spectra between LOWEST_HZ and HIGHEST_HZ."""
    window = np.hanning(FRAME_SAMPLES + 1)[:-1].astype(np.float32)
    bin_hz = SAMPLE_RATE_HZ / FRAME_SAMPLES
    first, end = int(LOWEST_HZ / bin_hz), int(HIGHEST_HZ / bin_hz) + 2
    begun, found = 0, []
    for block in magnitudes(waveform, window, HOP_SAMPLES):
        left, centre, right = (block[:, first + by : end + by] for by in (-1, 0, 1))
        is_peak = (centre > left) & (centre >= right) & (centre > FLOOR * centre.max())
        frame, bin_number = np.nonzero(is_peak)
        # The top of the parabola through the three logarithms (J. O. Smith, SASP).
        a, b, c = (np.log(side[is_peak] + np.float32(1e-12)) for side in (left, centre, right))
        shift = np.clip((a - c) / (2 * (a - 2 * b + c) - 1e-9), -0.5, 0.5)
        hz = (first + bin_number + shift) * bin_hz
        found.append(_Peaks(begun + frame, hz, centre[is_peak]))
        begun += len(block)
    return _Peaks(
        np.concatenate([peaks.frame for peaks in found]),
        np.concatenate([peaks.hz for peaks in found]),
        np.concatenate([peaks.magnitude for peaks in found]),
    )


def _tuning(semitone: Array, peaks: _Peaks) -> float:
    """How many semitones the song lies above A4_HZ, -0.5 to 0.5: the circular mean of its peaks."""
    weight = peaks.magnitude * (peaks.hz > TUNED_FROM_HZ)
    return float(np.angle(np.sum(weight * np.exp(2j * np.pi * semitone))) / (2 * np.pi))
