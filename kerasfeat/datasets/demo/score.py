"""Turns a song's latents into notes and notes into audio.

What of the truth is audible: arousal in density, drums, drive, and brightness; valence, less
clearly, in the mode, the register, the direction of the melody, and short notes; the genre in four
parts that may each borrow from another genre; the artist's habits over all.
"""

import numpy as np
from scipy import fft

from kerasfeat.datasets.demo.instruments import drum_kit, frequencies_hz, noise, note
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
PROGRESSIONS = {
    True: ((0, 4, 5, 3), (0, 3, 4, 0), (0, 5, 3, 4)),
    False: ((0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 6)),
}
STEPS_PER_BEAT = 4
ROOM_SAMPLES = 2**15

# Steps of a 4/4 bar in sixteenths, and the level of the whole kit.
DRUMS = {
    "ambient": {"kick": (0,), "snare": (), "hat": (0, 6, 12), "level": 0.25},
    "electronic": {"kick": (0, 4, 8, 12), "snare": (4, 12), "hat": (2, 6, 10, 14), "level": 1.0},
    "folk": {"kick": (0, 8), "snare": (4, 12), "hat": (0, 2, 4, 6, 8, 10, 12, 14), "level": 0.4},
    "hip hop": {
        "kick": (0, 7, 10),
        "snare": (4, 12),
        "hat": (0, 2, 3, 4, 6, 8, 10, 11, 12, 14),
        "level": 0.9,
    },
    "rock": {"kick": (0, 6, 8), "snare": (4, 12), "hat": (0, 2, 4, 6, 8, 10, 12, 14), "level": 0.9},
}
BASS = {  # steps, timbre, note length in steps, decay in seconds, level
    "ambient": ((0,), "sine", 16, 4.0, 0.5),
    "electronic": ((2, 3, 6, 7, 10, 11, 14, 15), "saw", 1, 0.3, 0.6),
    "folk": ((0, 8), "pluck", 6, 0.4, 0.45),
    "hip hop": ((0, 7, 10), "sine", 5, 0.8, 1.0),
    "rock": ((0, 2, 4, 6, 8, 10, 12, 14), "square", 2, 0.5, 0.55),
}
CHORDS = {  # steps, timbre, note length in steps, attack and decay in seconds, level
    "ambient": ((0,), "soft", 16, 0.5, 6.0, 0.9),
    "electronic": ((0, 3, 6, 10, 12), "saw", 2, 0.004, 0.2, 0.6),
    "folk": ((0, 4, 6, 8, 12, 14), "pluck", 4, 0.003, 0.25, 0.8),
    "hip hop": ((0, 10), "keys", 8, 0.01, 0.9, 0.7),
    "rock": ((0, 4, 8, 12), "saw", 4, 0.006, 1.5, 0.8),
}
LEAD = {
    "ambient": "sine",
    "electronic": "saw",
    "folk": "pluck",
    "hip hop": "keys",
    "rock": "square",
}


class Mix:
    """A track that sounds are added to at steps of a swung grid."""

    def __init__(self, song, swing):
        self.audio = np.zeros(song.samples, np.float32)
        self.step_samples = 60 / song.tempo_bpm / STEPS_PER_BEAT * SAMPLE_RATE_HZ
        self.steps_per_bar = song.beats_per_bar * STEPS_PER_BEAT
        self.bars = int(np.ceil(song.samples / self.step_samples / self.steps_per_bar))
        self.swing = swing

    def samples_of(self, steps):
        return int(steps * self.step_samples)

    def add(self, sound, bar, step, level):
        late = self.swing if step % 2 else 0.0
        start = self.samples_of(bar * self.steps_per_bar + step + late)
        room = self.audio[start : start + len(sound)]
        room += np.float32(level) * sound[: len(room)]

    def places(self, steps):
        """(bar, step) of each of a pattern's steps in the song; a 3/4 bar leaves out the fourth
        beat.
        """
        return [
            (bar, step) for bar in range(self.bars) for step in steps if step < self.steps_per_bar
        ]


def compose(song, seed):
    """The audio of a song, float32 [samples] within -1 to 1, from its latents and the seed alone."""
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


