"""Training songs as they might have sounded: louder, faster, higher, noisy, or partly hidden."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.audio.tfio import spec_augment
from kerasfeat.fields import COEFFICIENTS, FRAMES, SAMPLES, SPECTROGRAMS, Axis, Field

MASKS = ("time_mask_frames", "freq_mask_bands")

# One window's inputs by name, each [*field.shape].
Window: TypeAlias = dict[str, Tensor]


@dataclass(frozen=True)
class Augmentation:
    """How far each window of training audio is changed, drawn anew each time; 0 for not at all.

    All inputs of a window are changed alike. An absent input (NaN) stays so.

    Attributes:
        gain_db: most by which the level rises or falls; of waveforms, and of spectrograms in dB.
        shift_share: most of the window that its start moves by; what leaves at the end comes back
            at the start.
        speed_share: most by which it is played faster or slower (Ko et al. 2015, "Audio
            Augmentation for Speech Recognition"): the pitch of waveforms moves with it; of
            spectrograms only the tempo changes. A faster one is repeated to fill the window.
        pitch_semitones: most by which it is played higher or lower at the same tempo; of
            spectrograms over frequency, which are read at other bands, their levels kept. Waveforms
            and coefficients stay: a waveform's pitch alone is costly to change.
        noise_share: loudest white noise, as a share of the window's own root mean square; of
            waveforms.
        time_mask_frames, freq_mask_bands: widest masks of SpecAugment (Park et al. 2019, arXiv
            1904.08779), of spectrograms.
    """

    gain_db: float = 0.0
    shift_share: float = 0.0
    speed_share: float = 0.0
    pitch_semitones: float = 0.0
    noise_share: float = 0.0
    time_mask_frames: int = 0
    freq_mask_bands: int = 0

    def __post_init__(self) -> None:
        for parameter in fields(Augmentation):
            value = getattr(self, parameter.name)
            if not value >= 0:
                raise KerasfeatError(f"{parameter.name} is {value}; it must be 0 or more.")
        for name in ("shift_share", "speed_share"):
            if getattr(self, name) >= 1:
                raise KerasfeatError(f"{name} is {getattr(self, name)}; it must be below 1.")

    def augment(
        self, frontends: Mapping[str, FrontEnd]
    ) -> Callable[[Window, Tensor], Window] | None:
        """The function that changes one window's inputs in all but what `mask` hides.

        Args:
            frontends: of each audio input, by its name.

        Returns:
            A function from a window and a seed, int64 [2], to another window: the same seed is the
            same change. None where nothing would change.
        """
        higher = self.pitch_semitones > 0
        changed = {
            name: frontend
            for name, frontend in frontends.items()
            if _in_time(frontend.field) or (higher and frontend.bands_hz is not None)
        }
        names = {parameter.name for parameter in fields(Augmentation)} - set(MASKS)
        if not changed or not any(getattr(self, name) for name in names):
            return None
        return lambda window, seed: {**window, **self._changed(window, changed, seed)}

    def mask(self, frontends: Mapping[str, FrontEnd]) -> Callable[[Window], Window] | None:
        """The function that hides parts of one window's spectrograms.

        tensorflow-io draws the masks without a seed that it could be given: call it for one window
        after the other, in order.

        Args:
            frontends: of each audio input, by its name.

        Returns:
            A function from a window to another; None where nothing would be hidden.
        """
        hidden = {
            name: frontend.field
            for name, frontend in frontends.items()
            if FRAMES in frontend.field.axes and _in_time(frontend.field)
        }
        if not hidden or not any(getattr(self, name) for name in MASKS):
            return None
        return lambda window: {
            **window,
            **{name: self._masked(window[name], field) for name, field in hidden.items()},
        }

    def _changed(self, window: Window, frontends: Mapping[str, FrontEnd], seed: Tensor) -> Window:
        """The inputs of these front-ends, all changed alike."""
        most = self.gain_db, self.shift_share, self.speed_share, self.pitch_semitones
        *seeds, noise_seed = tf.unstack(tf.random.split(seed, len(most) + 1))
        gain_db, shift, speed, semitones = (
            _between(-limit, limit, own) for limit, own in zip(most, seeds, strict=True)
        )
        changed = {}
        for number, (name, frontend) in enumerate(frontends.items()):
            x, field, bands_hz = window[name], frontend.field, frontend.bands_hz
            if self.pitch_semitones and bands_hz is not None:
                x = _higher(x, _place(field, lambda axis: axis.is_frequency), bands_hz, semitones)
            if (self.shift_share or self.speed_share) and _in_time(field):
                x = _replayed(x, _place(field, lambda axis: axis.is_time), shift, 1 + speed)
            if self.gain_db and _in_time(field):
                x = _louder(x, field, gain_db)
            if self.noise_share and field.leading_axis == SAMPLES:
                x = _noisy(x, self.noise_share, tf.random.fold_in(noise_seed, number))
            changed[name] = tf.ensure_shape(x, field.shape)
        return changed

    def _masked(self, x: Tensor, field: Field) -> Tensor:
        time = _place(field, lambda axis: axis.is_time)
        order = [time, *(axis for axis in range(len(field.axes)) if axis != time)]
        masked = spec_augment(
            tf.transpose(x, order), self.time_mask_frames, self.freq_mask_bands
        )  # [frames, bands, ...]
        return tf.ensure_shape(tf.transpose(masked, np.argsort(order)), field.shape)


def _between(low: float, high: float, seed: Tensor) -> Tensor:
    return tf.random.stateless_uniform((), seed, low, high)


def _in_time(field: Field) -> bool:
    """Whether an input follows the window's time; a backbone's patches have times of their own."""
    return any(axis.is_time for axis in field.axes) and SPECTROGRAMS not in field.axes


def _place(field: Field, wanted: Callable[[Axis], bool]) -> int:
    """Which of the axes is the first that is wanted."""
    return next(place for place, axis in enumerate(field.axes) if wanted(axis))


def _replayed(x: Tensor, axis: int, shift: Tensor, speed: Tensor) -> Tensor:
    """What is read along an axis, in a circle, between its values by straight lines.

    Args:
        x: any shape, the length of `axis` known.
        axis: of time.
        shift: where reading begins, as a share of the length.
        speed: of reading; 1 for as it was.

    Returns:
        The shape of `x`.
    """
    length = x.shape[axis]
    # In float64: a clip's samples are more than float32 counts in fractions.
    position = (
        tf.range(length, dtype=tf.float64) * tf.cast(speed, tf.float64)
        + tf.cast(shift, tf.float64) * length
    )
    before = tf.floor(position)
    share = _along(tf.cast(position - before, x.dtype), x, axis)
    first = tf.cast(before, tf.int32) % length
    second = (first + 1) % length
    return (1 - share) * tf.gather(x, first, axis=axis) + share * tf.gather(x, second, axis=axis)


def _higher(x: Tensor, axis: int, bands_hz: Array, semitones: Tensor) -> Tensor:
    """Each band as the one that lies `semitones` below it was, between bands by straight lines.

    What comes from beyond the first or the last band is that band.

    Args:
        x: any shape.
        axis: of the bands.
        bands_hz: [bands], rising.
        semitones: scalar.

    Returns:
        The shape of `x`.
    """
    bands_hz = tf.constant(bands_hz, x.dtype)
    wanted_hz = bands_hz * tf.pow(2.0, -semitones / 12)
    before = tf.clip_by_value(tf.searchsorted(bands_hz, wanted_hz) - 1, 0, len(bands_hz) - 2)
    low_hz, high_hz = tf.gather(bands_hz, before), tf.gather(bands_hz, before + 1)
    share = tf.clip_by_value((wanted_hz - low_hz) / (high_hz - low_hz), 0.0, 1.0)
    share = _along(share, x, axis)
    return (1 - share) * tf.gather(x, before, axis=axis) + share * tf.gather(
        x, before + 1, axis=axis
    )


def _along(values: Tensor, x: Tensor, axis: int) -> Tensor:
    """Values [length of `axis`] in the shape that lies along this axis of `x`."""
    return tf.reshape(values, [-1, *[1] * (len(x.shape) - 1 - axis)])


def _louder(x: Tensor, field: Field, gain_db: Tensor) -> Tensor:
    if field.leading_axis == SAMPLES:
        return x * tf.pow(10.0, gain_db / 20)
    return x + gain_db if field.unit == "dB" and COEFFICIENTS not in field.axes else x


def _noisy(x: Tensor, most: float, seed: Tensor) -> Tensor:
    share_seed, noise_seed = tf.unstack(tf.random.split(seed))
    noise = tf.random.stateless_normal(tf.shape(x), noise_seed) * _between(0, most, share_seed)
    return x + noise * tf.sqrt(tf.reduce_mean(tf.square(x)))
