"""The feature columns of the demo's table: what an imperfect catalogue would say of a song."""

import numpy as np

from kerasfeat.datasets.demo.latents import Song
from kerasfeat.songs.schema import FEATURES

COLUMNS = (
    "track_id",
    "title",
    "artist",
    "album",
    "audio",
    *FEATURES,
    "popularity",
    "mood",
    "genre",
    "genres",
    "source",
)
MISSING_SHARE = 0.015

# A full song's length, median in seconds; the audio is an excerpt of it.
MEDIAN_DURATION_S = {"ambient": 230, "electronic": 215, "folk": 210, "hip hop": 205, "rock": 215}


def sigmoid(x: float) -> float:
    """The logistic function: any number to (0, 1)."""
    return 1 / (1 + np.exp(-x))


def measure(rng: np.random.Generator, song: Song) -> dict[str, int | float | None]:
    """The 13 feature columns of a song, in the ranges that Spotify documents; None if missing."""
    noise = rng.normal(size=12)
    excitement = song.arousal + 0.8 * song.grit + 0.6 * noise[0]
    pleasure = song.valence + 0.65 * noise[1]
    groove = song.groove + 0.5 * song.valence + 0.4 * noise[2]
    silence = -song.voice + 0.7 * noise[3]  # how little is sung
    speech = song.speech + 0.6 * noise[4]
    loudness = -9 + 1.2 * song.arousal + 0.7 * song.grit - 0.7 * song.acoustic
    loudness += 1.3 * song.artist.fame
    longer = 0.1 * song.live - 0.1 * song.voice - 0.1 * song.speech + 0.2 * noise[9]
    values = {
        "danceability": sigmoid(0.4 + 0.8 * groove),
        "energy": sigmoid(0.4 + 1.1 * excitement),
        # A fifth too high is the classic mistake.
        "key": (song.key + (7 if rng.random() < 0.1 else 0)) % 12,
        "loudness": min(loudness + 2.2 * noise[5], -0.5),
        "mode": int(song.major if rng.random() < 0.88 else not song.major),
        "speechiness": 0.03 + 0.5 * sigmoid(2.2 * (speech - 1.2)),
        "acousticness": sigmoid(2.0 * (song.acoustic + 0.65 * noise[6]) - 0.6),
        "instrumentalness": 0.95 * sigmoid(3.5 * (silence - 0.2)) ** 2,
        "liveness": 0.06 + 0.85 * sigmoid(2.0 * (song.live + 0.5 * noise[7] - 1.0)),
        "valence": sigmoid(1.3 * pleasure),
        "tempo": mistaken_octave(rng, song.tempo_bpm) * (1 + 0.01 * noise[8]),
        "duration_ms": round(1000 * MEDIAN_DURATION_S[song.genre] * np.exp(longer)),
        "time_signature": song.beats_per_bar if rng.random() < 0.95 else int(rng.choice([3, 4, 5])),
    }
    rounded = {name: _rounded(values[name]) for name in FEATURES}
    return {
        name: None if rng.random() < MISSING_SHARE else value for name, value in rounded.items()
    }


def _rounded(value: int | float) -> int | float:
    return round(float(value), 4) if isinstance(value, float) else int(value)


def mistaken_octave(rng: np.random.Generator, tempo_bpm: float) -> float:
    """The tempo as beat trackers find it: now and then half of a fast one or twice a slow one."""
    if rng.random() > 0.2:
        return tempo_bpm
    return tempo_bpm / 2 if tempo_bpm > 110 else tempo_bpm * 2


def popularity(rng: np.random.Generator, song: Song) -> int:
    """How much a song is played, 0 to 100: mostly chance and fame, a little how it sounds."""
    appeal = (
        42
        + 9 * song.artist.fame
        + 4 * song.arousal
        + 4 * song.valence
        + 3 * song.groove
        + 11 * rng.normal()
    )
    return int(np.clip(round(appeal), 0, 100))
