"""What the spectral front-ends share: framing, Fourier transform, mel filters, and decibels, as
stock TensorFlow operations.

Definitions are librosa's (McFee et al. 2015, librosa.feature.melspectrogram and
librosa.power_to_db).
"""

from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import lru_cache
from math import isfinite
from numbers import Integral, Real
from typing import ClassVar

import librosa
import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError

MIN_POWER = 1e-10
# Set while a graph is made for LiteRT, which has no Bitcast of complex numbers.
WITHOUT_BITCAST = ContextVar("WITHOUT_BITCAST", default=False)
# A mel band touches few neighbouring frequency bins. This many products, each of a group of bands
# by the bins that the group touches, take two fifths of the time of all bands by all bins. More
# groups save nothing; sparse products are slower than the dense one.
MEL_GROUPS = 6


@dataclass(frozen=True)
class FrontEnd:
    """The parameters that every front-end has, and their checks."""

    channels: ClassVar[int] = 1
    bands_hz: ClassVar = None
    network: ClassVar = None  # the Keras model that it runs, if it runs one
    weights: ClassVar[str | None] = None  # SHA-256 of that model's weights

    sample_rate_hz: int = 22_050
    clip_s: float = 5.0

    def __post_init__(self):
        for parameter in fields(self):
            value = getattr(self, parameter.name)
            if value is None and parameter.default is None:
                continue
            kind, named = (
                (Integral, "a whole number") if parameter.type is int else (Real, "a number")
            )
            least = "at least" if parameter.name == "fmin_hz" else "above"
            holds = (
                isinstance(value, kind)
                and isfinite(value)
                and (value > 0 or (value == 0 and least == "at least"))
            )
            require(holds, self, f"{parameter.name} must be {named} {least} 0, not {value!r}")
        require(self.clip_samples >= 1, self, f"a clip of {self.clip_s} s has no sample")

    @property
    def clip_samples(self):
        """Samples of one clip."""
        return round(self.clip_s * self.sample_rate_hz)


def require(holds, front_end, problem):
    """Refuse parameters that can't be."""
    if not holds:
        raise KerasfeatError(
            f"the input {front_end.name} can't have these parameters: {problem}. Received "
            f"{front_end}."
        )


def require_stft(front_end):
    """Refuse a transform longer than the clip, and bands beyond half the sample rate."""
    samples = front_end.clip_samples
    require(
        front_end.n_fft <= samples,
        front_end,
        f"n_fft must be at most the clip's {samples} samples, not {front_end.n_fft}",
    )
    require(front_end.n_fft % 2 == 0, front_end, f"n_fft must be even, not {front_end.n_fft}")


def stft_frames(clip_samples, hop_samples):
    """Frames of a centred transform of a clip."""
    return 1 + clip_samples // hop_samples


def power_bands(waveform, n_fft, hop_samples, groups=None, padding="CONSTANT"):
    """Power of the short-time Fourier transform under a periodic Hann window, frames centred on
    multiples of the hop, summed in bands.

    Args:
        waveform: [batch, samples], the number of samples known.
        n_fft: samples of a frame.
        hop_samples: from one frame to the next.
        groups: of `mel_groups`; None for the frequency bins themselves.
        padding: "CONSTANT" (zeros beyond the ends, as librosa) or "REFLECT" (as torchaudio).

    Returns:
        [batch, frames, bands] with 1 + samples // hop_samples frames; without groups the bands are
        1 + n_fft // 2 bins.
    """
    half = n_fft // 2
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)  # [n_fft]

    def clip_bands(clip):
        framed = tf.signal.frame(
            _padded(clip, half, padding), n_fft, hop_samples
        )  # [frames, n_fft]
        spectrum = tf.signal.rfft(framed * window)  # [frames, bins]
        # Squares of the real and imaginary parts where they lie, side by side: taking them apart
        # first costs two more passes.
        squares = tf.square(_parts(spectrum))  # [frames, bins, 2]
        # The product with the filters adds each bin's two squares too.
        return (
            in_bands(tf.reshape(squares, [-1, 2 * (half + 1)]), groups, parts=2)
            if groups
            else tf.reduce_sum(squares, -1)
        )

    bands = sum(weights.shape[1] for *_, weights in groups) if groups else half + 1
    shape = (stft_frames(waveform.shape[1], hop_samples), bands)
    # A clip at a time: its arrays fit the processor's cache, where a whole song's take half as long
    # again.
    return tf.map_fn(clip_bands, waveform, fn_output_signature=tf.TensorSpec(shape))


def _parts(spectrum):
    """The real and imaginary parts [..., 2]."""
    if WITHOUT_BITCAST.get():
        return tf.stack([tf.math.real(spectrum), tf.math.imag(spectrum)], axis=-1)
    return tf.bitcast(spectrum, tf.float32)


@lru_cache
def mel_groups(**parameters):
    """Mel filters as groups of neighbouring bands: tuples (first bin, last bin + 1, weights [bins
    of the group, bands of the group]).

    Args:
        parameters: of librosa.filters.mel.
    """
    filters = librosa.filters.mel(**parameters).T  # [bins, mels]
    groups = []
    for bands in np.array_split(np.arange(filters.shape[1]), min(MEL_GROUPS, filters.shape[1])):
        bins = np.flatnonzero(filters[:, bands].any(axis=1))
        first, last = (bins[0], bins[-1] + 1) if bins.size else (0, 1)
        groups.append((int(first), int(last), filters[first:last, bands]))
    return tuple(groups)


def _padded(clip, half, padding):
    """[samples] to [samples + 2 * half]."""
    if padding == "REFLECT":  # as tf.pad has it, which takes long over it
        return tf.concat([clip[half:0:-1], clip, clip[-2 : -half - 2 : -1]], 0)
    return tf.pad(clip, [[half, half]])


def in_bands(rows, groups, parts=1):
    """Power [rows, bins * parts], each bin as the sum of `parts` numbers that stand side by side,
    to [rows, mels] by `mel_groups`.
    """
    groups = [
        (parts * first, parts * last, np.repeat(weights, parts, axis=0))
        for first, last, weights in groups
    ]
    return tf.concat(
        [tf.matmul(rows[:, first:last], weights) for first, last, weights in groups], -1
    )


def decibels(power, top_db):
    """Power [batch, frames, bands] in dB: 10 log10, held to at most `top_db` below the maximum of
    each clip, never of the batch.
    """
    level = tf.math.log(tf.maximum(power, MIN_POWER)) * np.float32(10 / np.log(10))
    return tf.maximum(level, tf.reduce_max(level, axis=[1, 2], keepdims=True) - top_db)
