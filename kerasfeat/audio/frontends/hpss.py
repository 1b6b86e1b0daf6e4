"""Harmonic and percussive parts of the sound as two log-mel spectrograms.

Median filtering separates them: along time it keeps what sounds on, along frequency what is struck
(Fitzgerald 2010, "Harmonic/Percussive Separation using Median Filtering"). Definitions are those of
librosa.decompose.hpss: soft masks of power 2, margin 1.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import tensorflow as tf

from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.audio.spectra import decibels, in_bands, power_bands, require
from kerasfeat.fields import Field


@dataclass(frozen=True)
class HPSS(LogMel):
    """Log-mel spectrograms of the harmonic and of the percussive part, each in dB from `top_db`
    below its own maximum up to it.
    """

    name: ClassVar[str] = "hpss"

    kernel: int = 31

    def __post_init__(self):
        super().__post_init__()
        frames, bins = super().field.shape[0], 1 + self.n_fft // 2
        least = min(frames, bins)
        require(
            self.kernel <= least,
            self,
            f"kernel must be at most the {least} frames or bins of a clip, not {self.kernel}",
        )

    @property
    def field(self):
        """[frames, mels, channels]: harmonic, percussive."""
        return Field(
            self.name, (*super().field.shape, 2), ("frames", "mels", "channels"), unit="dB"
        )

    def __call__(self, waveform):
        """[batch, clip_samples] to [batch, frames, mels, 2] in dB."""
        power = power_bands(waveform, self.n_fft, self.hop_samples)  # [batch, frames, bins]
        masks = separation_masks(tf.sqrt(power), self.kernel)
        # A mask weighs magnitudes, so its square weighs powers.
        parts = [
            tf.reshape(power * tf.square(mask), [-1, power.shape[2]]) for mask in masks
        ]  # [batch * frames, bins]
        bands = [
            tf.reshape(in_bands(part, self.groups), [-1, power.shape[1], self.mels])
            for part in parts
        ]
        return tf.stack([decibels(band, self.top_db) for band in bands], axis=-1)


def separation_masks(magnitude, kernel):
    """Soft masks of the harmonic and of the percussive part; they add up to 1.

    Args:
        magnitude: [batch, frames, bins], the numbers of frames and bins known and at least
            `kernel`.
        kernel: length of the median filters, in frames and in bins.

    Returns:
        Two tensors [batch, frames, bins] in [0, 1]; both are 0.5 where there is no sound.
    """
    harmonic = tf.square(running_median(magnitude, kernel, axis=1))
    percussive = tf.square(running_median(magnitude, kernel, axis=2))
    total = harmonic + percussive
    mask = tf.where(total > 0, harmonic / tf.where(total > 0, total, 1.0), 0.5)
    return mask, 1 - mask


def running_median(values, kernel, axis):
    """Median of the `kernel` values around each one, mirrored at the ends
    (scipy.ndimage.median_filter, mode "reflect").

    Args:
        values: [batch, rows, columns], the length of `axis` known and at least half of `kernel`.
        kernel: how many values; of an even number the upper median, with one value more from before
            than from behind.
        axis: 1 or 2.

    Returns:
        A tensor like `values`.
    """
    before = kernel // 2
    pads = [[0, 0]] * axis + [[before, kernel - 1 - before]] + [[0, 0]] * (2 - axis)
    padded, length = tf.pad(values, pads, "SYMMETRIC"), values.shape[axis]
    wires = [
        padded[:, i : i + length] if axis == 1 else padded[:, :, i : i + length]
        for i in range(kernel)
    ]
    for low, high, low_counts, high_counts in median_network(kernel):
        pair = wires[low], wires[high]
        wires[low] = tf.minimum(*pair) if low_counts else None
        wires[high] = tf.maximum(*pair) if high_counts else None
    return wires[before]


@lru_cache
def median_network(count):
    """The comparisons that bring the median of `count` values to place count // 2: a tenth of the
    time of sorting each window.

    Batcher's odd-even merge sort (Knuth 1998, The Art of Computer Programming 3, algorithm 5.2.2M)
    without what the median does not need.

    Returns:
        Tuples (low place, high place, whether the smaller value is used later, whether the larger
        one is).
    """
    comparisons, top = [], 1 << (count - 1).bit_length() >> 1
    part = top
    while part:
        step, offset, distance = top, 0, part
        while True:
            comparisons += [
                (i, i + distance) for i in range(count - distance) if i & part == offset
            ]
            if step == part:
                break
            distance, step, offset = step - part, step >> 1, part
        part >>= 1
    used, kept = {count // 2}, []
    for low, high in reversed(comparisons):
        if low in used or high in used:
            kept.append((low, high, low in used, high in used))
            used |= {low, high}
    return tuple(reversed(kept))


frontends.add("hpss", HPSS)
