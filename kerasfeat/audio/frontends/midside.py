"""Mid (L + R) / 2 and side (L - R) / 2 as two channels: waveform and log-mel spectrogram.

The default parameters are those of "Classification of Spotify features using various CNN
architectures": 30 s at 22,050 Hz, and a spectrogram of [24 mels, 2584 frames, 2 channels].
"""

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from kerasfeat.arrays import Tensor
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.fields import CHANNELS, FRAMES, MELS, SAMPLES, Field


@dataclass(frozen=True)
class MidSideWaveform(FrontEnd):
    """Samples of mid and side in [-1, 1]; the side of a mono file is silent."""

    name: ClassVar[str] = "midside_waveform"
    channels: ClassVar[int] = 2

    clip_s: float = 30.0

    @property
    def field(self) -> Field:
        """[samples, channels]."""
        return Field(self.name, (self.clip_samples, 2), (SAMPLES, CHANNELS), unit="full scale")

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, samples, 2] as it is."""
        return waveform


@dataclass(frozen=True)
class MidSideLogMel(LogMel):
    """`logmel` of mid and of side, each in dB from `top_db` below its own maximum up to it."""

    name: ClassVar[str] = "midside_logmel"
    channels: ClassVar[int] = 2

    clip_s: float = 30.0
    hop_samples: int = 256
    mels: int = 24

    @property
    def field(self) -> Field:
        """[mels, frames, channels]: an image, low mels first."""
        frames, mels = super().field.shape
        return Field(self.name, (mels, frames, 2), (MELS, FRAMES, CHANNELS), unit="dB")

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples, 2] to [batch, mels, frames, 2] in dB."""
        separate = tf.reshape(
            tf.transpose(waveform, [0, 2, 1]), [-1, self.clip_samples]
        )  # [batch * 2, clip_samples]
        level = super().call(separate)  # [batch * 2, frames, mels]
        mels, frames, channels = self.field.shape
        return tf.transpose(tf.reshape(level, [-1, channels, frames, mels]), [0, 3, 2, 1])


FRONTEND = (MidSideWaveform(), MidSideLogMel())
