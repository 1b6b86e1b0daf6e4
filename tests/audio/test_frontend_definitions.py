"""The definitions that front-ends are held to; what every one of them promises is in contracts."""

import numpy as np
import pytest
import scipy.fft
import scipy.signal

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.frontends.bars import Bars
from kerasfeat.audio.frontends.hpss import HPSS
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.audio.frontends.lowlevel import LowLevel
from kerasfeat.audio.frontends.mfcc import MFCC
from kerasfeat.audio.frontends.midside import MidSideLogMel, MidSideWaveform
from kerasfeat.audio.frontends.spectrogram import Spectrogram
from kerasfeat.audio.frontends.waveform import Waveform

librosa = pytest.importorskip("librosa")

pytestmark = pytest.mark.usefixtures("backbones")


def chirp(samples, rate_hz, seed=0):
    """A sweep from 50 Hz to 0.45 of the rate with some noise, float32 [samples]."""
    sweep = scipy.signal.chirp(
        np.arange(samples) / rate_hz, 50, samples / rate_hz, 0.45 * rate_hz, "logarithmic"
    )
    return (0.5 * sweep + 0.01 * np.random.default_rng(seed).normal(size=samples)).astype(
        np.float32
    )


def batch(frontend, count=3):
    """Clips of different sound, each a tenth as loud as the one before, as the front-end takes
    them.
    """
    clips = np.stack(
        [
            chirp(frontend.clip_samples, frontend.sample_rate_hz, seed) * np.float32(0.1**seed)
            for seed in range(count)
        ]
    )
    return clips if frontend.channels == 1 else np.stack([clips, clips / 3], axis=-1)


def test_parameters_are_overridable_and_part_of_the_identity():
    frontend = LogMel(mels=41, clip_s=2.5)
    assert frontend.field.shape == (1 + round(2.5 * 22_050) // 512, 41)
    assert frontend(batch(frontend)).shape == (3, *frontend.field.shape)
    assert frontend == LogMel(clip_s=2.5, mels=41) != LogMel(clip_s=2.5)
    assert MFCC(coefficients=13, max_frames=7).field.shape == (7, 13)
    assert Spectrogram(n_fft=510, hop_samples=300, sample_rate_hz=8_000).field.shape == (
        1 + 40_000 // 300,
        256,
    )


@pytest.mark.parametrize(
    ("kind", "parameters", "told"),
    [
        (LogMel, {"mels": 0}, "mels"),
        (LogMel, {"clip_s": -1.0}, "clip_s"),
        (LogMel, {"clip_s": float("nan")}, "clip_s"),
        (LogMel, {"sample_rate_hz": 0}, "sample_rate_hz"),
        (LogMel, {"hop_samples": 0}, "hop_samples"),
        (LogMel, {"n_fft": 4096, "clip_s": 0.1}, "n_fft"),
        (LogMel, {"n_fft": 511}, "n_fft"),
        (LogMel, {"fmin_hz": 5000.0, "fmax_hz": 400.0}, "fmin_hz"),
        (LogMel, {"fmin_hz": -1.0}, "fmin_hz"),
        (LogMel, {"fmax_hz": 12_000.0}, "11025"),
        (LogMel, {"top_db": -80.0}, "top_db"),
        (MFCC, {"coefficients": 300}, "256"),
        (MFCC, {"max_frames": 0}, "max_frames"),
        (MFCC, {"clip_s": 0.05}, "n_fft"),
        (Spectrogram, {"n_fft": 0}, "n_fft"),
        (Waveform, {"clip_s": 1e-6}, "no sample"),
        (MidSideLogMel, {"n_fft": 4096, "clip_s": 0.1}, "n_fft"),
        (HPSS, {"kernel": 0}, "kernel"),
        (HPSS, {"clip_s": 0.5}, "22 frames"),
        (LowLevel, {"clip_s": 0.04}, "2048"),
        (LowLevel, {"sample_rate_hz": 8_000}, "8372"),
    ],
)
def test_impossible_parameters_are_refused(kind, parameters, told):
    with pytest.raises(KerasfeatError, match=told) as caught:
        kind(**parameters)
    assert kind.name in str(caught.value)


@pytest.mark.parametrize(
    "parameters",
    [{"clip_s": float("inf")}, {"clip_s": None}, {"mels": None}, {"mels": 41.5}, {"mels": "many"}],
)
def test_values_of_the_wrong_kind_are_refused(parameters):
    with pytest.raises(KerasfeatError):
        LogMel(**parameters)


def librosa_logmel(y, it):
    power = librosa.feature.melspectrogram(
        y=y,
        sr=it.sample_rate_hz,
        n_fft=it.n_fft,
        hop_length=it.hop_samples,
        n_mels=it.mels,
        fmin=it.fmin_hz,
        fmax=it.fmax_hz,
    )
    return librosa.power_to_db(power, top_db=it.top_db).T


def torchaudio_mfcc(y, it):
    """torchaudio.transforms.MFCC(n_mfcc=COEFFICIENTS, melkwargs={n_fft: N_FFT, hop_length: HOP,
    n_mels: 256}), in librosa's words.
    """
    how = {
        "n_fft": it.n_fft,
        "hop_length": it.hop_samples,
        "n_mels": 256,
        "htk": True,
        "norm": None,
        "pad_mode": "reflect",
    }
    power = librosa.feature.melspectrogram(y=y, sr=it.sample_rate_hz, center=True, power=2.0, **how)
    level = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=80.0)
    return scipy.fft.dct(level, axis=0, type=2, norm="ortho")[: it.coefficients].T[: it.max_frames]


