"""Spectrogram: the power of the short-time Fourier transform in dB."""

from dataclasses import dataclass
from typing import ClassVar

import librosa

from hub_models.spectra import power_bands, stft_frames
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.spectra import FrontEnd, decibels, require_stft
from kerasfeat.fields import BINS, FRAMES, Field


@dataclass(frozen=True)
class Spectrogram(FrontEnd):
    """Power in dB over linear frequency, zeros beyond the ends of the clip."""

    name: ClassVar[str] = "spectrogram"

    n_fft: int = 1024
    hop_samples: int = 512
    top_db: float = 80.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_stft(self, self.n_fft)

    @property
    def field(self) -> Field:
        """[frames, bins]."""
        shape = (stft_frames(self.clip_samples, self.hop_samples), 1 + self.n_fft // 2)
        return Field(self.name, shape, (FRAMES, BINS), unit="dB")

    @property
    def bands_hz(self) -> Array:
        """The frequencies of the transform [bins]."""
        return librosa.fft_frequencies(sr=self.sample_rate_hz, n_fft=self.n_fft)

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, frames, bins] in dB.

        Values reach from `top_db` below the clip's own maximum up to it.
        """
        return decibels(power_bands(waveform, self.n_fft, self.hop_samples), self.top_db)


FRONTEND = Spectrogram()
