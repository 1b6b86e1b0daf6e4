"""What a demo song is before it is heard or measured: its mood, its genre, and its artist's habits.

Audio (`score`, `instruments`) and feature columns (`columns`) are two independent noisy readings of
these numbers, so that neither alone tells the whole truth. Unless a unit is named, a latent is in
standard deviations around zero.
"""

from dataclasses import dataclass

import numpy as np

SAMPLE_RATE_HZ = 22050
SHORTEST_S, LONGEST_S = 6, 10
SONGS_PER_ARTIST = 8
FEWEST_ARTISTS = 20  # every genre meets every mood area once

GENRES = ("ambient", "electronic", "folk", "hip hop", "rock")
# mood -> sign of (arousal, valence)
AREAS = {"calm": (-1, 1), "energetic": (1, -1), "happy": (1, 1), "sad": (-1, -1)}
PARTS = ("drums", "bass", "chords", "lead")


@dataclass(frozen=True)
class GenreMeans:
    """What the songs of a genre scatter around."""

    arousal: float
    groove: float
    acoustic: float
    voice: float
    speech: float
    live: float
    tempo_octaves: float


_MEANS = {
    #              arousal groove acoustic voice speech live  tempo_octaves
    "ambient": (-0.15, -0.8, 0.3, -1.1, -0.6, -0.1, -0.20),
    "electronic": (0.10, 0.7, -1.0, -0.6, -0.3, -0.3, 0.10),
    "folk": (-0.10, -0.3, 1.1, 0.6, -0.2, 0.4, -0.04),
    "hip hop": (0.00, 0.8, -0.3, 0.7, 1.2, -0.3, -0.14),
    "rock": (0.15, -0.1, -0.7, 0.6, -0.4, 0.4, 0.08),
}
GENRE_MEANS = {genre: GenreMeans(*means) for genre, means in _MEANS.items()}


@dataclass(frozen=True)
class Artist:
    """An artist's habits, shared by all songs of the artist and by no other artist's."""

    number: int
    genre: str
    area: str
    fame: float
    brightness: float
    tempo_octaves: float
    reverb: float
    detune_semitones: float
    register_semitones: float


@dataclass(frozen=True)
class Song:
    """The latents of a song; `parts` names the genre that each of PARTS is played in."""

    number: int
    artist: Artist
    genre: str
    mood: str
    arousal: float
    valence: float
    grit: float
    groove: float
    acoustic: float
    voice: float
    speech: float
    live: float
    major: bool
    key: int
    tempo_bpm: float
    beats_per_bar: int
    samples: int
    parts: dict[str, str]

    @property
    def genres(self) -> list[str]:
        """The song's genre and all that its parts are played in, sorted."""
        return sorted({self.genre, *self.parts.values()})


def draw_artists(rng: np.random.Generator, count: int) -> list[Artist]:
    """`count` artists, whose genres and mood areas cover all pairs evenly."""
    pairs = [(genre, area) for area in AREAS for genre in GENRES]
    artists = []
    for number in range(count):
        genre, area = pairs[number % len(pairs)]
        fame, brightness, tempo, reverb, detune, register = rng.normal(size=6)
        artists.append(
            Artist(
                number=number,
                genre=genre,
                area=area,
                fame=fame,
                brightness=0.5 * brightness,
                tempo_octaves=0.08 * tempo,
                reverb=reverb,
                detune_semitones=0.2 * detune,
                register_semitones=1.5 * register,
            )
        )
    return artists


def draw_songs(seed: int, count: int) -> list[Song]:
    """`count` songs in random order, [number] -> Song; lengths in samples all differ."""
    rng = np.random.default_rng([seed, 0])
    artists = draw_artists(rng, min(count, max(FEWEST_ARTISTS, count // SONGS_PER_ARTIST)))
    owners = rng.permutation(np.arange(count) % len(artists))
    lengths = np.arange(SHORTEST_S * SAMPLE_RATE_HZ, LONGEST_S * SAMPLE_RATE_HZ)
    samples = rng.choice(lengths, size=count, replace=False)
    return [
        draw_song(rng, number, artists[owners[number]], int(samples[number]))
        for number in range(count)
    ]


def draw_song(rng: np.random.Generator, number: int, artist: Artist, samples: int) -> Song:
    """One song of an artist, who mostly keeps to a genre and often to a mood area."""
    genre = artist.genre if rng.random() < 0.88 else str(rng.choice(GENRES))
    area = AREAS[artist.area if rng.random() < 0.5 else str(rng.choice(list(AREAS)))]
    means = GENRE_MEANS[genre]
    arousal = 1.0 * area[0] + means.arousal + 0.45 * rng.normal()
    valence = 1.0 * area[1] + 0.45 * rng.normal()
    octaves = artist.tempo_octaves + means.tempo_octaves + 0.13 * arousal + 0.10 * rng.normal()
    return Song(
        number=number,
        artist=artist,
        genre=genre,
        mood=mood_of(arousal + 0.1 * rng.normal(), valence + 0.1 * rng.normal()),
        arousal=arousal,
        valence=valence,
        grit=rng.normal(),
        groove=means.groove + 0.6 * rng.normal(),
        acoustic=means.acoustic - 0.25 * arousal + 0.6 * rng.normal(),
        voice=means.voice + 0.6 * rng.normal(),
        speech=means.speech + 0.6 * rng.normal(),
        live=means.live + 0.8 * rng.normal(),
        major=bool(rng.random() < 1 / (1 + np.exp(-1.8 * valence))),
        key=int(rng.integers(12)),
        tempo_bpm=float(np.clip(112 * 2**octaves, 60, 190)),
        beats_per_bar=3 if rng.random() < (0.15 if genre in ("ambient", "folk") else 0.03) else 4,
        samples=samples,
        parts={part: genre if rng.random() < 0.6 else str(rng.choice(GENRES)) for part in PARTS},
    )


def mood_of(arousal: float, valence: float) -> str:
    """The mood whose quadrant of the arousal-valence plane the point lies in."""
    signs = (1 if arousal > 0 else -1, 1 if valence > 0 else -1)
    return next(mood for mood, area in AREAS.items() if area == signs)