def librosa_spectrogram(y, it):
    power = np.abs(librosa.stft(y, n_fft=it.n_fft, hop_length=it.hop_samples)) ** 2
    return librosa.power_to_db(power, top_db=it.top_db).T


def librosa_midside(y, it):
    return np.stack([librosa_logmel(y[:, channel], it).T for channel in (0, 1)], axis=-1)


def librosa_hpss(y, it):
    parts = librosa.decompose.hpss(
        librosa.stft(y, n_fft=it.n_fft, hop_length=it.hop_samples), kernel_size=it.kernel
    )
    return np.stack([librosa_logmel_of(np.abs(part) ** 2, it) for part in parts], axis=-1)


def librosa_logmel_of(power, it):
    mel = librosa.feature.melspectrogram(
        S=power, sr=it.sample_rate_hz, n_mels=it.mels, fmin=it.fmin_hz, fmax=it.fmax_hz
    )
    return librosa.power_to_db(mel, top_db=it.top_db).T


# The largest absolute error allowed. Measured on the two sounds: logmel 3e-4 dB, mfcc 4e-4 (of
# values up to 470), spectrogram 4e-3 dB, and hpss 3e-3 dB, whose quietest bins float32 rounds most.
DEFINITIONS = {
    LogMel(): (librosa_logmel, 1e-3),
    LogMel(
        sample_rate_hz=16_000,
        clip_s=3.1,
        n_fft=1024,
        hop_samples=300,
        mels=41,
        fmin_hz=60.0,
        fmax_hz=7_000.0,
    ): (librosa_logmel, 1e-3),
    MFCC(): (torchaudio_mfcc, 2e-3),
    MFCC(n_fft=2048, hop_samples=512, coefficients=256, max_frames=2584): (torchaudio_mfcc, 2e-3),
    Spectrogram(): (librosa_spectrogram, 1e-2),
    MidSideLogMel(clip_s=7.3): (librosa_midside, 1e-3),
    HPSS(): (librosa_hpss, 1e-2),
    HPSS(sample_rate_hz=16_000, clip_s=1.9, n_fft=510, hop_samples=300, mels=23, kernel=18): (
        librosa_hpss,
        1e-2,
    ),
}


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize(
    "frontend", DEFINITIONS, ids=lambda frontend: f"{frontend.name}-{frontend.sample_rate_hz}"
)
@pytest.mark.parametrize("source", ["synthesised", "real"])
def test_the_definition_is_that_of_librosa(frontend, source, request):
    if source == "real":
        song = sorted((request.getfixturevalue("shared_data") / "emotify" / "audio").glob("*.mp3"))[
            0
        ]
        y = decode(song, frontend.sample_rate_hz, frontend.channels)
        y = np.resize(y, (frontend.clip_samples, *y.shape[1:]))
    else:
        y = batch(frontend, 1)[0]
    definition, max_error_db = DEFINITIONS[frontend]
    expected = definition(y, frontend)
    result = frontend(y[np.newaxis])[0].numpy()
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=0, atol=max_error_db)