def degree(scale, number):
    """Semitones of a scale degree above the tonic, over all octaves."""
    octave, place = divmod(number, len(scale))
    return 12 * octave + scale[place]


def play_drums(rng, song, mix):
    """The drum track of a song, added to what is there."""
    pattern, kit = DRUMS[song.parts["drums"]], drum_kit(rng, song.parts["drums"])
    level = pattern["level"] * np.exp(0.45 * song.arousal - 0.35 * song.acoustic)
    beat = np.exp(0.85 * song.groove)  # the kick carries the groove
    keep = np.clip(0.75 + 0.2 * song.arousal, 0.3, 1)
    for drum, gain in (("kick", 0.9 * beat), ("snare", 0.5 * beat), ("hat", 0.3)):
        for bar, step in mix.places(pattern[drum]):
            if rng.random() < keep:
                mix.add(kit[drum], bar, step, level * gain * rng.uniform(0.8, 1.2))
    for bar, step in mix.places(range(16)):  # fills
        if rng.random() < 0.12 * np.exp(0.8 * song.arousal):
            mix.add(kit["hat"], bar, step, 0.2 * level * rng.uniform(0.5, 1.2))


def play_bass(song, mix, scale, roots):
    """The bass line of a song, added to what is there."""
    steps, timbre, length, decay_s, level = BASS[song.parts["bass"]]
    sounds = {}
    for bar, step in mix.places(steps):
        root = roots[bar % len(roots)]
        fifth = 4 if song.parts["bass"] == "folk" and step == 8 else 0
        semitone = 36 + song.artist.detune_semitones + (song.key + degree(scale, root + fifth)) % 12
        if semitone not in sounds:
            sounds[semitone] = note(timbre, semitone, mix.samples_of(length), 0.008, decay_s)
        mix.add(sounds[semitone], bar, step, 0.5 * level)


def play_chords(rng, song, mix, scale, roots):
    """The chords of a song, added to what is there."""
    steps, timbre, length, attack_s, decay_s, level = CHORDS[song.parts["chords"]]
    plucked = 1 / (1 + np.exp(-2.5 * song.acoustic))
    lift = 4.0 * song.valence + song.artist.register_semitones
    lowest = 52 + int(np.round(lift + 1.5 * rng.normal()))
    detune, sounds = song.artist.detune_semitones, {}
    for bar, step in mix.places(steps):
        root = roots[bar % len(roots)]
        if root not in sounds:
            pitches = [
                lowest + (song.key + degree(scale, root + third) - lowest) % 12 + detune
                for third in (0, 2, 4)
            ]
            samples = mix.samples_of(length)
            synth = sum(note(timbre, pitch, samples, attack_s, decay_s) for pitch in pitches)
            guitar = sum(note("pluck", pitch, samples, 0.003, 0.3) for pitch in pitches)
            sounds[root] = (1 - plucked) * synth + plucked * guitar
        if rng.random() < np.clip(0.85 + 0.15 * song.arousal, 0.4, 1):
            mix.add(sounds[root], bar, step, 0.22 * level)


def play_lead(rng, song, mix, scale):
    """A melody that walks the scale, upwards in happy songs; sung where the song has a voice."""
    timbre = LEAD[song.parts["lead"]]
    sung = 1 / (1 + np.exp(-2.5 * song.voice))
    centre = round(70 + 6.0 * song.valence + song.artist.register_semitones + 2.0 * rng.normal())
    tonic = centre - 6 + (song.key - centre + 6) % 12  # the nearest to the centre
    walk, steps_long = 0, 2 if song.valence + 0.5 * rng.normal() > 0 else 4
    for bar, step in mix.places(range(0, 16, 2)):
        if rng.random() > np.clip(0.45 + 0.2 * song.arousal, 0.15, 0.9):
            continue
        walk += (
            int(rng.choice([-2, -1, 1, 2]))
            + int(rng.random() < 0.25 * song.valence)
            - int(rng.random() < -0.25 * song.valence)
        )
        walk = walk - 7 if walk > 5 else walk + 7 if walk < -5 else walk
        semitone = tonic + degree(scale, walk) + song.artist.detune_semitones
        samples = mix.samples_of(steps_long)
        mix.add(note(timbre, semitone, samples, 0.01, 0.6), bar, step, 0.3 * (1 - sung))
        mix.add(
            note("voice", semitone, samples, 0.03, 2.0, vibrato_semitones=0.4),
            bar,
            step,
            0.55 * sung,
        )


