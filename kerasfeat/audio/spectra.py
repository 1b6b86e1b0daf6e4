"""What the front-ends share: their base, the checks of their parameters, and decibels.

Framing, Fourier transform, and mel filters are in hub_models.spectra, where backbones need them
too. Definitions are librosa's (McFee et al. 2015, librosa.power_to_db).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from math import isfinite
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.sound import Sound, Source
from kerasfeat.audio.windows import cut
from kerasfeat.fields import Field

MIN_POWER = 1e-10


@dataclass(frozen=True)
class FrontEnd(ABC):
    """From clips of a waveform to one input: what every front-end has, and the checks of its
    parameters.

    Attributes:
        name: of the input.
        channels: of the waveform: 1 (mono), or 2 (mid and side).
        is_metered: whether it reads the loudness of the file.
        sample_rate_hz: of the waveform.
        clip_s: length of a clip, seconds.
    """

    name: ClassVar[str]
    channels: ClassVar[int] = 1
    is_metered: ClassVar[bool] = False

    sample_rate_hz: int = 22_050
    clip_s: float = 5.0

    def __post_init__(self) -> None:
        for parameter in fields(self):
            value = getattr(self, parameter.name)
            if value is None and parameter.default is None:
                continue
            whole, may_be_0 = parameter.type is int, parameter.name == "fmin_hz"
            kind, named = (Integral, "a whole number") if whole else (Real, "a number")
            holds = isinstance(value, kind) and isfinite(value)
            holds = holds and (value > 0 or (value == 0 and may_be_0))
            least = "at least" if may_be_0 else "above"
            require(holds, self, f"{parameter.name} must be {named} {least} 0, not {value!r}")
        require(self.clip_samples >= 1, self, f"a clip of {self.clip_s} s has no sample")

    @property
    def clip_samples(self) -> int:
        """Samples of one clip."""
        return round(self.clip_s * self.sample_rate_hz)

    @property
    def source(self) -> Source:
        """The rate and the channels of the waveform that it reads."""
        return self.sample_rate_hz, self.channels

    @property
    def clip_shape(self) -> tuple[int, ...]:
        """The shape of one clip's waveform, as `clips` gives it."""
        return (self.clip_samples, *(() if self.channels == 1 else (self.channels,)))

    def clips(self, sound: Sound) -> Array:
        """What it reads of a decoded file, [clips, *clip_shape]."""
        return cut(sound.waveform(*self.source), self.clip_samples)

    @property
    def bands_hz(self) -> Array | None:
        """The frequency of each band of the axis of frequency; None without such an axis."""
        return None

    @property
    def weights(self) -> str | None:
        """SHA-256 of the weights of the network that it runs; None where it runs none."""
        return None

    @property
    @abstractmethod
    def field(self) -> Field:
        """The Field of one clip's result."""

    def __call__(self, waveform: Tensor) -> Tensor:
        """The results of clips, from arrays, and within tf.data and graphs.

        Args:
            waveform: floating point [batch, clip_samples], or [batch, clip_samples, 2] of mid and
                side, in [-1, 1]. It is computed in float32.

        Returns:
            [batch, *field.shape].

        Raises:
            KerasfeatError: it holds whole numbers, or has another rank or other channels.
        """
        waveform = tf.convert_to_tensor(waveform)
        if not waveform.dtype.is_floating:
            raise KerasfeatError(
                f"the input {self.name} reads waveforms of floating point in [-1, 1], not "
                f"{waveform.dtype.name}. Divide whole numbers by their full scale, such as "
                "waveform / 32768 for int16."
            )
        if not waveform.shape.is_compatible_with((None, None, *self.clip_shape[1:])):
            axes = ", ".join(map(str, ("batch", *self.clip_shape)))
            raise KerasfeatError(
                f"the input {self.name} reads waveforms [{axes}], not "
                f"{waveform.shape.as_list()}. A single clip is waveform[np.newaxis]."
            )
        return self.call(tf.cast(waveform, tf.float32))

    @abstractmethod
    def call(self, waveform: Tensor) -> Tensor:
        """What it computes of float32 [batch, *clip_shape]: [batch, *field.shape]."""


def require(holds: bool, front_end: FrontEnd, problem: str) -> None:
    """Refuse parameters that can't be.

    Args:
        holds: whether they can.
        front_end: that has them.
        problem: what is wrong with them otherwise.

    Raises:
        KerasfeatError: it does not hold.
    """
    if not holds:
        raise KerasfeatError(
            f"the input {front_end.name} can't have these parameters: {problem}. Received "
            f"{front_end}."
        )


def require_stft(front_end: FrontEnd, n_fft: int) -> None:
    """Refuse a Fourier transform that is longer than the clip, or of an odd number of samples."""
    samples = front_end.clip_samples
    longest = f"n_fft must be at most the clip's {samples} samples, not {n_fft}"
    require(n_fft <= samples, front_end, longest)
    require(n_fft % 2 == 0, front_end, f"n_fft must be even, not {n_fft}")


def decibels(power: Tensor, top_db: float) -> Tensor:
    """Power in dB: 10 log10, at most `top_db` below the maximum of each clip, never of the batch.

    Args:
        power: [batch, frames, bands].
        top_db: range of the result, dB.

    Returns:
        [batch, frames, bands].
    """
    level = tf.math.log(tf.maximum(power, MIN_POWER)) * np.float32(10 / np.log(10))
    return tf.maximum(level, tf.reduce_max(level, axis=[1, 2], keepdims=True) - top_db)
