"""Tunes: songs with phrases, cadences and melodies, by instruments and in rooms of random make.

The songs of describe_songs.py all have chords and begin with their first bar. Here a melody may be
alone or above a drone, phrases come again and end as phrases do, and a song may be heard from its
middle on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from describe_songs import CHORDS, SCALES, Band, Known, add, drawn_tempo, levelled
from tune_sounds import Instrument, in_a_room

from kerasfeat.arrays import Array
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ

FORMS = ("AABA", "ABAB", "ABAC", "AAAB", "ABCB", "AB", "A")  # the last phrase of each closes
BLUES = (0, 0, 0, 0, 5, 5, 0, 0, 7, 5, 0, 0)
# Roots of chords that go round and round, in semitones above the tonic, by whether it is major.
LOOPS = {
    True: (
        (0, 7, 9, 5), (0, 5), (0, 5, 7, 5), (0, 9, 5, 7), (0, 10, 5, 0), (2, 7, 0, 0),
        (9, 5, 0, 7), BLUES,
    ),
    False: (
        (0, 10, 8, 7), (0, 8, 3, 10), (0, 5), (0, 5, 7, 0), (0, 10), (0, 8, 10, 0), (0,),
        (0, 3, 10, 5), BLUES,
    ),
}  # fmt: skip
# Roots of chords by what they do, and what may follow.
ROLES = {
    True: {"tonic": (0, 0, 0, 9, 4), "before": (5, 5, 2), "dominant": (7, 7, 7, 11)},
    False: {"tonic": (0, 0, 0, 8, 3), "before": (5, 5, 10, 2), "dominant": (7, 7, 10)},
}
AFTER = {
    "tonic": ("before", "dominant", "tonic"),
    "before": ("dominant", "before", "tonic"),
    "dominant": ("tonic", "tonic", "dominant"),
}
KINDS = {
    True: {0: "major", 2: "minor", 4: "minor", 5: "major", 7: "major", 9: "minor", 10: "major",
           11: "diminished"},
    False: {0: "minor", 2: "diminished", 3: "major", 5: "minor", 7: "major", 8: "major",
            10: "major"},
}  # fmt: skip
MODES = {True: (*SCALES[True][:1] * 6, SCALES[True][1]), False: SCALES[False]}
# Who plays, and how often.
TEXTURES = {
    ("melody",): 0.25,
    ("melody", "drone"): 0.05,
    ("melody", "bass"): 0.1,
    ("melody", "chords", "bass"): 0.3,
    ("melody", "chords"): 0.1,
    ("melody", "thirds", "bass"): 0.05,
    ("chords", "bass"): 0.1,
    ("chords",): 0.05,
}
STEPS = np.arange(-4, 5)  # of a melody, in places of the scale
STEP_WEIGHTS = np.array([0.6, 0.8, 2.2, 4.0, 1.0, 4.0, 2.2, 0.8, 0.6])
DEGREE_WEIGHTS = np.array([3.0, 1.3, 2.2, 1.4, 2.6, 1.2, 1.0])


@dataclass(frozen=True)
class _Phrase:
    """What is played in some bars.

    Attributes:
        roots: of the chord of each half bar, in semitones above the tonic.
        line: (step at which it begins, steps that it lasts, place in the scale) of each note.
    """

    roots: list[int]
    line: list[tuple[int, int, int]]


@dataclass(frozen=True)
class _Note:
    """A note of a bar: semitone, step at which it begins, steps that it lasts."""

    semitone: int
    step: int
    steps: float


def tunes(seed: int, songs: int) -> Iterator[Known]:
    """Songs at tempos spread evenly over the octaves, in all 24 keys in turn."""
    rng = np.random.default_rng([seed, 81])
    for number in range(songs):
        yield _Players(rng, drawn_tempo(rng), number % 12, bool(number // 12 % 2)).play()


class _Players(Band):
    """Those of one tune."""

    def __init__(self, rng: np.random.Generator, tempo_bpm: float, tonic: int, major: bool) -> None:
        super().__init__(rng, tempo_bpm, tonic, major)
        self.audio = np.zeros(int(rng.uniform(6, 20) * SAMPLE_RATE_HZ), np.float32)
        if rng.random() < 0.5:
            self.begins = rng.uniform(0, len(self.audio))
        self.drift *= 0.4
        self.detune = 0.2 * rng.normal() * (rng.random() < 0.7)
        self.bars = int((len(self.audio) + self.begins) / self.beat / self.beats) + 2
        self.phrase_bars = int(rng.choice([2, 4, 4]))
        self.form = str(rng.choice(FORMS))
        self.scale = MODES[major][int(rng.integers(len(MODES[major])))]
        self.minor_dominant = not major and 10 in self.scale and rng.random() < 0.5
        loops = LOOPS[major]
        self.loop = loops[int(rng.integers(len(loops)))] if rng.random() < 0.4 else ()
        self.phrases: dict[str, _Phrase] = {}

    def play(self) -> Known:
        """The song."""
        rng, textures = self.rng, list(TEXTURES)
        voices = textures[int(rng.choice(len(textures), p=list(TEXTURES.values())))]
        for voice in voices:
            self._play_voice(voice)
        if rng.random() < (0.5 if len(voices) > 1 else 0.1):
            pitched, self.audio = self.audio, np.zeros_like(self.audio)
            self.drums()
            level = rng.uniform(0.2, 1.2) * pitched.std() / max(float(self.audio.std()), 1e-6)
            self.audio = pitched + np.float32(level) * self.audio
        audio = in_a_room(rng, self.audio / max(float(self.audio.std()), 1e-6))
        return Known(levelled(audio), self.tempo_bpm, self.tonic, self.major, self.beats)

    def _play_voice(self, voice: str) -> None:
        """Add what one of the players plays."""
        instrument, level = Instrument(self.rng, self.detune), self.rng.uniform(0.3, 1.0)
        player = {
            "melody": _Melody,
            "thirds": _Thirds,
            "bass": _Bass,
            "chords": _Chords,
            "drone": _Drone,
        }[voice](self)
        for bar in range(self.bars):
            number, within = divmod(bar, self.phrase_bars)
            place = number % len(self.form)
            phrase = self._phrase(self.form[place], place == len(self.form) - 1)
            for note in player.notes(phrase, within):
                samples = max(int(note.steps / self.parts * self.beat), 900)
                start = self.sample(bar, note.step)
                if -samples < start < len(self.audio):
                    loud = level * self.rng.uniform(0.7, 1.1)
                    add(self.audio, instrument.note(note.semitone, samples), start, loud)

    def _phrase(self, letter: str, closes: bool) -> _Phrase:
        name = letter + "." * closes
        if name not in self.phrases:
            roots = self._roots(closes)
            self.phrases[name] = _Phrase(roots, self._line(roots, closes))
        return self.phrases[name]

    def _roots(self, closes: bool) -> list[int]:
        rng, halves = self.rng, 2 * self.phrase_bars
        if self.loop:
            each = 2 if rng.random() < 0.7 else 1
            return [self.loop[half // each % len(self.loop)] for half in range(halves)]
        roots: list[int] = []
        role = "tonic" if rng.random() < 0.8 else "before"
        while len(roots) < halves:
            roots += [int(rng.choice(ROLES[self.major][role]))] * int(rng.choice([1, 2, 2]))
            role = str(rng.choice(AFTER[role]))
        if rng.random() < 0.85:
            roots[halves - 4 :] = [7, 7, 0, 0] if closes or rng.random() < 0.4 else [5, 5, 7, 7]
        return roots[:halves]

    def _line(self, roots: list[int], closes: bool) -> list[tuple[int, int, int]]:
        """The notes of a melody, as of _Phrase."""
        rng, steps = self.rng, self.phrase_bars * self.steps
        starts = self._beginnings()
        if rng.random() < 0.7:  # the last note is held
            starts = starts[starts <= steps - self.steps + self.beats // 2 * self.parts]
        place, line = int(rng.choice([0, 2, 4])), []
        for start, end in zip(starts, [*starts[1:], steps], strict=True):
            degrees, on_beat = (place + STEPS) % 7, start % self.parts == 0
            root = roots[2 * start // self.steps]
            tones = [(root + tone) % 12 for tone in self.chord(root)]
            weights = STEP_WEIGHTS * np.exp(-(((place + STEPS - 3) / 6) ** 2))
            weights = weights * DEGREE_WEIGHTS[degrees] ** (1.0 if on_beat else 0.4)
            fits = np.isin(np.array(self.scale)[degrees], tones)
            weights = weights * np.where(fits, 2.5 if on_beat else 1.3, 1)
            if end == steps:
                ending = np.isin(degrees, 0 if closes else (0, 1, 2, 4))
                weights = weights * np.where(ending, 8, 0.3)
            place += int(rng.choice(STEPS, p=weights / weights.sum()))
            line.append((int(start), int(end - start), place))
        return line

    def _beginnings(self) -> Array:
        """The steps of a phrase at which notes of its melody begin, in order."""
        rng, step = self.rng, np.arange(self.steps)
        bars = []
        for _ in range(int(rng.integers(1, 3))):
            share = np.where(step % self.parts == 0, 0.75, rng.uniform(0, 0.9))
            bars.append((rng.random(self.steps) < share) | (step == 0))
        drawn = [bars[int(rng.integers(len(bars)))] for _ in range(self.phrase_bars)]
        return np.flatnonzero(np.concatenate(drawn))

    def chord(self, root: int) -> tuple[int, ...]:
        """The tones of the chord on a root, in semitones above it."""
        kind = KINDS[self.major][root]
        return CHORDS["minor" if root == 7 and self.minor_dominant else kind]

    def above(self, lowest: int, tone: int) -> int:
        """The first note of a pitch class, in semitones above the tonic, from a semitone on."""
        return lowest + (self.tonic + tone - lowest) % 12


class _Melody:
    """Who plays the melody."""

    higher = 0  # places of the scale

    def __init__(self, players: _Players) -> None:
        self.players = players
        self.tonic = players.above(int(players.rng.integers(52, 76)), 0)
        self.held = players.rng.uniform(0.6, 1.05)

    def notes(self, phrase: _Phrase, bar: int) -> Iterator[_Note]:
        """What is played in a bar of a phrase."""
        for start, steps, place in phrase.line:
            number, step = divmod(start, self.players.steps)
            if number == bar:
                octave, degree = divmod(place + self.higher, 7)
                semitone = self.tonic + 12 * octave + self.players.scale[degree]
                yield _Note(semitone, step, steps * self.held)


class _Thirds(_Melody):
    """Who plays along, a third below."""

    higher = -2


class _Bass:
    """Who plays the chords' roots."""

    def __init__(self, players: _Players) -> None:
        self.players = players
        self.style = str(players.rng.choice(["long", "beats", "fifths", "walk"]))

    def notes(self, phrase: _Phrase, bar: int) -> Iterator[_Note]:
        """What is played in a bar of a phrase."""
        players = self.players
        is_long = self.style == "long"
        beats: Iterable[int] = (0, players.beats // 2) if is_long else range(players.beats)
        for number, beat in enumerate(beats):
            root = phrase.roots[2 * bar + int(2 * beat >= players.beats)]
            tones, tone = players.chord(root), 0
            if number % 2 and self.style in ("fifths", "walk"):
                tone = tones[2] if self.style == "fifths" else int(players.rng.choice(tones))
            beats_long = players.beats / 2 if is_long else 0.9
            semitone = players.above(33, root + tone)
            yield _Note(semitone, beat * players.parts, beats_long * players.parts)


class _Chords:
    """Who plays the chords."""

    def __init__(self, players: _Players) -> None:
        rng, half = players.rng, max(players.parts // 2, 1)
        self.players, self.lowest = players, int(rng.integers(46, 62))
        self.with_thirds, self.with_sevenths = rng.random() < 0.9, rng.random() < 0.2
        styles: dict[str, Sequence[int]] = {
            "long": (0, players.beats // 2 * players.parts),
            "beats": range(0, players.steps, players.parts),
            "off beats": range(half, players.steps, players.parts),
            "broken": range(0, players.steps, half),
        }
        self.style = str(rng.choice([*styles, "broken"]))
        self.starts = styles[self.style]
        self.order = (0, 2, 1, 2) if rng.random() < 0.5 else (0, 1, 2, 1)

    def notes(self, phrase: _Phrase, bar: int) -> Iterator[_Note]:
        """What is played in a bar of a phrase."""
        players = self.players
        beats_long = players.beats / 2 if self.style == "long" else 0.8
        for number, start in enumerate(self.starts):
            root = phrase.roots[2 * bar + int(2 * start >= players.steps)]
            tones = self._tones(root)
            if self.style == "broken":
                tones = [tones[self.order[number % 4] % len(tones)]]
            for tone in tones:
                semitone = players.above(self.lowest, root + tone)
                yield _Note(semitone, start, beats_long * players.parts)

    def _tones(self, root: int) -> list[int]:
        tones = list(self.players.chord(root))
        if self.with_sevenths:
            tones.append(10 if tones[1] == 3 or root == 7 else 11)
        return tones if self.with_thirds else [tones[0], tones[2]]


class _Drone:
    """Who holds the tonic."""

    def __init__(self, players: _Players) -> None:
        self.players = players
        self.tones = (0, 7) if players.rng.random() < 0.5 else (0,)

    def notes(self, phrase: _Phrase, bar: int) -> Iterator[_Note]:
        """What is played in a bar of a phrase."""
        for tone in self.tones:
            yield _Note(self.players.above(40, tone), 0, self.players.steps)
