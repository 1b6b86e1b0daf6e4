"""What the spectral front-ends share: framing, Fourier transform, mel filters, and decibels, as
stock TensorFlow operations.

Definitions are librosa's (McFee et al. 2015, librosa.feature.melspectrogram and
librosa.power_to_db).
"""

from abc import ABC, abstractmethod
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import lru_cache
from math import isfinite
from numbers import Integral, Real
from typing import Any, ClassVar

import librosa
import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.fields import Field

MIN_POWER = 1e-10
# Set while a graph is made for LiteRT, which has no Bitcast of complex numbers.
WITHOUT_BITCAST: ContextVar[bool] = ContextVar("WITHOUT_BITCAST", default=False)
# A mel band touches few neighbouring frequency bins. This many products, each of a group of bands
# by the bins that the group touches, take two fifths of the time of all bands by all bins. More
# groups save nothing; sparse products are slower than the dense one.
MEL_GROUPS = 6


@dataclass(frozen=True)
class FrontEnd(ABC):
    """From clips of a waveform to one input: what every front-end has, and the checks of its
    parameters.

    Attributes:
        name: of the input.
        channels: of the waveform: 1 (mono), or 2 (mid and side).
        sample_rate_hz: of the waveform.
        clip_s: length of a clip, seconds.
    """

    name: ClassVar[str]
    channels: ClassVar[int] = 1

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

    @abstractmethod
    def __call__(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] or [batch, clip_samples, 2] to [batch, *field.shape]."""


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


def stft_frames(clip_samples: int, hop_samples: int) -> int:
    """Frames of a centred transform of a clip."""
    return 1 + clip_samples // hop_samples


@dataclass(frozen=True)
class MelGroup:
    """Some neighbouring bands of a mel filter bank.

    Attributes:
        first, end: the frequency bins that they touch, `end` not included.
        weights: [end - first, bands].
    """

    first: int
    end: int
    weights: Array


def power_bands(
    waveform: Tensor,
    n_fft: int,
    hop_samples: int,
    groups: tuple[MelGroup, ...] | None = None,
    padding: str = "CONSTANT",
) -> Tensor:
    """Power of the short-time Fourier transform under a periodic Hann window, summed in bands.

    Args:
        waveform: [batch, samples], the number of samples known.
        n_fft: samples of a frame; frames are centred on multiples of the hop.
        hop_samples: from one frame to the next.
        groups: of `mel_groups`; None for the frequency bins themselves.
        padding: "CONSTANT" (zeros beyond the ends, as librosa) or "REFLECT" (as torchaudio).

    Returns:
        [batch, frames, bands] with 1 + samples // hop_samples frames; without groups the bands are
        1 + n_fft // 2 bins.
    """
    half = n_fft // 2
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)  # [n_fft]

    def clip_bands(clip: Tensor) -> Tensor:
        framed = tf.signal.frame(_padded(clip, half, padding), n_fft, hop_samples)
        spectrum = tf.signal.rfft(framed * window)  # [frames, bins]
        # Squares of the real and imaginary parts where they lie, side by side: taking them apart
        # first costs two more passes.
        squares = tf.square(_parts(spectrum))  # [frames, bins, 2]
        if groups is None:
            return tf.reduce_sum(squares, -1)
        # The product with the filters adds each bin's two squares too.
        return in_bands(tf.reshape(squares, [-1, 2 * (half + 1)]), groups, parts=2)

    bands = half + 1 if groups is None else sum(group.weights.shape[1] for group in groups)
    shape = (stft_frames(waveform.shape[1], hop_samples), bands)
    # A clip at a time: its arrays fit the processor's cache, where a whole song's take half as long
    # again.
    return tf.map_fn(clip_bands, waveform, fn_output_signature=tf.TensorSpec(shape))


def _parts(spectrum: Tensor) -> Tensor:
    """The real and imaginary parts of a spectrum [...], [..., 2]."""
    if WITHOUT_BITCAST.get():
        return tf.stack([tf.math.real(spectrum), tf.math.imag(spectrum)], axis=-1)
    return tf.bitcast(spectrum, tf.float32)


def _padded(clip: Tensor, half: int, padding: str) -> Tensor:
    """[samples] to [samples + 2 * half]."""
    if padding == "REFLECT":  # as tf.pad has it, which takes long over it
        return tf.concat([clip[half:0:-1], clip, clip[-2 : -half - 2 : -1]], 0)
    return tf.pad(clip, [[half, half]])


@lru_cache
def mel_groups(**parameters: Any) -> tuple[MelGroup, ...]:
    """Mel filters as groups of neighbouring bands, from the lowest to the highest.

    Args:
        parameters: of librosa.filters.mel.
    """
    filters = librosa.filters.mel(**parameters).T  # [bins, mels]
    groups = []
    for bands in np.array_split(np.arange(filters.shape[1]), min(MEL_GROUPS, filters.shape[1])):
        bins = np.flatnonzero(filters[:, bands].any(axis=1))
        first, end = (int(bins[0]), int(bins[-1]) + 1) if bins.size else (0, 1)
        groups.append(MelGroup(first, end, filters[first:end, bands]))
    return tuple(groups)


def in_bands(rows: Tensor, groups: tuple[MelGroup, ...], parts: int = 1) -> Tensor:
    """Power in mel bands.

    Args:
        rows: [rows, bins * parts], each bin's power as the sum of `parts` numbers side by side.
        groups: of `mel_groups`.
        parts: numbers of a bin.

    Returns:
        [rows, mels].
    """
    products = [
        tf.matmul(
            rows[:, parts * group.first : parts * group.end],
            np.repeat(group.weights, parts, axis=0),
        )
        for group in groups
    ]
    return tf.concat(products, -1)


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
