"""A song's latents turned into notes, and notes into audio.

What of the truth is audible: arousal in density, drums, drive, and brightness; valence, less
clearly, in the mode, the register, the direction of the melody, and short notes; the genre in four
parts that may each borrow from another genre; the artist's habits over all.
"""

from collections.abc import Iterable

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.datasets.demo.instruments import drum_kit, noise, note
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ, Song
from kerasfeat.datasets.demo.mastering import master
from kerasfeat.datasets.demo.patterns import (
    BASS,
    CHORDS,
    DRUMS,
    LEAD,
    MAJOR,
    MINOR,
    PROGRESSIONS,
    Pattern,
)

STEPS_PER_BEAT = 4
SYLLABLE_SAMPLES = int(0.11 * SAMPLE_RATE_HZ)


class Mix:
    """A track that sounds are added to at steps of a grid.

    Args:
        song: gives its tempo and length.
        swing: how many steps late every other step is.
    """

    def __init__(self, song: Song, swing: float) -> None:
        self.audio = np.zeros(song.samples, np.float32)
        self._step_samples = 60 / song.tempo_bpm / STEPS_PER_BEAT * SAMPLE_RATE_HZ
        self._steps_per_bar = song.beats_per_bar * STEPS_PER_BEAT
        self._bars = int(np.ceil(song.samples / self._step_samples / self._steps_per_bar))
        self._swing = swing

    def samples_of(self, steps: float) -> int:
        """How many samples some steps last."""
        return int(steps * self._step_samples)

    def add(self, sound: Array, bar: int, step: float, level: float) -> None:
        """Add a sound [samples], as far as it fits."""
        late = self._swing if step % 2 else 0.0
        start = self.samples_of(bar * self._steps_per_bar + step + late)
        room = self.audio[start : start + len(sound)]
        room += np.float32(level) * sound[: len(room)]

    def beats(self, steps: Iterable[int]) -> list[tuple[int, int]]:
        """(bar, step) of each of a pattern's steps; a 3/4 bar leaves out the fourth beat."""
        steps = [step for step in steps if step < self._steps_per_bar]
        return [(bar, step) for bar in range(self._bars) for step in steps]


def compose(song: Song, seed: int) -> Array:
    """The audio of a song, float32 [samples] within -1 to 1, from its latents and the seed."""
    rng = np.random.default_rng([seed, 1, song.number])
    mix = Mix(song, swing=0.3 if song.parts["drums"] == "hip hop" else 0.0)
    scale = MAJOR if song.major else MINOR
    roots = PROGRESSIONS[song.major][rng.integers(3)]
    play_drums(rng, song, mix)
    play_bass(song, mix, scale, roots)
    play_chords(rng, song, mix, scale, roots)
    play_lead(rng, song, mix, scale)
    play_speech(rng, song, mix)
    return master(rng, song, mix.audio)


def degree(scale: tuple[int, ...], number: int) -> int:
    """Semitones of a scale degree above the tonic, over all octaves."""
    octave, index = divmod(number, len(scale))
    return 12 * octave + scale[index]


def play_drums(rng: np.random.Generator, song: Song, mix: Mix) -> None:
    """Add the drum track of a song."""
    genre = song.parts["drums"]
    drums, kit = DRUMS[genre], drum_kit(rng, genre)
    level = drums.level * np.exp(0.45 * song.arousal - 0.35 * song.acoustic)
    beat = np.exp(0.85 * song.groove)  # the kick carries the groove
    keep = np.clip(0.75 + 0.2 * song.arousal, 0.3, 1)
    tracks = (
        ("kick", drums.kick, 0.9 * beat),
        ("snare", drums.snare, 0.5 * beat),
        ("hat", drums.hat, 0.3),
    )
    for drum, steps, gain in tracks:
        for bar, step in mix.beats(steps):
            if rng.random() < keep:
                mix.add(kit[drum], bar, step, level * gain * rng.uniform(0.8, 1.2))
    for bar, step in mix.beats(range(16)):  # fills
        if rng.random() < 0.12 * np.exp(0.8 * song.arousal):
            mix.add(kit["hat"], bar, step, 0.2 * level * rng.uniform(0.5, 1.2))