def play_speech(rng, song, mix):
    """Syllables: buzzes in the range of speech, at an uneven rate of about six a second."""
    level = 0.5 / (1 + np.exp(-2.0 * (song.speech - 0.6)))
    if level < 0.02:
        return
    syllables = [
        noise(rng, int(0.11 * SAMPLE_RATE_HZ), low_hz, 3 * low_hz)
        * np.hanning(int(0.11 * SAMPLE_RATE_HZ))
        for low_hz in (350, 600, 1100)
    ]
    for bar, step in mix.places(range(16)):
        if rng.random() < 0.75:
            mix.add(
                syllables[rng.integers(3)].astype(np.float32),
                bar,
                step + rng.uniform(0, 0.4),
                level * rng.uniform(0.5, 1),
            )


def master(rng, song, audio):
    """Drive, brightness, room, hiss, and a crowd; the final level is chance, so that loudness alone
    tells nothing.
    """
    drive = np.exp(
        0.2 * song.arousal
        + 0.9 * song.grit
        + (0.5 if song.parts["chords"] == "rock" else 0.0)
        - 0.3 * song.acoustic
    )
    audio = np.tanh(np.float32(0.4 * drive) * audio / audio.std())
    frames = 2**14 * -(-(song.samples + ROOM_SAMPLES) // 2**14)  # a length that transforms fast
    tilt_db = np.clip(
        1.4 * song.arousal + 0.3 * song.valence + 1.6 * song.artist.brightness + 0.6 * rng.normal(),
        -4,
        4,
    )
    hz = np.maximum(frequencies_hz(frames), 20)
    cut_hz = 80 * 2 ** (
        -0.8 * song.artist.fame + 0.3 * rng.normal()
    )  # below it, cheap gear has no bass
    spectrum = (
        fft.rfft(audio, frames)
        * hz ** np.float32(tilt_db / 6.02)
        / (1 + (np.float32(cut_hz) / hz) ** 4)
    )  # tilt in dB an octave
    audio = fft.irfft(spectrum * fft.rfft(room(rng, song), frames))[: song.samples]
    audio /= audio.std()
    hiss = 0.02 * np.exp(-0.9 * song.artist.fame + 0.3 * rng.normal())  # of cheap gear
    audio += np.float32(hiss) * rng.standard_normal(song.samples, np.float32) + crowd(rng, song)
    level_db = -20 + 2 * rng.normal()
    audio *= np.float32(10 ** (level_db / 20)) / audio.std()
    return audio * min(np.float32(1), np.float32(0.95) / np.abs(audio).max())


def room(rng, song):
    """The impulse response of a room: the direct sound and dying noise, float32 [ROOM_SAMPLES]."""
    seconds = np.arange(ROOM_SAMPLES, dtype=np.float32) / SAMPLE_RATE_HZ
    decay_s = 0.12 * np.exp(0.4 * song.artist.reverb + 0.35 * song.live)
    tail = rng.standard_normal(ROOM_SAMPLES, np.float32) * np.exp(
        seconds * np.float32(-1 / decay_s)
    )
    tail *= np.float32(
        0.25 * np.exp(0.3 * song.artist.reverb + 0.2 * song.live - 0.25 * song.valence)
    ) / np.sqrt(np.sum(tail**2))
    tail[0] += 1
    return tail


def crowd(rng, song):
    """An audience in the background, swelling slowly; float32 [samples]."""
    swell = 0.7 + 0.3 * np.sin(
        np.linspace(0, rng.uniform(6, 20), song.samples, dtype=np.float32)
        + np.float32(rng.uniform(0, 6))
    )
    level = 0.5 / (1 + np.exp(-2.0 * (song.live - 0.8)))
    wave = np.resize(noise(rng, 2**15, 900, 3500), song.samples)
    return np.float32(level) / wave.std() * swell * wave
