"""Waveform to log-mel patches: one function for all backbones, in TensorFlow's own operations."""

import dataclasses
from typing import Any, TypeAlias

import keras
import tensorflow as tf

from hub_models.description import FrontEnd

Tensor: TypeAlias = Any  # TensorFlow's and Keras's, which have no types
Shape: TypeAlias = tuple[int | None, ...]


def pad_waveform(waveform: Tensor, front_end: FrontEnd) -> Tensor:
    """A waveform with silence appended by the front-end's padding rule.

    Without the rule only what is shorter than one window is padded: that gives a frame, which is no
    patch, and TensorFlow's Fourier transform refuses to have none.

    Args:
        waveform: [..., samples].
        front_end: whose rule.

    Returns:
        [..., padded samples].
    """
    samples = tf.shape(waveform)[-1]
    if front_end.pad:
        beyond_first = tf.maximum(0, samples - front_end.min_samples)
        hops = -(-beyond_first // front_end.patch_hop_samples)  # rounded up
        padding = front_end.min_samples + hops * front_end.patch_hop_samples - samples
    else:
        padding = tf.maximum(0, front_end.window_samples - samples)
    no_padding = tf.zeros([tf.rank(waveform) - 1, 2], tf.int32)
    return tf.pad(waveform, tf.concat([no_padding, [[0, padding]]], axis=0))


def log_mel(waveform: Tensor, front_end: FrontEnd) -> Tensor:
    """Natural log of the mel spectrum of magnitudes.

    Args:
        waveform: float32 [..., samples] at `front_end.sample_rate_hz`, in [-1, 1].
        front_end: its parameters.

    Returns:
        float32 [..., frames, mels]. Periodic Hann window, magnitudes (not powers), HTK mel
        triangles that leave out the DC bin: tensorflow/models research/audioset/yamnet/features.py.
    """
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


def log_mel_patches(waveform: Tensor, front_end: FrontEnd) -> Tensor:
    """Log-mel patches of waveforms; see `log_mel`.

    Args:
        waveform: float32 [..., samples].
        front_end: its parameters.

    Returns:
        float32 [..., patches, patch frames, mels].
    """
    frames = log_mel(pad_waveform(waveform, front_end), front_end)  # [..., frames, mels]
    return tf.signal.frame(frames, front_end.patch_frames, front_end.patch_hop_frames, axis=-2)


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
