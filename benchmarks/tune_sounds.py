"""Instruments and rooms of random make, for the songs of tune_songs.py."""

import numpy as np
from scipy import fft

from kerasfeat.arrays import Array
from kerasfeat.datasets.demo.instruments import pitch_hz
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ

TABLE_SIZE = 2048
HIGHEST_HZ = 10_000.0
VIBRATO_HZ = 5.5


class Instrument:
    """A spectrum that falls, resonances, and how notes begin and end."""

    def __init__(self, rng: np.random.Generator, detune_semitones: float) -> None:
        self.rng = rng
        self.fall = rng.uniform(0.5, 2.8)
        self.even = float(rng.choice([1, 1, 1, 0.1]))  # the level of even harmonics
        self.centres_hz = np.exp(rng.uniform(np.log(250), np.log(4000), 3))
        self.gains = rng.uniform(0, 6, 3) * (rng.random() < 0.6)
        self.attack_s = float(rng.choice([0.004, 0.01, 0.03, 0.08]))
        self.decay_s = float(rng.choice([0.12, 0.3, 0.8, 2.0, 20.0]))
        self.vibrato_s = 6e-4 * rng.random() * (rng.random() < 0.35)
        self.breath = rng.uniform(0, 0.15) * (rng.random() < 0.3)
        self.detune_semitones = detune_semitones + 0.06 * rng.normal()
        self.notes: dict[tuple[int, int], Array] = {}

    def note(self, semitone: int, samples: int) -> Array:
        """A note, [samples]; 69 is 440 Hz."""
        if (semitone, samples) not in self.notes:
            self.notes[semitone, samples] = self._played(semitone, samples)
        return self.notes[semitone, samples]

    def _played(self, semitone: int, samples: int) -> Array:
        hz = pitch_hz(semitone + self.detune_semitones)
        time_s = np.arange(samples) / SAMPLE_RATE_HZ
        shaken_s = time_s + self.vibrato_s * np.sin(2 * np.pi * VIBRATO_HZ * time_s)
        wave = self._period(hz)[(hz * shaken_s * TABLE_SIZE).astype(int) & (TABLE_SIZE - 1)]
        if self.breath:
            wave = wave + self.breath * self.rng.standard_normal(samples)
        rise = np.minimum(1, time_s / self.attack_s)
        end = np.minimum(1, (time_s[-1] - time_s) / 0.02)
        return (wave * rise * end * np.exp(-time_s / self.decay_s)).astype(np.float32)

    def _period(self, hz: float) -> Array:
        """One period of a note, [TABLE_SIZE]."""
        harmonic = np.arange(1, int(np.clip(HIGHEST_HZ / hz, 1, 40)) + 1)
        octaves = np.log2(harmonic[:, np.newaxis] * hz / self.centres_hz)
        resonance = 1 + (self.gains * np.exp(-((2 * octaves) ** 2))).sum(axis=1)
        level = harmonic**-self.fall * np.where(harmonic % 2, 1, self.even) * resonance
        spectrum = np.zeros(TABLE_SIZE // 2 + 1, complex)
        spectrum[harmonic] = level * np.exp(2.4j * harmonic**2)  # no sharp peaks
        table = fft.irfft(spectrum)
        return table / np.abs(table).max()


def in_a_room(rng: np.random.Generator, audio: Array) -> Array:
    """A song with an echo, through something that has a sound of its own, and with noise."""
    size = fft.next_fast_len(len(audio) + SAMPLE_RATE_HZ, real=True)
    spectrum = fft.rfft(audio, size)
    if rng.random() < 0.5:
        fall = np.exp(np.arange(SAMPLE_RATE_HZ) * (-6 / rng.uniform(0.15, 1.2) / SAMPLE_RATE_HZ))
        echo = fall * rng.standard_normal(SAMPLE_RATE_HZ)
        echo *= rng.uniform(0.05, 0.8) / np.linalg.norm(echo)
        spectrum *= 1 + fft.rfft(echo, size)
    octaves = np.log2(np.maximum(fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 20) / 20)
    bumps_db = rng.normal(size=11) * rng.choice([0, 3, 6])
    gain_db = np.interp(octaves, np.arange(11), bumps_db) + octaves * rng.normal()
    spectrum *= 10 ** (gain_db / 20)
    if rng.random() < 0.4:  # as of few bits a second
        spectrum *= octaves < np.log2(rng.uniform(2500, 10_000) / 20)
    wave = fft.irfft(spectrum, size)[: len(audio)]
    wave /= max(float(wave.std()), 1e-6)
    wave += rng.choice([0, 0.003, 0.02, 0.1]) * rng.standard_normal(len(wave))
    return np.tanh(wave * rng.uniform(0.3, 1.5)) if rng.random() < 0.3 else wave
