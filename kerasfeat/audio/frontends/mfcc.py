"""Mel-frequency cepstral coefficients, as torchaudio.transforms.MFCC defines them.

The default parameters are those of "Song Feature Prediction" (Abeer, Khalaj, Nair, Rezaei).
"""

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.fft
import tensorflow as tf

from hub_models.spectra import mel_groups, power_bands, stft_frames
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.spectra import FrontEnd, decibels, require, require_stft
from kerasfeat.fields import COEFFICIENTS, FRAMES, Field


@dataclass(frozen=True)
class MFCC(FrontEnd):
    """Coefficients of the mel spectrum in dB; clips are mirrored at their ends.

    Bands have HTK's scale and are not normalised.
    """

    name: ClassVar[str] = "mfcc"

    sample_rate_hz: int = 44_100
    clip_s: float = 30.0
    n_fft: int = 4096
    hop_samples: int = 8192
    mels: int = 256
    coefficients: int = 20
    max_frames: int = 160
    top_db: float = 80.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_stft(self, self.n_fft)
        require(
            self.coefficients <= self.mels,
            self,
            f"there are at most as many coefficients as mels ({self.mels}), not "
            f"{self.coefficients}",
        )

    @property
    def frames(self) -> int:
        """Frames of one clip: what it has, cut to `max_frames`."""
        return min(stft_frames(self.clip_samples, self.hop_samples), self.max_frames)

    @property
    def field(self) -> Field:
        """[frames, coefficients]."""
        shape = (self.frames, self.coefficients)
        return Field(self.name, shape, (FRAMES, COEFFICIENTS), unit="dB")

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, frames, coefficients]."""
        with warnings.catch_warnings():
            # The definition's lowest bands are narrower than a frequency bin and stay empty.
            warnings.filterwarnings("ignore", "Empty filters", UserWarning)
            groups = mel_groups(
                sr=self.sample_rate_hz, n_fft=self.n_fft, n_mels=self.mels, htk=True, norm=None
            )
        power = power_bands(
            waveform, self.n_fft, self.hop_samples, groups, padding="REFLECT"
        )  # [batch, all frames, mels]
        level = decibels(power, self.top_db)
        return tf.tensordot(level[:, : self.frames], dct_matrix(self.mels, self.coefficients), 1)


def dct_matrix(mels: int, coefficients: int) -> Array:
    """The first coefficients of the orthonormal DCT-II as a matrix [mels, coefficients]."""
    return scipy.fft.dct(np.eye(mels), type=2, norm="ortho")[:, :coefficients].astype(np.float32)


FRONTEND = MFCC()