def test_published_shapes():
    assert MidSideWaveform().field.shape == (661_500, 2)
    assert MidSideLogMel().field.shape == (24, 2584, 2)
    assert MFCC().field.shape == (160, 20)
    assert LogMel(clip_s=28.6, mels=128).field.shape == (1232, 128)
    assert LowLevel().field.shape == (207,)


def test_a_sustained_tone_is_harmonic_and_a_click_percussive():
    frontend = HPSS(clip_s=3.0)
    tone = 0.3 * np.sin(
        2 * np.pi * 440 * np.arange(frontend.clip_samples) / frontend.sample_rate_hz
    ).astype(np.float32)
    clicks = np.zeros_like(tone)
    clicks[5_000::9_000] = 0.9
    level = (
        frontend(np.stack([tone, clicks])).numpy()[:, 30:-30].max(axis=2).max(axis=1)
    )  # [sound, channel], without where the tone starts
    assert level[0, 0] > level[0, 1] + 20
    assert level[1, 1] > level[1, 0] + 20


@pytest.mark.parametrize("bpm", [93.0, 128.0])
def test_bars_stand_below_each_other(bpm):
    """Clicks at a steady tempo make the same columns in every row; at another row length they would
    drift.
    """
    frontend = Bars(clip_s=12.0, mels=23, bars=3, steps=40)
    clicks = np.zeros(frontend.clip_samples, np.float32)
    for beat in range(99):
        start = round((0.31 + beat * 60 / bpm) * frontend.sample_rate_hz)
        accent = 0.9 if beat % 4 == 0 else 0.3
        clicks[start : start + 300] = accent * np.random.default_rng(beat % 4).normal(
            size=len(clicks[start : start + 300])
        )
    level = frontend(clicks[np.newaxis])[0].numpy().mean(axis=-1)  # [bars, steps]
    assert np.corrcoef(level)[np.triu_indices(3, 1)].min() > 0.9
    peaks = level.mean(axis=0).argsort()[::-1][:4]
    assert (
        np.ptp((peaks + 5) % 10) <= 1
    )  # four beats, a quarter of the row apart, the first at its start


def script_lowlevel(y, sr):
    """SpotGenTrack's numbers as the calls of its script, feature by feature from the waveform."""
    reflect = {"y": y, "sr": sr, "pad_mode": "reflect"}
    tones = np.abs(librosa.cqt(**reflect, n_bins=84, bins_per_octave=12, tuning=None))
    chroma = librosa.feature.chroma_cqt(C=tones, bins_per_octave=12)
    rms = librosa.feature.rms(y=y, pad_mode="reflect")[0]
    energy = 0.0
    for value in rms:
        q = abs(float(value) - float(np.mean(rms)))
        energy += q * np.log10(q)
    return {
        "MFCC": librosa.feature.mfcc(**reflect, n_mfcc=48).mean(axis=1),
        "Chroma": chroma.mean(axis=1),
        "MEL": librosa.feature.melspectrogram(**reflect).mean(axis=1),
        "ZCR": librosa.feature.zero_crossing_rate(y).mean(),
        "Tonnetz": librosa.feature.tonnetz(chroma=chroma).mean(axis=1),
        "spectral_centroid": librosa.feature.spectral_centroid(**reflect)[0][0],
        "Spectral_contrast": librosa.feature.spectral_contrast(**reflect).mean(axis=1),
        "spectral_rollOff_min": librosa.feature.spectral_rolloff(
            **reflect, roll_percent=0.1
        ).mean(),
        "spectral_rollOff_max": librosa.feature.spectral_rolloff(
            **reflect, roll_percent=0.85
        ).mean(),
        "spectral_bandwith": librosa.feature.spectral_bandwidth(**reflect).mean(),
        "entropy_energy": energy * 30 / (len(y) / sr),
    }


def test_lowlevel_is_what_the_published_script_computes():
    frontend = LowLevel(clip_s=3.7)
    y = batch(frontend, 1)[0]
    expected = script_lowlevel(y, 44_100)
    result = dict(zip(frontend.field.columns, frontend(y[np.newaxis])[0].numpy(), strict=True))
    assert len(result) == 207
    for name, value in expected.items():
        found = (
            [result[f"{name}_{n}"] for n in range(1, len(value) + 1)]
            if np.ndim(value)
            else result[name]
        )
        np.testing.assert_allclose(found, value, rtol=2e-4, atol=1e-4, err_msg=name)
