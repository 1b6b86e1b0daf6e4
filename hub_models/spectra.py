"""What spectral front-ends share: framing, Fourier transform, and mel filters, as stock TensorFlow
operations.

Definitions are librosa's (McFee et al. 2015, librosa.feature.melspectrogram).
"""

from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import librosa
import numpy as np
import tensorflow as tf

Array: TypeAlias = np.ndarray
Tensor: TypeAlias = Any  # TensorFlow's, which has no types

# Set while a graph is made for LiteRT, which has no Bitcast of complex numbers, or for ONNX, which
# has none at all.
LITERT, ONNX = "LiteRT", "ONNX"
WITHOUT_BITCAST: ContextVar[str] = ContextVar("WITHOUT_BITCAST", default="")
# A mel band touches few neighbouring frequency bins. This many products, each of a group of bands
# by the bins that the group touches, take two fifths of the time of all bands by all bins. More
# groups save nothing; sparse products are slower than the dense one.
MEL_GROUPS = 6


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
        waveform: [batch, samples].
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
    samples = waveform.shape[1]
    shape = (None if samples is None else stft_frames(samples, hop_samples), bands)
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
