"""Everything that is measured in a song, by the names of Spotify's audio features where they have
one.
"""

import numpy as np
import soxr

from kerasfeat.arrays import Array
from kerasfeat.audio.measures import onsets, pitches
from kerasfeat.audio.measures.key import find_key
from kerasfeat.audio.measures.loudness import Meter
from kerasfeat.audio.measures.tempo import find_tempo

MEASURES = (
    "duration_ms",
    "tempo",
    "tempo_confidence",
    "tempo_half",
    "tempo_half_confidence",
    "tempo_double",
    "tempo_double_confidence",
    "key",
    "mode",
    "key_confidence",
    "mode_confidence",
    "key_relative",
    "key_relative_confidence",
    "time_signature",
    "time_signature_confidence",
    "loudness",
    "loudness_lufs",
)


def measure(samples: Array, rate_hz: int) -> dict[str, float]:
    """The MEASURES of a song, NaN where there is none.

    Args:
        samples: float32 [samples, channels] as the file has them.
        rate_hz: their rate.
    """
    meter = Meter(rate_hz, samples.shape[1])
    meter.add(samples)
    mono = soxr.resample(samples.mean(axis=1), rate_hz, onsets.SAMPLE_RATE_HZ)
    return measured(mono, meter, len(samples) / rate_hz)


def measured(mono: Array, meter: Meter, duration_s: float) -> dict[str, float]:
    """The MEASURES of a song that was read.

    Args:
        mono: float32 [samples] at onsets.SAMPLE_RATE_HZ.
        meter: of all channels at the file's rate.
        duration_s: of the file.
    """
    low = soxr.resample(mono, onsets.SAMPLE_RATE_HZ, pitches.SAMPLE_RATE_HZ)
    chroma = pitches.pitch_classes(low)
    values: dict[str, float | None] = {
        "duration_ms": round(1000 * duration_s),
        **_tempo(onsets.onset_strength(mono), chroma),
        **_key(chroma),
        "loudness": meter.level_db,
        "loudness_lufs": meter.lufs,
    }
    return {name: _number(values.get(name)) for name in MEASURES}


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _tempo(strength: Array, chroma: Array) -> dict[str, float]:
    tempo = find_tempo(strength, chroma)
    if tempo is None:
        return {}
    return {
        "tempo": tempo.bpm,
        "tempo_confidence": tempo.confidence,
        "tempo_half": tempo.bpm / 2,
        "tempo_half_confidence": tempo.half_confidence,
        "tempo_double": tempo.bpm * 2,
        "tempo_double_confidence": tempo.double_confidence,
        "time_signature": tempo.beats,
        "time_signature_confidence": tempo.beats_confidence,
    }


def _key(chroma: Array) -> dict[str, float]:
    key = find_key(chroma)
    if key is None:
        return {}
    return {
        "key": key.tonic,
        "mode": key.major,
        "key_confidence": key.confidence,
        "mode_confidence": key.major_confidence,
        "key_relative": key.relative,
        "key_relative_confidence": key.relative_confidence,
    }
