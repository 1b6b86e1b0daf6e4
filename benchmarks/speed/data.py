"""What the rows work on: real clips and tables where they lie, else songs that are synthesised."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from benchmarks.describe_songs import demo_songs
from benchmarks.speed.measured import CACHE, Setting
from kerasfeat.audio.decode import audio_files, decode
from kerasfeat.datasets import demo
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ, draw_songs

CLIP_S = 30
SEED = 11
NETWORKS = ("yamnet", "musicnn_msd")
MOODS, SPOTIFY = "moods.csv", "spotify_songs.csv"
TABLES = {MOODS: 470, SPOTIFY: 14_000}  # and how many songs they have


def clips(setting: Setting, count: int) -> list[Path]:
    """At most 100 MP3 clips of 30 s."""
    if setting.is_real:
        return audio_files(setting.data / "emotify" / "audio")[:count]
    return audio_files(_synthesised(setting.work / "clips", count))[:count]


def _synthesised(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, song in enumerate(demo_songs(SEED, count, CLIP_S)):
        path = folder / f"{number:03}.mp3"
        if not path.exists():
            soundfile.write(path, song.audio, SAMPLE_RATE_HZ)
    return folder


def pieces(setting: Setting, count: int, piece_s: float) -> list[Path]:
    """MP3 clips of a few seconds, all of other content, cut out of those of 30 s."""
    folder = setting.work / f"pieces-{piece_s:g}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:05}.mp3" for number in range(count)]
    if not paths[-1].exists():
        for path, sound in zip(paths, _cut(setting, piece_s), strict=False):
            soundfile.write(path, sound, SAMPLE_RATE_HZ)
    return paths


def _cut(setting: Setting, piece_s: float) -> Iterator[np.ndarray]:
    """Pieces without end."""
    size, shift = round(piece_s * SAMPLE_RATE_HZ), 0
    while True:
        for clip in clips(setting, 24):
            sound = decode(clip, SAMPLE_RATE_HZ)[shift:]
            yield from (sound[start : start + size] for start in range(0, len(sound) - size, size))
        shift += 997


def noises(folder: Path, count: int) -> Path:
    """A folder of WAV files of 0.2 to 0.6 s of noise, all of other content."""
    noise = np.random.default_rng(0).integers(-9000, 9000, 8000).astype(np.int16)
    for number in range(count):
        path = folder / f"{number // 1000:04}" / f"{number:06}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            samples = noise[: 1600 + number % 7 * 500].copy()
            samples[:2] = number % 30_000, number // 30_000
            soundfile.write(path, samples, 8000)
    return folder


def table(setting: Setting, name: str, rows: int | None = None) -> Path:
    """One of TABLES, or so many rows of it."""
    source = setting.data / name
    if source.is_file() and rows is None:
        return source
    path = setting.work / f"{rows or 'all'}-{name}"
    if not path.exists():
        frame = pd.read_csv(source) if source.is_file() else _drawn(name)
        # Their order in the file is by genre.
        frame = frame.sample(frac=1, random_state=0, ignore_index=True)
        times = -(-(rows or len(frame)) // len(frame))
        frame = pd.concat([frame] * times, ignore_index=True)[: rows or None]
        if times > 1:  # songs of their own, whatever else is the same
            key = "track_id" if "track_id" in frame else "id"
            frame[key] = [f"song{number:07}" for number in range(len(frame))]
        frame.to_csv(path, index=False)
    return path


def _drawn(name: str) -> pd.DataFrame:
    """A synthesised table with the columns that the rows look for."""
    text = demo.table(draw_songs(SEED, TABLES[name]), SEED)
    frame = pd.read_csv(StringIO(text)).drop(columns="audio")
    return frame.rename(columns={"genre": "playlist_genre"}) if name == SPOTIFY else frame


def labelled(setting: Setting, paths: Sequence[Path], name: str) -> Path:
    """A table of clips with moods that are drawn: what is learnt is nothing, and takes as long."""
    moods = np.random.default_rng(0).choice(["happy", "sad", "calm"], len(paths))
    path = setting.work / f"{name}.csv"
    audio = [path.absolute() for path in paths]
    artists = [f"artist {number % 31}" for number in range(len(paths))]
    frame = pd.DataFrame({"artist": artists, "audio": audio, "mood": moods})
    frame.insert(0, "track_id", [f"clip{number:05}" for number in range(len(paths))])
    frame.to_csv(path, index=False)
    return path


def use_cache(setting: Setting) -> None:
    """A cache of these rows' own, with YAMNet and musicnn: their weights where they are on this
    machine, else random ones, which take as long.
    """
    import hub_models

    cache = setting.work / "cache"
    for name in NETWORKS:
        own = cache / "hub" / name
        if own.exists():
            continue
        if hub_models.is_cached(name):
            shutil.copytree(hub_models.locate(name, "cached").parent, own)
        else:
            sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
            import stand_in

            stand_in.write_random_weights(own, hub_models.get(name))
    os.environ[CACHE] = str(cache)
