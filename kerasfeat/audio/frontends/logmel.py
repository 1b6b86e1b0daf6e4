"""Log-mel spectrogram, as librosa defines it by default."""

from dataclasses import dataclass
from typing import ClassVar

import librosa

from hub_models.spectra import MelGroup, mel_groups, power_bands, stft_frames
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.spectra import FrontEnd, decibels, require, require_stft
from kerasfeat.fields import FRAMES, MELS, Field


@dataclass(frozen=True)
class LogMel(FrontEnd):
    """Power in mel bands in dB, zeros beyond the ends of the clip.

    Bands have Slaney's scale and are normalised by their area.
    """

    name: ClassVar[str] = "logmel"

    n_fft: int = 2048
    hop_samples: int = 512
    mels: int = 96
    fmin_hz: float = 0.0
    fmax_hz: float | None = None
    top_db: float = 80.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_stft(self, self.n_fft)
        highest = self.sample_rate_hz / 2
        require(
            self.fmin_hz < (self.fmax_hz or highest) <= highest,
            self,
            f"fmin_hz must be below fmax_hz, and that at most half the sample rate, {highest:g}",
        )

    @property
    def field(self) -> Field:
        """[frames, mels]."""
        frames = stft_frames(self.clip_samples, self.hop_samples)
        return Field(self.name, (frames, self.mels), (FRAMES, MELS), unit="dB")

    @property
    def bands_hz(self) -> Array:
        """The middles of the mel bands [mels]."""
        return librosa.mel_frequencies(
            self.mels + 2, fmin=self.fmin_hz, fmax=self.fmax_hz or self.sample_rate_hz / 2
        )[1:-1]

    @property
    def groups(self) -> tuple[MelGroup, ...]:
        """The mel filters."""
        return mel_groups(
            sr=self.sample_rate_hz,
            n_fft=self.n_fft,
            n_mels=self.mels,
            fmin=self.fmin_hz,
            fmax=self.fmax_hz,
        )

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, frames, mels] in dB.

        Values reach from `top_db` below the clip's own maximum up to it.
        """
        power = power_bands(waveform, self.n_fft, self.hop_samples, self.groups)
        return decibels(power, self.top_db)


FRONTEND = LogMel()
