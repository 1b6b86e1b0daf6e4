"""The 207 low-level descriptors of SpotGenTrack (Martin-Gutierrez et al. 2020) by its names.

They follow the script that made its table (dmgutierrez/hitmusicnet,
analysis/low_level_feature_extraction.py, librosa of 2019), so that one model reads its
`low_level_audio_features.csv` and one's own files. Where librosa's defaults have changed since,
those of then are given: frames at the ends see the sound mirrored, chroma comes from 12 bins an
octave. All are means over time but two: `spectral_centroid` is that of the first frame, and
`entropy_energy` a sum over frames, which is scaled here to the 30 s that the table's previews last.
"""

import warnings
from dataclasses import dataclass
from typing import ClassVar

import librosa
import numpy as np
import tensorflow as tf
from scipy.special import xlogy

from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.descriptors import COLUMNS, GROUPS, SINGLE
from kerasfeat.audio.spectra import FrontEnd, require
from kerasfeat.fields import COLUMNS as COLUMNS_AXIS
from kerasfeat.fields import Field

FRAME_SAMPLES, HOP_SAMPLES = 2048, 512
PREVIEW_S = 30.0
# C8, the top of the seven octaves from C1; librosa, which knows it too, takes long to import.
HIGHEST_HZ = 440 * 2 ** (39 / 12)


@dataclass(frozen=True)
class LowLevel(FrontEnd):
    """One row of descriptors a clip.

    librosa computes them, outside of TensorFlow: no SavedModel can hold this front-end.
    """

    name: ClassVar[str] = "lowlevel"

    sample_rate_hz: int = 44_100
    clip_s: float = PREVIEW_S

    def __post_init__(self) -> None:
        super().__post_init__()
        samples = self.clip_samples
        require(
            samples >= FRAME_SAMPLES,
            self,
            f"a clip must have at least {FRAME_SAMPLES} samples, not {samples}",
        )
        require(
            self.sample_rate_hz >= 2 * HIGHEST_HZ,
            self,
            f"sample_rate_hz must be at least {2 * HIGHEST_HZ:.0f}, not {self.sample_rate_hz}",
        )

    @property
    def field(self) -> Field:
        """[columns], named by COLUMNS."""
        return Field(self.name, (len(COLUMNS),), (COLUMNS_AXIS,), columns=COLUMNS)

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, columns]."""

        def rows(clips: Array) -> Array:
            numbers = (descriptors(clip, self.sample_rate_hz).values() for clip in clips)
            return np.stack([np.fromiter(row, np.float32) for row in numbers])

        result = tf.numpy_function(rows, [waveform], tf.float32, stateful=False)
        result.set_shape((waveform.shape[0], len(COLUMNS)))
        return result


def descriptors(waveform: Array, sample_rate_hz: int) -> dict[str, float]:
    """The numbers by name, in the order of COLUMNS.

    Args:
        waveform: float32 [samples], at least FRAME_SAMPLES.
        sample_rate_hz: its rate.
    """
    with warnings.catch_warnings():
        # Of silence: it has no pitch to tune to. Of short clips: the lowest tone's filter is longer
        # than they are.
        warnings.simplefilter("ignore", UserWarning)
        frames = _by_frame(waveform, sample_rate_hz)
    rms = librosa.feature.rms(
        y=waveform, frame_length=FRAME_SAMPLES, hop_length=HOP_SAMPLES, pad_mode="reflect"
    )
    deviation = np.abs(rms - rms.mean())
    numbers = {name: float(frames[name].mean()) for name in SINGLE if name in frames}
    numbers["spectral_centroid"] = float(frames["spectral_centroid"][0, 0])
    duration_s = len(waveform) / sample_rate_hz
    entropy = xlogy(deviation, deviation).sum() / np.log(10)
    numbers["entropy_energy"] = float(entropy * PREVIEW_S / duration_s)
    for group in GROUPS:
        numbers |= {
            f"{group}_{number}": float(row.mean())
            for number, row in enumerate(frames[group], start=1)
        }
    return {name: numbers[name] for name in COLUMNS}


def _by_frame(y: Array, sr: int) -> dict[str, Array]:
    """librosa's features [descriptors, frames] by name."""
    magnitude = np.abs(
        librosa.stft(y, n_fft=FRAME_SAMPLES, hop_length=HOP_SAMPLES, pad_mode="reflect")
    )  # [bins, frames]
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=sr)
    tones = librosa.cqt(
        y,
        sr=sr,
        hop_length=HOP_SAMPLES,
        n_bins=84,
        bins_per_octave=12,
        tuning=None,
        pad_mode="reflect",
    )
    chroma = librosa.feature.chroma_cqt(C=np.abs(tones), sr=sr, bins_per_octave=12)
    return {
        "MFCC": librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=GROUPS["MFCC"]),
        "Chroma": chroma,
        "MEL": mel,
        "Tonnetz": librosa.feature.tonnetz(chroma=chroma),
        "Spectral_contrast": librosa.feature.spectral_contrast(S=magnitude, sr=sr),
        "ZCR": librosa.feature.zero_crossing_rate(
            y, frame_length=FRAME_SAMPLES, hop_length=HOP_SAMPLES
        ),
        "spectral_centroid": librosa.feature.spectral_centroid(S=magnitude, sr=sr),
        "spectral_bandwith": librosa.feature.spectral_bandwidth(S=magnitude, sr=sr),
        "spectral_rollOff_min": librosa.feature.spectral_rolloff(
            S=magnitude, sr=sr, roll_percent=0.1
        ),
        "spectral_rollOff_max": librosa.feature.spectral_rolloff(
            S=magnitude, sr=sr, roll_percent=0.85
        ),
    }


FRONTEND = LowLevel()
