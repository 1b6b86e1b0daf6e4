"""Harmonic and percussive parts of the sound as two log-mel spectrograms.

Median filtering separates them: along time it keeps what sounds on, along frequency what is struck
(Fitzgerald 2010, "Harmonic/Percussive Separation using Median Filtering"). Definitions are those of
librosa.decompose.hpss: soft masks of power 2, margin 1.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import tensorflow as tf

from hub_models.spectra import in_bands, power_bands, stft_frames
from kerasfeat.arrays import Tensor
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.audio.spectra import decibels, require
from kerasfeat.fields import CHANNELS, FRAMES, MELS, Field


@dataclass(frozen=True)
class HPSS(LogMel):
    """Log-mel spectrograms of the harmonic and of the percussive part.

    Each is in dB, from `top_db` below its own maximum up to it.
    """

    name: ClassVar[str] = "hpss"

    kernel: int = 31

    def __post_init__(self) -> None:
        super().__post_init__()
        frames = stft_frames(self.clip_samples, self.hop_samples)
        least = min(frames, 1 + self.n_fft // 2)
        require(
            self.kernel <= least,
            self,
            f"kernel must be at most the {least} frames or bins of a clip, not {self.kernel}",
        )

    @property
    def field(self) -> Field:
        """[frames, mels, channels]: harmonic, percussive."""
        return Field(self.name, (*super().field.shape, 2), (FRAMES, MELS, CHANNELS), unit="dB")

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, frames, mels, 2] in dB."""
        power = power_bands(waveform, self.n_fft, self.hop_samples)  # [batch, frames, bins]
        masks = separation_masks(tf.sqrt(power), self.kernel)
        # A mask weighs magnitudes, so its square weighs powers.
        parts = [power * tf.square(mask) for mask in masks]
        return tf.stack([self._level(part) for part in parts], axis=-1)

    def _level(self, power: Tensor) -> Tensor:
        """[batch, frames, bins] to [batch, frames, mels] in dB."""
        bands = in_bands(tf.reshape(power, [-1, power.shape[2]]), self.groups)
        return decibels(tf.reshape(bands, [-1, power.shape[1], self.mels]), self.top_db)


def separation_masks(magnitude: Tensor, kernel: int) -> tuple[Tensor, Tensor]:
    """Soft masks of the harmonic and of the percussive part, which add up to 1.

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


def running_median(values: Tensor, kernel: int, axis: int) -> Tensor:
    """Median of the `kernel` values around each one, mirrored at the ends.

    So has it scipy.ndimage.median_filter, mode "reflect".

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
    for pair in median_network(kernel):
        low, high = wires[pair.low], wires[pair.high]
        wires[pair.low] = tf.minimum(low, high) if pair.low_is_used else None
        wires[pair.high] = tf.maximum(low, high) if pair.high_is_used else None
    return wires[before]


@dataclass(frozen=True)
class Comparison:
    """Two places whose values are brought in order, and which of them are looked at again."""

    low: int
    high: int
    low_is_used: bool
    high_is_used: bool


@lru_cache
def median_network(count: int) -> tuple[Comparison, ...]:
    """The comparisons that bring the median of `count` values to place count // 2.

    They take a tenth of the time of sorting each window: Batcher's odd-even merge sort (Knuth 1998,
    The Art of Computer Programming 3, algorithm 5.2.2M) without what the median does not need.
    """
    used, kept = {count // 2}, []
    for low, high in reversed(_merge_sort(count)):
        if low in used or high in used:
            kept.append(Comparison(low, high, low in used, high in used))
            used |= {low, high}
    return tuple(reversed(kept))


def _merge_sort(count: int) -> list[tuple[int, int]]:
    """Batcher's comparisons (low place, high place) that sort `count` values."""
    comparisons: list[tuple[int, int]] = []
    top = 1 << (count - 1).bit_length() >> 1
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
    return comparisons


FRONTEND = HPSS()
