"""One sample rate to another in a TensorFlow graph, by a band-limited Fourier interpolation of the
whole signal, whatever the two rates are.

Outside the graph soxr does this ("HQ"). Its gain over frequency is measured and used here, so that
the two differ by little.
"""

import numpy as np
import soxr
import tensorflow as tf

from kerasfeat.arrays import Array, Tensor

GAIN_POINTS = 4096
# The transform takes the signal for periodic: this many samples of silence of the lower rate lie
# between its end and its beginning.
SILENCE_SAMPLES = 1024


def resample(
    waveform: Tensor, length: Tensor, from_hz: Tensor | int, to_hz: Tensor | int
) -> tuple[Tensor, Tensor]:
    """Change the sample rate of a batch of padded songs.

    Args:
        waveform: float32 [batch, samples].
        length: int [batch], the samples of each song before padding.
        from_hz, to_hz: whole numbers, or scalar tensors.

    Returns:
        (float32 [batch, new samples], int32 [batch] its lengths, rounded to the nearest as soxr
        does).
    """
    from_hz, to_hz = tf.cast(from_hz, tf.int64), tf.cast(to_hz, tf.int64)
    common = _greatest_common_divisor(from_hz, to_hz)
    down, up = from_hz // common, to_hz // common
    length = tf.cast(length, tf.int64)
    inside = tf.range(tf.shape(waveform, tf.int64)[1]) < length[:, tf.newaxis]  # [batch, samples]
    # Single precision would leave noise at -120 dB, which decibels of quiet bands show.
    waveform = tf.where(inside, tf.cast(waveform, tf.float64), 0.0)
    silence = SILENCE_SAMPLES // tf.minimum(down, up)
    blocks = _smooth(tf.shape(waveform, tf.int64)[1] // down + silence + 2)
    spectrum = tf.signal.rfft(waveform, [tf.cast(blocks * down, tf.int32)])  # [batch, bins]
    lower = blocks * tf.minimum(down, up)
    kept = lower // 2 + 1
    # Of half of the lower rate.
    share = tf.range(kept, dtype=tf.float64) * 2 / tf.cast(lower, tf.float64)  # [kept]
    gain = _interpolate(_gain(), share) * tf.cast(up, tf.float64) / tf.cast(down, tf.float64)
    spectrum = spectrum[:, :kept] * tf.cast(gain, tf.complex128)
    resampled = tf.signal.irfft(spectrum, [tf.cast(blocks * up, tf.int32)])  # [batch, blocks * up]
    length = (2 * length * up + down) // (2 * down)
    return tf.cast(resampled[:, : tf.reduce_max(length)], tf.float32), tf.cast(length, tf.int32)


def _gain() -> Array:
    """soxr's gain [GAIN_POINTS + 1] from frequency 0 to half of the lower rate, from its answer to
    an impulse.
    """
    impulse = np.zeros(4 * GAIN_POINTS)
    impulse[2 * GAIN_POINTS] = 2.0
    return np.abs(np.fft.rfft(soxr.resample(impulse, 2, 1, quality="HQ")))


def _interpolate(table: Array, share: Tensor) -> Tensor:
    """Values of an evenly spaced table at shares [n] of its length, 0 to 1."""
    position = share * (len(table) - 1)
    low = tf.minimum(tf.cast(position, tf.int32), len(table) - 2)
    rest = position - tf.cast(low, tf.float64)
    return tf.gather(table, low) * (1 - rest) + tf.gather(table, low + 1) * rest


def _greatest_common_divisor(a: Tensor, b: Tensor) -> Tensor:
    return tf.while_loop(lambda a, b: b > 0, lambda a, b: (b, a % b), (a, b))[0]


def _smooth(number: Tensor) -> Tensor:
    """The next larger number with few large prime factors, on which the transform is fast: at most
    an eighth larger.
    """
    power = tf.math.floor(tf.math.log(tf.cast(number, tf.float64)) / np.log(2))
    exponent = tf.maximum(power - 3, 0)
    step = tf.cast(tf.pow(tf.constant(2, tf.float64), exponent), tf.int64)
    return -(-number // step) * step
