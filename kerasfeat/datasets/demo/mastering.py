"""The last steps of a demo song's audio: drive, tone, room, hiss, a crowd, and the level."""

import numpy as np
from scipy import fft

from kerasfeat.arrays import Array
from kerasfeat.datasets.demo.instruments import frequencies_hz, noise
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ, Song

ROOM_SAMPLES = 2**15


def master(rng: np.random.Generator, song: Song, audio: Array) -> Array:
    """The finished audio of a song, float32 [samples].

    The level is drawn by chance, so that loudness alone tells nothing.

    Args:
        audio: float32 [samples], as its parts are played.
    """
    rock = 0.5 if song.parts["chords"] == "rock" else 0.0
    drive = np.exp(0.2 * song.arousal + 0.9 * song.grit + rock - 0.3 * song.acoustic)
    audio = np.tanh(np.float32(0.4 * drive) * audio / audio.std())
    audio = _in_room(rng, song, audio)
    audio /= audio.std()
    hiss = 0.02 * np.exp(-0.9 * song.artist.fame + 0.3 * rng.normal())  # of cheap gear
    audio += np.float32(hiss) * rng.standard_normal(song.samples, np.float32) + crowd(rng, song)
    level_db = -20 + 2 * rng.normal()
    audio *= np.float32(10 ** (level_db / 20)) / audio.std()
    return audio * min(np.float32(1), np.float32(0.95) / np.abs(audio).max())


def _in_room(rng: np.random.Generator, song: Song, audio: Array) -> Array:
    """The audio with its brightness and the sound of a room; float32 [samples]."""
    frames = 2**14 * -(-(song.samples + ROOM_SAMPLES) // 2**14)  # a length that transforms fast
    bright = 1.4 * song.arousal + 0.3 * song.valence + 1.6 * song.artist.brightness
    tilt_db = np.clip(bright + 0.6 * rng.normal(), -4, 4)  # an octave
    hz = np.maximum(frequencies_hz(frames), 20)
    # Below it, cheap gear has no bass.
    cut_hz = 80 * 2 ** (-0.8 * song.artist.fame + 0.3 * rng.normal())
    tilted = fft.rfft(audio, frames) * hz ** np.float32(tilt_db / 6.02)
    spectrum = tilted / (1 + (np.float32(cut_hz) / hz) ** 4)
    return fft.irfft(spectrum * fft.rfft(room(rng, song), frames))[: song.samples]


def room(rng: np.random.Generator, song: Song) -> Array:
    """The impulse response of a room: the direct sound and dying noise, float32 [ROOM_SAMPLES]."""
    seconds = np.arange(ROOM_SAMPLES, dtype=np.float32) / SAMPLE_RATE_HZ
    decay_s = 0.12 * np.exp(0.4 * song.artist.reverb + 0.35 * song.live)
    fall = np.exp(seconds * np.float32(-1 / decay_s))
    tail = rng.standard_normal(ROOM_SAMPLES, np.float32) * fall
    level = 0.25 * np.exp(0.3 * song.artist.reverb + 0.2 * song.live - 0.25 * song.valence)
    tail *= np.float32(level) / np.sqrt(np.sum(tail**2))
    tail[0] += 1
    return tail


def crowd(rng: np.random.Generator, song: Song) -> Array:
    """An audience in the background, swelling slowly; float32 [samples]."""
    phase = np.linspace(0, rng.uniform(6, 20), song.samples, dtype=np.float32)
    swell = 0.7 + 0.3 * np.sin(phase + np.float32(rng.uniform(0, 6)))
    level = 0.5 / (1 + np.exp(-2.0 * (song.live - 0.8)))
    wave = np.resize(noise(rng, 2**15, 900, 3500), song.samples)
    return np.float32(level) / wave.std() * swell * wave
