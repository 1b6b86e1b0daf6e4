"""The same by librosa alone: its worker processes import nothing else."""

import warnings
from pathlib import Path
from typing import Any

import librosa
import numpy as np


def librosa_logmel(path: Path, frontend: Any) -> np.ndarray:
    """Log-mel [frames, mels] of a whole file by librosa, with a front-end's parameters."""
    waveform, rate_hz = librosa.load(path, sr=frontend.sample_rate_hz)
    power = librosa.feature.melspectrogram(
        y=waveform,
        sr=rate_hz,
        n_fft=frontend.n_fft,
        hop_length=frontend.hop_samples,
        n_mels=frontend.mels,
    )  # [mels, frames]
    return librosa.power_to_db(power, top_db=frontend.top_db).T


def librosa_mfcc(path: Path, frontend: Any) -> np.ndarray:
    """MFCC [frames, coefficients] of a whole file by librosa, with a front-end's parameters."""
    waveform, rate_hz = librosa.load(path, sr=frontend.sample_rate_hz)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return librosa.feature.mfcc(
            y=waveform,
            sr=rate_hz,
            n_mfcc=frontend.coefficients,
            pad_mode="reflect",
            n_fft=frontend.n_fft,
            hop_length=frontend.hop_samples,
            n_mels=frontend.mels,
            htk=True,
            norm=None,
        ).T


def librosa_tempo_and_chroma(path: Path) -> None:
    """Tempo, and the mean of chroma."""
    waveform, rate_hz = librosa.load(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        librosa.beat.beat_track(y=waveform, sr=rate_hz)
        librosa.feature.chroma_cqt(y=waveform, sr=rate_hz).mean(axis=1)
