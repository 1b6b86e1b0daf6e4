"""Training songs as they might have sounded: louder, started elsewhere, faster, higher, over noise,
or with parts hidden.
"""

from dataclasses import dataclass, fields

import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.tfio import spec_augment

TIME = ("samples", "frames")
FREQUENCY = ("mels", "bins")
MASKS = ("time_mask_frames", "freq_mask_bands")


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

    def __post_init__(self):
        for parameter in fields(Augmentation):
            value = getattr(self, parameter.name)
            if not value >= 0:
                raise KerasfeatError(f"{parameter.name} is {value}; it must be 0 or more.")
        for name in ("shift_share", "speed_share"):
            if getattr(self, name) >= 1:
                raise KerasfeatError(f"{name} is {getattr(self, name)}; it must be below 1.")

    def augment(self, frontends):
        """The function that changes one window's inputs of `frontends` in all but what `mask`
        hides; None where nothing would change.

        Args:
            frontends: dict of audio input to its front-end.

        Returns:
            A function (dict of the window's inputs, seed int64 [2]) to another dict: the same seed
            is the same change.
        """
        higher = self.pitch_semitones > 0
        changed = {
            name: its
            for name, its in frontends.items()
            if _in_time(its.field) or (higher and its.bands_hz is not None)
        }
        if not changed or not any(
            getattr(self, parameter.name)
            for parameter in fields(Augmentation)
            if parameter.name not in MASKS
        ):
            return None
        return lambda window, seed: {
            **window,
            **self._changed({name: (window[name], its) for name, its in changed.items()}, seed),
        }

    def mask(self, frontends):
        """The function from one window's dict of inputs to another that hides parts of
        spectrograms; None where nothing would be hidden.

        tensorflow-io draws the masks without a seed that it could be given: call it for one window
        after the other, in order.

        Args:
            frontends: dict of audio input to its front-end.
        """
        hidden = {
            name: its.field
            for name, its in frontends.items()
            if "frames" in its.field.axes and _in_time(its.field)
        }
        if not hidden or not any(getattr(self, name) for name in MASKS):
            return None
        return lambda window: {
            **window,
            **{name: self._masked(window[name], field) for name, field in hidden.items()},
        }

    def _changed(self, inputs, seed):
        asked = self.gain_db, self.shift_share, self.speed_share, self.pitch_semitones
        *seeds, of_noise = tf.unstack(tf.random.split(seed, len(asked) + 1))
        gain_db, shift, speed, semitones = (
            _between(-most, most, drawn) for most, drawn in zip(asked, seeds, strict=True)
        )
        found = {}
        for place, (name, (x, frontend)) in enumerate(inputs.items()):
            field = frontend.field
            if self.pitch_semitones and frontend.bands_hz is not None:
                x = _higher(x, _bands(field), frontend.bands_hz, semitones)
            if (self.shift_share or self.speed_share) and _in_time(field):
                x = _replayed(x, _time(field), shift, 1 + speed)
            if self.gain_db and _in_time(field):
                x = _louder(x, field, gain_db)
            if self.noise_share and field.axes[0] == "samples":
                x = _noisy(x, self.noise_share, tf.random.fold_in(of_noise, place))
            found[name] = tf.ensure_shape(x, field.shape)
        return found

    def _masked(self, x, field):
        order = [
            _time(field),
            *(place for place in range(len(field.axes)) if place != _time(field)),
        ]
        masked = spec_augment(
            tf.transpose(x, order), self.time_mask_frames, self.freq_mask_bands
        )  # [frames, bands, ...]
        return tf.ensure_shape(tf.transpose(masked, np.argsort(order)), field.shape)


def _between(low, high, seed):
    return tf.random.stateless_uniform((), seed, low, high)


def _in_time(field):
    """Whether an input follows the window's time; a backbone's patches are stretches of their own."""
    return bool(set(TIME) & set(field.axes)) and "spectrograms" not in field.axes


def _bands(field):
    return next(place for place, axis in enumerate(field.axes) if axis in FREQUENCY)


def _time(field):
    return next(place for place, axis in enumerate(field.axes) if axis in TIME)


def _replayed(x, axis, shift, speed):
    """Read `x` along `axis` from `shift` (a share of its length) on at `speed`, in a circle,
    between its values by straight lines.
    """
    length = x.shape[axis]
    # In float64: a clip's samples are more than float32 counts in fractions.
    place = (
        tf.range(length, dtype=tf.float64) * tf.cast(speed, tf.float64)
        + tf.cast(shift, tf.float64) * length
    )
    before = tf.floor(place)
    part = tf.cast(place - before, x.dtype)
    part = tf.reshape(part, [-1, *[1] * (len(x.shape) - 1 - axis)])
    first = tf.cast(before, tf.int32) % length
    return (1 - part) * tf.gather(x, first, axis=axis) + part * tf.gather(
        x, (first + 1) % length, axis=axis
    )


def _higher(x, axis, bands_hz, semitones):
    """Each of the bands along `axis` as the one that lies `semitones` below it was, between bands
    by straight lines.

    What comes from beyond the first or the last band is that band.
    """
    bands_hz = tf.constant(bands_hz, x.dtype)
    wanted_hz = bands_hz * tf.pow(2.0, -semitones / 12)
    before = tf.clip_by_value(tf.searchsorted(bands_hz, wanted_hz) - 1, 0, len(bands_hz) - 2)
    low_hz, high_hz = tf.gather(bands_hz, before), tf.gather(bands_hz, before + 1)
    part = tf.clip_by_value((wanted_hz - low_hz) / (high_hz - low_hz), 0.0, 1.0)
    part = tf.reshape(part, [-1, *[1] * (len(x.shape) - 1 - axis)])
    return (1 - part) * tf.gather(x, before, axis=axis) + part * tf.gather(x, before + 1, axis=axis)


def _louder(x, field, gain_db):
    if field.axes[0] == "samples":
        return x * tf.pow(10.0, gain_db / 20)
    return x + gain_db if field.unit == "dB" and "coefficients" not in field.axes else x


def _noisy(x, most, seed):
    of_share, of_noise = tf.unstack(tf.random.split(seed))
    share = _between(0, most, of_share)
    return x + tf.random.stateless_normal(tf.shape(x), of_noise) * share * tf.sqrt(
        tf.reduce_mean(tf.square(x))
    )
