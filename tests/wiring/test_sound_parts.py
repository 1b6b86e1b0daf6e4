"""Songs by their sound: one under several names, and one that inputs cut unevenly."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr
import tensorflow as tf

SHORT = ("epochs=1", "clip_s=0.5", "logmel.mels=8")
COPIES = 3
HIGH_HZ, LOW_HZ, CLIP_S = 44_100, 16_000, 0.5


def sets(*values: str) -> list[str]:
    """The words of a command that set hyperparameters."""
    return [word for value in values for word in ("--set", value)]


@pytest.fixture
def copies(table: pd.DataFrame, tmp_path: Path) -> pd.DataFrame:
    """The songs without artists, three of each sound under other names and in other files."""
    draw, paths = np.random.default_rng(11), []
    sounds = draw.normal(0, 3000, (len(table) // COPIES, 9_000)).astype("int16")
    for song, track_id in enumerate(table["track_id"]):
        paths.append(str(tmp_path / f"{track_id}.wav"))
        soundfile.write(paths[-1], sounds[song % len(sounds)], 16_000)
    sound = np.arange(len(table)) % len(sounds)
    return table.drop(columns=["artist", "split"]).assign(audio=paths, sound=sound)


def test_the_same_sound_under_two_names_is_one_song(
    copies: pd.DataFrame,
    ended: Callable[..., Any],
    kerasfeat: Callable[..., Any],
    tmp_path: Path,
) -> None:
    given = ["fit", "--members", "network", "--task", "mood", "--inputs", "logmel", *sets(*SHORT)]
    copies.to_csv(tmp_path / "songs.csv", index=False)
    ended(*given, "--data", tmp_path / "songs.csv", "--folds", "2", "--out", tmp_path / "run")
    parts = pd.read_csv(tmp_path / "run" / "splits.csv").merge(copies, on="track_id")
    assert set(parts["fold"]) == {"1", "2", "final"} and len(parts) == 3 * len(copies)
    assert (parts.groupby(["fold", "sound"])["part"].nunique() == 1).all()
    assert parts.groupby("fold")["part"].nunique().tolist() == [3, 3, 2]
    leaking = copies.assign(split=np.resize(["train", "train", "validation", "test"], len(copies)))
    leaking.to_csv(tmp_path / "leaking.csv", index=False)
    out = tmp_path / "refused"
    end = kerasfeat(*given, "--data", tmp_path / "leaking.csv", "--split", "table", "--out", out)
    assert end.code == 1 and "shared audio" in end.err


def windows(samples: int, rate_hz: int) -> int:
    """How many clips a song is cut into: a rest of at least a tenth of a clip is one more."""
    clip = round(CLIP_S * rate_hz)
    whole, rest = divmod(samples, clip)
    return max(1, whole + (whole > 0 and 10 * rest >= clip))


def tone(samples: int, frequency_hz: float) -> np.ndarray:
    """A tone in some noise as those that the model learns from, with nothing above 8 kHz."""
    seconds = np.arange(samples) / LOW_HZ
    noise = np.random.default_rng(2).normal(0, 0.02, samples)
    wave = 0.2 * np.sin(2 * np.pi * frequency_hz * seconds) + noise
    return soxr.resample(wave.astype("float32"), LOW_HZ, HIGH_HZ)[:samples]


def uneven() -> np.ndarray:
    """A song that one input cuts into two windows, another into one; its end is another tone."""
    for samples in range(int(1.1 * CLIP_S * HIGH_HZ) - 20, int(1.1 * CLIP_S * HIGH_HZ) + 20):
        song = tone(samples, 440)
        low = len(soxr.resample(song, HIGH_HZ, LOW_HZ, quality="HQ"))
        if windows(samples, HIGH_HZ) != windows(low, LOW_HZ):
            return np.concatenate([song[: -samples // 12], tone(samples, 2500)[-samples // 12 :]])
    raise AssertionError("no length found")


def test_a_song_that_inputs_cut_unevenly_is_answered_alike_by_keras_and_the_export(
    table: pd.DataFrame,
    with_sounds: Callable[[pd.DataFrame], pd.DataFrame],
    fit: Callable[..., Path],
    ended: Callable[..., Any],
    tmp_path: Path,
) -> None:
    run = fit(
        with_sounds(table),
        "run",
        *("--task", "mood", "--inputs", "logmel,mfcc", *sets(*SHORT, "units=5")),
        *sets(f"logmel.sample_rate_hz={LOW_HZ}", f"mfcc.sample_rate_hz={HIGH_HZ}"),
    )
    # Beside a song of more windows, since a server answers for songs of all lengths at once.
    songs = [uneven(), tone(2 * HIGH_HZ, 1200)]
    paths = [tmp_path / "uneven.wav", tmp_path / "longer.wav"]
    for path, song in zip(paths, songs, strict=True):
        soundfile.write(path, song, HIGH_HZ, subtype="FLOAT")
    told = json.loads(ended("predict", run, *paths, "--format", "json").out)
    keras = [list(record["probabilities"].values()) for record in told]
    assert np.max(keras) < 0.99  # or no difference of windows would be seen
    ended("export", run, tmp_path / "exports", "--name", "mood")
    exported = tf.saved_model.load(str(tmp_path / "exports" / "mood" / "1")).signatures
    lengths = [len(song) for song in songs]
    padded = tf.stack([np.pad(song, (0, max(lengths) - len(song))) for song in songs])
    answers = {
        "audio": exported["audio"](waveform=padded, waveform_length=tf.constant(lengths)),
        "wav_bytes": exported["wav_bytes"](wav_bytes=tf.constant([p.read_bytes() for p in paths])),
    }
    # The export resamples by its own filter, which is 0.001 here; another window would be 0.2.
    for name, answer in answers.items():
        np.testing.assert_allclose(answer["probabilities"], keras, atol=0.01, err_msg=name)