def play_bass(song: Song, mix: Mix, scale: tuple[int, ...], roots: tuple[int, ...]) -> None:
    """Add the bass line of a song."""
    bass = BASS[song.parts["bass"]]
    samples = mix.samples_of(bass.length_steps)
    sounds: dict[float, Array] = {}
    for bar, step in mix.beats(bass.steps):
        root = roots[bar % len(roots)]
        fifth = 4 if song.parts["bass"] == "folk" and step == 8 else 0
        semitone = 36 + song.artist.detune_semitones + (song.key + degree(scale, root + fifth)) % 12
        if semitone not in sounds:
            sounds[semitone] = note(
                bass.timbre, semitone, samples, attack_s=bass.attack_s, decay_s=bass.decay_s
            )
        mix.add(sounds[semitone], bar, step, 0.5 * bass.level)


def play_chords(
    rng: np.random.Generator,
    song: Song,
    mix: Mix,
    scale: tuple[int, ...],
    roots: tuple[int, ...],
) -> None:
    """Add the chords of a song."""
    chords = CHORDS[song.parts["chords"]]
    samples = mix.samples_of(chords.length_steps)
    lift = 4.0 * song.valence + song.artist.register_semitones
    lowest = 52 + int(np.round(lift + 1.5 * rng.normal()))
    sounds: dict[int, Array] = {}
    for bar, step in mix.beats(chords.steps):
        root = roots[bar % len(roots)]
        if root not in sounds:
            pitches = [
                lowest + (song.key + degree(scale, root + third) - lowest) % 12
                for third in (0, 2, 4)
            ]
            sounds[root] = chord(song, chords, pitches, samples)
        if rng.random() < np.clip(0.85 + 0.15 * song.arousal, 0.4, 1):
            mix.add(sounds[root], bar, step, 0.22 * chords.level)


def chord(song: Song, pattern: Pattern, pitches: Iterable[int], samples: int) -> Array:
    """The sound of several pitches, plucked the more the more acoustic a song is; [samples]."""
    plucked = 1 / (1 + np.exp(-2.5 * song.acoustic))
    tuned = [pitch + song.artist.detune_semitones for pitch in pitches]
    synth = sum(
        note(pattern.timbre, pitch, samples, attack_s=pattern.attack_s, decay_s=pattern.decay_s)
        for pitch in tuned
    )
    guitar = sum(note("pluck", pitch, samples, attack_s=0.003, decay_s=0.3) for pitch in tuned)
    return (1 - plucked) * synth + plucked * guitar


def play_lead(rng: np.random.Generator, song: Song, mix: Mix, scale: tuple[int, ...]) -> None:
    """Add a melody that walks the scale, upwards in happy songs; sung where a song has a voice."""
    timbre = LEAD[song.parts["lead"]]
    sung = 1 / (1 + np.exp(-2.5 * song.voice))
    centre = round(70 + 6.0 * song.valence + song.artist.register_semitones + 2.0 * rng.normal())
    tonic = centre - 6 + (song.key - centre + 6) % 12  # the nearest to the centre
    position, steps_long = 0, 2 if song.valence + 0.5 * rng.normal() > 0 else 4
    samples = mix.samples_of(steps_long)
    for bar, step in mix.beats(range(0, 16, 2)):
        if rng.random() > np.clip(0.45 + 0.2 * song.arousal, 0.15, 0.9):
            continue
        position = walk(rng, position, song.valence)
        pitch = tonic + degree(scale, position) + song.artist.detune_semitones
        played = note(timbre, pitch, samples, attack_s=0.01, decay_s=0.6)
        voice = note("voice", pitch, samples, attack_s=0.03, decay_s=2.0, vibrato_semitones=0.4)
        mix.add(played, bar, step, 0.3 * (1 - sung))
        mix.add(voice, bar, step, 0.55 * sung)


def walk(rng: np.random.Generator, position: int, valence: float) -> int:
    """The next degree of a melody: a step or two away, upwards more often in happy songs."""
    position += int(rng.choice([-2, -1, 1, 2]))
    position += int(rng.random() < 0.25 * valence)
    position -= int(rng.random() < -0.25 * valence)
    if position > 5:
        return position - 7
    return position + 7 if position < -5 else position


def play_speech(rng: np.random.Generator, song: Song, mix: Mix) -> None:
    """Add syllables: buzzes in the range of speech, at an uneven rate of about six a second."""
    level = 0.5 / (1 + np.exp(-2.0 * (song.speech - 0.6)))
    if level < 0.02:
        return
    syllables = [
        noise(rng, SYLLABLE_SAMPLES, low_hz, 3 * low_hz) * np.hanning(SYLLABLE_SAMPLES)
        for low_hz in (350, 600, 1100)
    ]
    for bar, step in mix.beats(range(16)):
        if rng.random() < 0.75:
            syllable = syllables[rng.integers(3)].astype(np.float32)
            mix.add(syllable, bar, step + rng.uniform(0, 0.4), level * rng.uniform(0.5, 1))
