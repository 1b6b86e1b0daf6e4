"""Waveform to log-mel patches: one function for all backbones, in TensorFlow's own operations."""

import dataclasses
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from hub_models.description import LIBROSA, PAD, REST_PARTS, SHIFT, FrontEnd
from hub_models.errors import HubError
from hub_models.spectra import mel_groups, power_bands

Tensor: TypeAlias = Any  # TensorFlow's and Keras's, which have no types
Shape: TypeAlias = tuple[int | None, ...]


def pad_waveform(waveform: Tensor, front_end: FrontEnd) -> Tensor:
    """A waveform with silence appended by the rule PAD.

    Without the rule only what is shorter than one window is padded: that gives a frame, which is no
    patch, and TensorFlow's Fourier transform refuses to have none.

    Args:
        waveform: [..., samples].
        front_end: whose rule.

    Returns:
        [..., padded samples].
    """
    samples = tf.shape(waveform)[-1]
    if front_end.rest == PAD:
        beyond_first = tf.maximum(0, samples - front_end.min_samples)
        hops = -(-beyond_first // front_end.patch_hop_samples)  # rounded up
        padding = front_end.min_samples + hops * front_end.patch_hop_samples - samples
    else:
        padding = tf.maximum(0, front_end.window_samples - samples)
    no_padding = tf.zeros([tf.rank(waveform) - 1, 2], tf.int32)
    return tf.pad(waveform, tf.concat([no_padding, [[0, padding]]], axis=0))


def log_mel(waveform: Tensor, front_end: FrontEnd) -> Tensor:
    """Logarithm of the mel spectrum.

    Args:
        waveform: float32 [..., samples] at `front_end.sample_rate_hz`, in [-1, 1].
        front_end: its parameters.

    Returns:
        float32 [..., frames, mels] under a periodic Hann window. As AudioSet's code defines it:
        natural logarithm of magnitudes, HTK mel triangles that leave out the DC bin
        (tensorflow/models research/audioset/yamnet/features.py). As librosa: centred frames, powers
        in Slaney's mel bands, log10(1 + power / offset) (McFee et al. 2015; Pons and Serra 2019,
        arXiv 1909.06654, offset 1/10000).
    """
    if front_end.definition == LIBROSA:
        return _log_mel_of_powers(waveform, front_end)
    spectrum = tf.abs(
        tf.signal.stft(
            waveform,
            frame_length=front_end.window_samples,
            frame_step=front_end.hop_samples,
            fft_length=front_end.fft_samples,
        )
    )  # [..., frames, bins]
    triangles = tf.signal.linear_to_mel_weight_matrix(
        num_mel_bins=front_end.mels,
        num_spectrogram_bins=front_end.fft_samples // 2 + 1,
        sample_rate=front_end.sample_rate_hz,
        lower_edge_hertz=front_end.mel_min_hz,
        upper_edge_hertz=front_end.mel_max_hz,
    )  # [bins, mels]
    mel = tf.matmul(spectrum, triangles)  # [..., frames, mels]
    return tf.math.log(mel + front_end.log_offset)


def _log_mel_of_powers(waveform: Tensor, front_end: FrontEnd) -> Tensor:
    if waveform.shape.rank == 1:
        return _log_mel_of_powers(waveform[tf.newaxis], front_end)[0]
    groups = mel_groups(
        sr=front_end.sample_rate_hz,
        n_fft=front_end.fft_samples,
        n_mels=front_end.mels,
        fmin=front_end.mel_min_hz,
        fmax=front_end.mel_max_hz,
    )
    power = power_bands(waveform, front_end.fft_samples, front_end.hop_samples, groups)
    # The published front-end rounds powers to float16, where 10000 times more than 6.55 overflows.
    return tf.math.log1p(power / front_end.log_offset) / np.float32(np.log(10))


def log_mel_patches(waveform: Tensor, front_end: FrontEnd) -> Tensor:
    """Log-mel patches of waveforms; see `log_mel`.

    Args:
        waveform: floating point [..., samples]; [samples] or [batch, samples] of librosa's
            definition. It is computed in float32.
        front_end: its parameters.

    Returns:
        float32 [..., patches, patch frames, mels].

    Raises:
        HubError: the waveform holds whole numbers.
    """
    waveform = tf.convert_to_tensor(waveform)
    if not waveform.dtype.is_floating:
        raise HubError(
            f"log-mel patches are made of waveforms of floating point in [-1, 1], not "
            f"{waveform.dtype.name}. Divide whole numbers by their full scale."
        )
    waveform = tf.cast(waveform, tf.float32)
    frames = log_mel(pad_waveform(waveform, front_end), front_end)  # [..., frames, mels]
    if front_end.rest == SHIFT:
        return tf.gather(frames, _covering(tf.shape(frames)[-2], front_end), axis=-2)
    return tf.signal.frame(frames, front_end.patch_frames, front_end.patch_hop_frames, axis=-2)


def _covering(frames: Tensor, front_end: FrontEnd) -> Tensor:
    """The frames of each patch by the rule SHIFT, [patches, patch frames]."""
    length, hop = front_end.patch_frames, front_end.patch_hop_frames
    beyond_first = tf.maximum(frames - length, 0)
    rest = beyond_first % hop
    count = 1 + beyond_first // hop + tf.cast(rest * REST_PARTS >= length, tf.int32)
    starts = tf.minimum(tf.range(count) * hop, beyond_first)  # [patches]
    return (starts[:, tf.newaxis] + tf.range(length)) % frames  # fewer frames are repeated


@keras.saving.register_keras_serializable("hub_models")
class LogMelPatches(keras.layers.Layer):
    """`log_mel_patches` as a layer that always computes in float32.

    [batch, samples] -> [batch, patches, patch frames, mels].
    """

    def __init__(self, front_end: FrontEnd | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.front_end = FrontEnd(**front_end) if isinstance(front_end, dict) else front_end

    def call(self, waveform: Tensor) -> Tensor:
        return log_mel_patches(waveform, self.front_end)

    def compute_output_shape(self, waveform_shape: Shape) -> Shape:
        batch, samples = waveform_shape
        patches = None if samples is None else self.front_end.patches(samples)
        return (batch, patches, self.front_end.patch_frames, self.front_end.mels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "front_end": dataclasses.asdict(self.front_end)}
