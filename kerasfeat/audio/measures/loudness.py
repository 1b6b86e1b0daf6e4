"""How loud a song is: ITU-R BS.1770-4, and its plain level.

Source of the weighting, the gates and the channels' weights: ITU-R BS.1770-4 (2015), Annex 1. Its
filters are given at 48 kHz; for other rates they are made anew from the analogue ones that they
came from.
"""

import numpy as np
import scipy

from kerasfeat.arrays import Array

# The shelf of the head: corner, gain, quality. The high-pass: corner, quality.
SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
SHELF_POWER = 0.4996667741545416  # of the gain, at the corner
STANDARD_RATE_HZ = 48_000
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
OFFSET_LU = -0.691  # by which a sine of 997 Hz at full scale has -3.01 LUFS
STEPS_PER_BLOCK, STEP_S = 4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
# Channels in the order of WAVE files: the front ones, the one of low frequencies, which does not
# count, those at the back (of more than six), and those at the sides (60 to 120 degrees).
SURROUND = 1.41
WEIGHTS = {
    5: (1, 1, 1, SURROUND, SURROUND),
    6: (1, 1, 1, 0, SURROUND, SURROUND),
    7: (1, 1, 1, 0, 1, SURROUND, SURROUND),
    8: (1, 1, 1, 0, 1, 1, SURROUND, SURROUND),
}
QUIETEST = 1e-12
PART_SAMPLES = 1 << 16  # at a time: they stay in the processor's cache, which takes half the time


class Meter:
    """The loudness of a sound that comes in blocks.

    Args:
        rate_hz: of the sound.
        channels: how many it has.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._filters = _k_weighting(rate_hz)
        self._state = np.zeros((len(self._filters), channels, 2))
        self._weights = np.array(WEIGHTS.get(channels, (1,) * channels), float)
        self._step = round(STEP_S * rate_hz)
        self._rest = np.zeros(0)  # the weighted power of samples that fill no step yet
        self._steps: list[Array] = []
        self._energy, self._samples = 0.0, 0

    def add(self, block: Array) -> None:
        """Add samples [samples, channels]."""
        for start in range(0, len(block), PART_SAMPLES):
            self._add(block[start : start + PART_SAMPLES])

    def _add(self, block: Array) -> None:
        channels = np.ascontiguousarray(block.T, float)  # [channels, samples]
        self._energy += float(np.einsum("cs,cs->", channels, channels)) / len(channels)
        self._samples += len(block)
        weighted, self._state = scipy.signal.sosfilt(self._filters, channels, zi=self._state)
        power = np.concatenate([self._rest, self._weights @ np.square(weighted, out=weighted)])
        whole = len(power) - len(power) % self._step
        self._steps.append(power[:whole].reshape(-1, self._step).mean(axis=1))
        self._rest = power[whole:]

    @property
    def lufs(self) -> float | None:
        """The integrated loudness; None of less than a block of 0.4 s, or below every gate."""
        steps = np.concatenate(self._steps) if self._steps else np.zeros(0)
        if len(steps) < STEPS_PER_BLOCK:
            return None
        block = np.convolve(steps, np.full(STEPS_PER_BLOCK, 1 / STEPS_PER_BLOCK), "valid")
        heard = block[_lufs(block) > ABSOLUTE_GATE_LUFS]
        if not len(heard):
            return None
        heard = heard[_lufs(heard) > _lufs(heard.mean()) + RELATIVE_GATE_LU]
        return float(_lufs(heard.mean()))

    @property
    def level_db(self) -> float:
        """The mean power of the channels in dB, of which a square wave at full scale has 0."""
        return float(10 * np.log10(max(self._energy / max(self._samples, 1), QUIETEST)))


def _lufs(power: Array) -> Array:
    return OFFSET_LU + 10 * np.log10(np.maximum(power, QUIETEST))


def _k_weighting(rate_hz: int) -> Array:
    """The filters as second-order sections [1 or 2, 6], by the bilinear transform."""
    poles = _high_pass_poles(rate_hz)
    # The standard does not scale these zeros at its rate.
    zeros = np.array([1, -2, 1]) * _high_pass_poles(STANDARD_RATE_HZ)[0]
    high_pass = np.concatenate([zeros, poles]) / poles[0]
    if rate_hz <= 2 * SHELF_HZ:  # the sound ends below the shelf
        return high_pass[np.newaxis]
    k = np.tan(np.pi * SHELF_HZ / rate_hz)
    high, middle = 10 ** (SHELF_DB / 20), 10 ** (SHELF_DB / 20 * SHELF_POWER)
    inner = middle * k / SHELF_Q
    zeros = np.array([high + inner + k * k, 2 * (k * k - high), high - inner + k * k])
    poles = _poles(k, SHELF_Q)
    return np.stack([np.concatenate([zeros, poles]) / poles[0], high_pass])


def _high_pass_poles(rate_hz: int) -> Array:
    return _poles(np.tan(np.pi * HIGH_PASS_HZ / rate_hz), HIGH_PASS_Q)


def _poles(k: float, quality: float) -> Array:
    """The denominator of a second-order section with a corner and a quality [3]."""
    return np.array([1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k])
