"""Songs whose tempo, key and metre are known: those of the demo, others of random make, clicks.

The demo's genres have one pattern each. The others here draw their rhythms, chords and sounds, so
that what was trained on both knows more than the demo's habits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.datasets.demo.instruments import burst, note, sweep
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ, draw_songs
from kerasfeat.datasets.demo.score import compose

SLOWEST_BPM, FASTEST_BPM = 60.0, 180.0
TIMBRES = ("sine", "soft", "pluck", "saw", "square", "keys", "voice")
CHORDS = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "seventh": (0, 4, 7, 10)}
# Of each mode: semitones above the tonic, kind, and how often it is taken.
PROGRESSIONS = {
    True: (
        (0, "major", 6.0), (5, "major", 4.0), (7, "major", 5.0), (9, "minor", 3.0),
        (2, "minor", 2.0), (4, "minor", 1.0), (10, "major", 0.6), (2, "major", 0.5),
        (5, "minor", 0.4), (11, "diminished", 0.2), (0, "seventh", 0.5), (7, "seventh", 1.5),
    ),
    False: (
        (0, "minor", 6.0), (3, "major", 2.5), (5, "minor", 3.0), (7, "minor", 1.5),
        (7, "major", 2.0), (8, "major", 3.0), (10, "major", 3.0), (2, "diminished", 0.5),
        (7, "seventh", 1.5), (5, "major", 0.4), (1, "major", 0.2),
    ),
}  # fmt: skip
SCALES = {
    True: ((0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 5, 7, 9, 10)),
    False: ((0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 8, 11), (0, 2, 3, 5, 7, 9, 10)),
}


@dataclass(frozen=True)
class Known:
    """A song with what is known of it.

    Attributes:
        audio: float32 [samples] at SAMPLE_RATE_HZ.
        tempo_bpm: None where there is none.
        tonic: 0 for C to 11; None where there is none.
        major: whether the key is major.
        beats: in a bar; None where no bar can be heard.
    """

    audio: Array
    tempo_bpm: float | None
    tonic: int | None = None
    major: bool = True
    beats: int | None = None


def demo_songs(seed: int, songs: int, seconds: float | None = None) -> Iterator[Known]:
    """The demo's songs at tempos spread evenly over the octaves, in all 24 keys in turn.

    Args:
        seed: of the corpus.
        songs: how many.
        seconds: length of each; the demo's own, 6 to 10, by default.
    """
    rng = np.random.default_rng([seed, 77])
    for number, drawn in enumerate(draw_songs(seed, songs)):
        samples = int(seconds * SAMPLE_RATE_HZ) if seconds else drawn.samples
        song = replace(
            drawn,
            tempo_bpm=drawn_tempo(rng),
            key=number % 12,
            major=bool(number // 12 % 2),
            samples=samples,
        )
        audio = compose(song, seed)
        yield Known(audio, song.tempo_bpm, song.key, song.major, song.beats_per_bar)


def other_songs(seed: int, songs: int) -> Iterator[Known]:
    """Songs of random rhythms, chords and sounds, at the same tempos and keys."""
    rng = np.random.default_rng([seed, 78])
    for number in range(songs):
        yield Band(rng, drawn_tempo(rng), number % 12, bool(number // 12 % 2)).play()


def clicks(seed: int, songs: int) -> Iterator[Known]:
    """Click tracks, some with a higher click at the beginning of each bar."""
    rng = np.random.default_rng([seed, 79])
    for _ in range(songs):
        yield _click_track(rng, drawn_tempo(rng))


def noises(seed: int, songs: int) -> Iterator[Known]:
    """Sounds that have neither tempo nor key: noise that swells at random, tones that are held."""
    rng = np.random.default_rng([seed, 80])
    for number in range(songs):
        samples = int(rng.uniform(4, 12) * SAMPLE_RATE_HZ)
        places = np.linspace(0, samples, int(rng.integers(2, 30)))
        swell = np.interp(np.arange(samples), places, rng.uniform(0.1, 1, len(places)))
        if number % 2:
            sound = np.convolve(rng.standard_normal(samples), rng.standard_normal(8), "same")
        else:
            turns = np.arange(samples) / SAMPLE_RATE_HZ * 2 * np.pi
            sound = sum(np.sin(turns * hz) for hz in rng.uniform(80, 1500, int(rng.integers(1, 4))))
            swell = swell if rng.random() < 0.5 else np.ones(samples)
        yield Known(levelled(sound * swell), None)


def drawn_tempo(rng: np.random.Generator) -> float:
    return float(SLOWEST_BPM * (FASTEST_BPM / SLOWEST_BPM) ** rng.random())


def levelled(audio: Array) -> Array:
    audio = 0.1 * audio / max(float(audio.std()), 1e-9)
    return (audio * min(1.0, 0.95 / np.abs(audio).max())).astype(np.float32)


def _click_track(rng: np.random.Generator, tempo_bpm: float) -> Known:
    beat = 60 / tempo_bpm * SAMPLE_RATE_HZ
    samples = int(rng.uniform(6, 16) * SAMPLE_RATE_HZ)
    seconds = np.arange(int(rng.uniform(0.005, 0.08) * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    fall = np.exp(-seconds * rng.uniform(30, 200))
    hz = rng.uniform(500, 3000)
    noisy = rng.random() < 0.3
    wave = rng.standard_normal(len(seconds)) if noisy else np.sin(2 * np.pi * hz * seconds)
    accent = np.sin(2 * np.pi * hz * rng.choice([1.25, 1.5, 2.0]) * seconds)
    beats = int(rng.choice([1, 2, 3, 4, 4]))
    audio = np.zeros(samples, np.float32)
    start = rng.uniform(0, beat) if rng.random() < 0.6 else 0.0
    for number in range(int(samples / beat) + 1):
        first = beats > 1 and number % beats == 0
        add(audio, (1.3 * accent if first else wave) * fall, int(start + number * beat), 1.0)
    audio += np.float32(rng.choice([0, 0, 0.001, 0.01])) * rng.standard_normal(samples, np.float32)
    return Known(levelled(audio), tempo_bpm, beats=beats if beats > 2 else None)


def add(audio: Array, sound: Array, start: int, level: float) -> None:
    """Add a sound to a track, as far as it lies within."""
    sound, start = sound[max(-start, 0) :], max(start, 0)
    room = audio[start : start + len(sound)]
    room += np.float32(level) * sound[: len(room)]


class Band:
    """Players of one song, who have drawn what they play in each bar."""

    def __init__(self, rng: np.random.Generator, tempo_bpm: float, tonic: int, major: bool) -> None:
        self.rng, self.tempo_bpm, self.tonic, self.major = rng, tempo_bpm, tonic, major
        self.beats = int(rng.choice([4, 4, 4, 4, 3, 3]))
        self.parts = int(rng.choice([2, 4, 4, 4, 3]))  # of a beat
        self.steps = self.beats * self.parts
        self.beat = 60 / tempo_bpm * SAMPLE_RATE_HZ
        self.audio = np.zeros(int(rng.uniform(7, 16) * SAMPLE_RATE_HZ), np.float32)
        self.begins = rng.uniform(0, self.beats) * self.beat * (rng.random() < 0.5)
        self.uneven = abs(rng.normal()) * 0.008 * SAMPLE_RATE_HZ * (rng.random() < 0.6)
        self.drift = 0.01 * rng.normal() * (rng.random() < 0.3)
        self.late = rng.uniform(0.1, 0.33) * (self.parts == 4 and rng.random() < 0.2)
        self.detune = 0.25 * rng.normal() * (rng.random() < 0.6)
        self.bars = int((len(self.audio) + self.begins) / self.beat / self.beats) + 2
        self.sounds: dict[tuple[str, int, int], Array] = {}

    def play(self) -> Known:
        """The song."""
        with_drums = self.rng.random() < 0.65
        if with_drums:
            self.drums()
        if not with_drums or self.rng.random() < 0.95:
            self._harmony()
        audio, rng = self.audio / max(float(self.audio.std()), 1e-6), self.rng
        audio += np.float32(rng.choice([0, 0.003, 0.02, 0.1])) * rng.standard_normal(
            len(audio), np.float32
        )
        if rng.random() < 0.4:
            audio = np.tanh(audio * np.float32(rng.uniform(0.3, 1.5)))
        tonic = self.tonic if self.sounds else None
        return Known(levelled(audio), self.tempo_bpm, tonic, self.major, self.beats)

    def sample(self, bar: int, step: int) -> int:
        beat = bar * self.beats + step / self.parts + (self.late / self.parts if step % 2 else 0)
        drifted = beat * self.beat * (1 + self.drift * beat * self.beat / len(self.audio))
        return int(drifted - self.begins + self.rng.normal() * self.uneven)

    def _each(self, on: Array, play: Callable[[int, int], None]) -> None:
        """Call with the (bar, step) of each step that is on, [steps], with a few slips."""
        for bar in range(self.bars):
            for step in range(self.steps):
                if on[step] != (self.rng.random() < 0.03):
                    play(bar, step)

    def drums(self) -> None:
        rng = self.rng
        low_hz = rng.uniform(300, 1500)
        kit = (
            sweep(rng.uniform(0.06, 0.25), rng.uniform(90, 220), rng.uniform(40, 70)),
            burst(rng, rng.uniform(0.02, 0.1), low_hz, low_hz * rng.uniform(3, 8)),
            burst(rng, rng.uniform(0.01, 0.1), rng.uniform(3500, 7000), rng.uniform(8000, 11000)),
        )
        levels = (rng.uniform(0.3, 1.2), rng.uniform(0.2, 0.8), rng.uniform(0.05, 0.5))
        for drum, level, on in zip(kit, levels, self._patterns(), strict=True):

            def hit(bar: int, step: int, drum: Array = drum, level: float = level) -> None:
                loud = level * rng.uniform(0.75, 1.15)
                add(self.audio, drum, self.sample(bar, step), loud)

            self._each(on, hit)

    def _patterns(self) -> tuple[Array, Array, Array]:
        """Which steps of a bar kick, snare and hat play, [steps] each."""
        rng, step = self.rng, np.arange(self.steps)
        beat, on_beat = step // self.parts, step % self.parts == 0
        back = beat % 2 == 1 if self.beats == 4 else beat > 0
        style = rng.choice(["loose", "loose", "floor", "half", "rock", "ride"])
        kick = np.where(step == 0, 0.95, np.where(on_beat, np.where(back, 0.2, 0.7), 0.12))
        snare = np.where(on_beat & back, 0.95, 0.05)
        every = int(rng.choice([1, self.parts, max(self.parts // 2, 1)]))
        hat = np.where(step % every == 0, 0.95, 0.08)
        if style == "floor":
            kick = np.where(on_beat, 0.97, 0.03)
            hat = np.where(step % self.parts == self.parts // 2, 0.95, 0.1)
        elif style == "half":
            snare = np.where(on_beat & (beat == self.beats // 2), 0.95, 0.04)
        elif style == "rock":
            kick = np.where(on_beat & ~back, 0.97, np.where(step % 2 == 0, 0.25, 0.02))
            hat = np.where(step % max(self.parts // 2, 1) == 0, 0.97, 0.0)
        elif style == "ride":
            hat = np.where(
                on_beat, 0.95, np.where(back & (step % self.parts == self.parts - 1), 0.9, 0)
            )
        return tuple(rng.random(self.steps) < share for share in (kick, snare, hat))  # type: ignore[return-value]

    def _rhythm(self) -> Array:
        """Which steps of a bar begin a note, [steps]."""
        rng, step = self.rng, np.arange(self.steps)
        style = rng.choice(["loose", "loose", "beats", "parts", "off beat"])
        if style == "beats":
            return step % self.parts == 0
        if style == "parts":
            return step % max(self.parts // 2, 1) == 0
        if style == "off beat":
            return step % self.parts == self.parts // 2 if self.beats == 4 else step >= self.parts
        share = np.where(step == 0, 0.95, np.where(step % self.parts == 0, 0.6, 0.25))
        on = rng.random(self.steps) < share * rng.uniform(0.5, 1.4)
        on[0] |= not on.any()
        return on

    def _chords(self) -> list[tuple[int, str]]:
        """The chords that are played in turn: semitones above the tonic, and kind."""
        rng, known = self.rng, PROGRESSIONS[self.major]
        weights = np.array([weight for *_, weight in known])
        count = int(rng.choice([1, 2, 4, 4, 4, 8]))
        places = rng.choice(len(known), count, p=weights / weights.sum())
        if rng.random() < 0.75:
            places[0] = 0
        chords = [known[place][:2] for place in places]
        if count > 2 and rng.random() < 0.4:
            chords[-1] = (7, "major")
        return chords

    def _harmony(self) -> None:
        rng, chords = self.rng, self._chords()
        bars_per_chord = float(rng.choice([0.5, 1, 1, 1, 2]))
        bass, middle, lead = (str(timbre) for timbre in rng.choice(TIMBRES, 3))
        lowest, broken = int(rng.integers(46, 62)), rng.random() < 0.3
        levels = rng.uniform(0.2, 0.6), rng.uniform(0.12, 0.35), rng.uniform(0, 0.4)

        def chord(bar: int, step: int) -> tuple[int, Sequence[int]]:
            place = int((bar + step / self.steps) / bars_per_chord)
            root, kind = chords[place % len(chords)]
            return root, CHORDS[kind]

        def play_bass(bar: int, step: int) -> None:
            root = chord(bar, step)[0] + (7 if rng.random() < 0.15 else 0)
            self._note(bass, 33, root, bar, step, levels[0])

        def play_chord(bar: int, step: int) -> None:
            root, tones = chord(bar, step)
            for tone in [rng.choice(tones)] if broken else tones:
                loud = levels[1] * (1.8 if broken else 1)
                self._note(middle, lowest, root + int(tone), bar, step, loud)

        scale, place = SCALES[self.major][int(rng.integers(len(SCALES[self.major])))], 0
        if rng.random() < 0.7:
            scale = SCALES[self.major][0]

        def play_lead(bar: int, step: int) -> None:
            nonlocal place
            root, tones = chord(bar, step)
            place += int(rng.choice([-2, -1, 1, 2]))
            tone = root + int(rng.choice(tones)) if rng.random() < 0.5 else scale[place % 7]
            self._note(lead, 66, tone + (rng.random() < 0.03), bar, step, levels[2])

        self._each(self._rhythm(), play_bass)
        self._each(self._rhythm(), play_chord)
        if rng.random() < 0.8:
            self._each(self._rhythm(), play_lead)

    def _note(self, timbre: str, lowest: int, tone: int, bar: int, step: int, level: float) -> None:
        """Add a note, so many semitones above the tonic, in the octave from `lowest` on."""
        semitone = lowest + (self.tonic + int(tone) - lowest) % 12
        # Two lengths and dampings of each: enough to differ, and few enough to be kept.
        long = (semitone + step) % 2
        key = (timbre, semitone, long)
        if key not in self.sounds:
            samples = max(int(self.beat * (0.9 if long else 0.45)), 600)
            self.sounds[key] = note(
                timbre,
                semitone + self.detune,
                samples,
                attack_s=0.006,
                decay_s=1.5 if long else 0.3,
            )
        add(self.audio, self.sounds[key], self.sample(bar, step), level)
