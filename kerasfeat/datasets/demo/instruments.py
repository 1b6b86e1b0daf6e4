"""Single sounds of the demo's synthesiser: notes from wavetables, drums from noise and sweeps.

The wavetables are band-limited.
Sounds are float32 arrays [samples] at SAMPLE_RATE_HZ with a peak near 1.
"""

from functools import lru_cache

import numpy as np
from scipy import fft

from kerasfeat.arrays import Array
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ

TABLE_SIZE = 2048
HIGHEST_HZ = 10000
FORMANTS_HZ = ((700, 130), (1150, 160), (2700, 250))  # centre and width of an open vowel
# Of each genre: decay in seconds, and the frequencies from which and to which it falls.
KICKS = {
    "ambient": (0.15, 90, 50),
    "electronic": (0.12, 220, 48),
    "folk": (0.07, 130, 80),
    "hip hop": (0.25, 120, 42),
    "rock": (0.09, 170, 62),
}
# Of each genre: decay in seconds, and the frequencies between which the noise lies.
SNARES = {
    "ambient": (0.05, 600, 2500),
    "electronic": (0.05, 1200, 6000),
    "folk": (0.02, 1500, 4000),
    "hip hop": (0.06, 900, 4500),
    "rock": (0.09, 300, 7000),
}
HATS = {
    "ambient": (0.08, 3500, 7000),
    "electronic": (0.02, 7500, 11000),
    "folk": (0.04, 4000, 8000),
    "hip hop": (0.012, 6000, 10000),
    "rock": (0.10, 5000, 11000),
}


def harmonics(timbre: str, count: int, hz: float) -> Array:
    """Amplitudes of the first `count` harmonics of a timbre at a pitch, [harmonics]."""
    number = np.arange(1, count + 1)
    if timbre == "voice":
        formants = (
            np.exp(-(((number * hz - centre) / width) ** 2)) for centre, width in FORMANTS_HZ
        )
        return sum(formants) + 0.6 / number**2
    if timbre == "square":
        return (number % 2) / number
    if timbre == "keys":
        return np.resize([1, 0.05, 0.35, 0.02, 0.12], count) / number**1.5
    return 1.0 / number ** {"sine": 6.0, "soft": 2.4, "pluck": 1.2, "saw": 0.9}[timbre]


@lru_cache(maxsize=1024)
def wavetable(timbre: str, semitone: float) -> Array:
    """One period of a timbre, [TABLE_SIZE].

    Harmonics above HIGHEST_HZ are left out: they would alias.
    """
    hz = pitch_hz(semitone)
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, complex)
    amplitudes = harmonics(timbre, int(np.clip(HIGHEST_HZ // hz, 1, 40)), hz)
    # Spread phases: no sharp peaks.
    phases = np.exp(2.4j * np.arange(len(amplitudes)) ** 2)
    spectrum[1 : len(amplitudes) + 1] = amplitudes * phases
    table = fft.irfft(spectrum)
    return (table / np.abs(table).max()).astype(np.float32)


@lru_cache(maxsize=32)
def frequencies_hz(frames: int) -> Array:
    """Frequencies of a real transform's bins, float32 [frames // 2 + 1]."""
    return fft.rfftfreq(frames, 1 / SAMPLE_RATE_HZ).astype(np.float32)


def pitch_hz(semitone: float) -> float:
    """Frequency of a MIDI note number; 69 is 440 Hz."""
    return 440 * 2 ** ((semitone - 69) / 12)


def note(
    timbre: str,
    semitone: float,
    samples: int,
    *,
    attack_s: float,
    decay_s: float,
    vibrato_semitones: float = 0.0,
) -> Array:
    """A note, which fades out over its last 20 ms.

    Args:
        timbre: see `harmonics`.
        semitone: a MIDI note number; fractions are out of tune.
        samples: its length.
        attack_s: it rises for so long.
        decay_s: it falls by 1/e in each.
        vibrato_semitones: depth of a vibrato of 5.5 Hz.

    Returns:
        [samples].
    """
    time_s = np.arange(samples, dtype=np.float32) / SAMPLE_RATE_HZ
    hz = np.float32(pitch_hz(semitone))
    phase = time_s * hz
    if vibrato_semitones:  # 5.5 Hz: the frequency's integral in closed form
        depth = hz * np.float32(vibrato_semitones * np.log(2) / 12 / (2 * np.pi * 5.5))
        phase = phase + depth * np.sin(np.float32(2 * np.pi * 5.5) * time_s)
    index = (phase * TABLE_SIZE).astype(np.int32) & (TABLE_SIZE - 1)
    wave = wavetable(timbre, round(semitone)).take(index)
    rise = np.minimum(1, time_s / np.float32(attack_s))
    fall = np.exp(time_s * np.float32(-1 / decay_s))
    fade = np.minimum(1, (samples - np.arange(samples, dtype=np.float32)) / (0.02 * SAMPLE_RATE_HZ))
    return wave * rise * fall * fade


@lru_cache(maxsize=64)
def bandpass(frames: int, low_hz: float, high_hz: float) -> Array:
    """Gain at each frequency of a gentle band-pass, [frames // 2 + 1]: 24 dB an octave."""
    hz = frequencies_hz(frames)
    return 1 / (1 + (low_hz / np.maximum(hz, 1)) ** 4) / (1 + (hz / high_hz) ** 4)


def noise(rng: np.random.Generator, samples: int, low_hz: float, high_hz: float) -> Array:
    """White noise between two frequencies, [samples]; a power of two of samples can be looped."""
    frames = 1 << (samples - 1).bit_length()
    spectrum = fft.rfft(rng.standard_normal(frames, np.float32))
    spectrum *= bandpass(frames, low_hz, high_hz)
    wave = fft.irfft(spectrum, frames)[:samples]
    return wave / np.abs(wave).max()


def burst(rng: np.random.Generator, decay_s: float, low_hz: float, high_hz: float) -> Array:
    """A noise that dies away: hats, shakers, claps, and the rattle of a snare."""
    samples = int(6 * decay_s * SAMPLE_RATE_HZ)
    fall = np.exp(np.arange(samples, dtype=np.float32) / (-decay_s * SAMPLE_RATE_HZ))
    return noise(rng, samples, low_hz, high_hz) * fall


def sweep(decay_s: float, start_hz: float, end_hz: float) -> Array:
    """A sine that falls from one frequency to another while it dies away: the body of a kick."""
    time_s = np.arange(int(5 * decay_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    cycles = end_hz * time_s + (start_hz - end_hz) * 0.03 * (1 - np.exp(-time_s / 0.03))
    return (np.sin(2 * np.pi * cycles) * np.exp(-time_s / decay_s)).astype(np.float32)


def drum_kit(rng: np.random.Generator, genre: str) -> dict[str, Array]:
    """A genre's drums, {"kick" | "snare" | "hat": sound}."""
    snare = burst(rng, *SNARES[genre])
    body = sweep(SNARES[genre][0] / 2, 260, 185)
    snare[: len(body)] += 0.5 * body[: len(snare)]
    return {"kick": sweep(*KICKS[genre]), "snare": snare, "hat": burst(rng, *HATS[genre])}
