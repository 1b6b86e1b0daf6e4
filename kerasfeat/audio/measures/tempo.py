"""A song's tempo, and how many beats its bars have.

As Percival and Tzanetakis 2014 do, lags of the onsets' autocorrelation are candidates, and a
learned decider chooses among octaves. Here it sees each candidate's lag, its multiples and its
parts in several bands, and how alike the harmony is after them.
"""

from dataclasses import dataclass

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.audio.measures import onsets, pitches
from kerasfeat.audio.measures.frames import autocorrelation
from kerasfeat.audio.measures.networks import network

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
STEP = 0.01  # from one candidate to the next, of the natural logarithm
CANDIDATES_BPM = np.exp(np.arange(np.log(SLOWEST_BPM), np.log(FASTEST_BPM), STEP))
# Parts and multiples of a beat at which onsets and harmony are compared.
ONSET_BEATS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4, 6)
HARMONY_BEATS = (1, 2, 3, 4, 6, 8)
HARMONY_S = 16.0
TYPICAL_BPM = 110.0
# Candidates so near to each other are one tempo.
SAME = 0.04
METRES = (3, 4)
# Behind its start a steady tone or chord changes by the beating of its parts and the hop alone: 27
# of 30 drawn ones by less than that, none of 100 clips and 600 synthesised songs.
EDGE_FRAMES, LEAST_CHANGE = round(0.35 * onsets.RATE_HZ), 5.0


@dataclass(frozen=True)
class Tempo:
    """A song's tempo.

    Attributes:
        bpm: beats a minute.
        confidence: the probability that it is right.
        half_confidence, double_confidence: that half and twice as much is.
        beats: in a bar, 3 or 4.
        beats_confidence: the probability that it is that of the two.
    """

    bpm: float
    confidence: float
    half_confidence: float
    double_confidence: float
    beats: int
    beats_confidence: float


def features(strength: Array, chroma: Array) -> Array:
    """What the networks see of each candidate.

    Args:
        strength: [frames, bands] of kerasfeat.audio.measures.onsets.onset_strength.
        chroma: [frames, bands, classes] of kerasfeat.audio.measures.pitches.pitch_classes.

    Returns:
        [candidates, features].
    """
    return _features(onsets.rhythm(strength), harmony(chroma))


def _features(rhythm: Array, alike: Array) -> Array:
    beat_s = 60 / CANDIDATES_BPM
    columns = [at(rhythm, beats * beat_s * onsets.RATE_HZ) for beats in ONSET_BEATS]
    columns += [at(alike, beats * beat_s * pitches.RATE_HZ) for beats in HARMONY_BEATS]
    octaves = np.log2(CANDIDATES_BPM / TYPICAL_BPM)[:, np.newaxis]
    return np.concatenate([*columns, octaves, octaves**2], axis=1)


def harmony(chroma: Array) -> Array:
    """How alike the pitch classes of a song are after each lag, [lags, 1] at pitches.RATE_HZ."""
    frames = chroma.reshape(len(chroma), -1)
    frames = frames / np.maximum(np.linalg.norm(frames, axis=1, keepdims=True), 1e-9)
    lags = autocorrelation(frames, round(HARMONY_S * pitches.RATE_HZ), power=2)
    weight = frames.var(axis=0)  # [bands * classes]
    return lags @ weight[:, np.newaxis] / max(weight.sum(), 1e-9)


def at(rows: Array, places: Array) -> Array:
    """Rows [rows, columns] between which lines are drawn, at any places [places, columns]."""
    places = np.minimum(places, len(rows) - 1.001)
    below = places.astype(int)
    part = (places - below)[:, np.newaxis]
    return rows[below] * (1 - part) + rows[below + 1] * part


def find_tempo(strength: Array, chroma: Array) -> Tempo | None:
    """The tempo of a song; see `features` for the arguments.

    Returns:
        None of a song that is too short, or in which nothing begins.
    """
    if len(strength) < onsets.LEAST_FRAMES:
        return None
    if np.ptp(strength[EDGE_FRAMES:-EDGE_FRAMES, 0]) < LEAST_CHANGE:
        return None
    rhythm = onsets.rhythm(strength)
    seen = _features(rhythm, harmony(chroma))
    share = network("tempo")(seen)[:, 0]  # [candidates]
    best = _most_probable(share)
    bpm = _refined(rhythm[:, 0], CANDIDATES_BPM[best])
    metre = network("metre")(seen[best : best + 1])[0]  # [METRES]
    return Tempo(
        bpm=bpm,
        confidence=_share_at(share, bpm),
        half_confidence=_share_at(share, bpm / 2),
        double_confidence=_share_at(share, bpm * 2),
        beats=METRES[int(metre.argmax())],
        beats_confidence=float(metre.max()),
    )


def _most_probable(share: Array) -> int:
    """The peak of the candidates' shares [candidates] where they have most together."""
    around = round(SAME / STEP)
    centre = int(np.convolve(share, np.ones(2 * around + 1), mode="same").argmax())
    first = max(centre - around, 0)
    return first + int(share[first : centre + around + 1].argmax())


def _share_at(share: Array, bpm: float) -> float:
    return float(share[np.abs(np.log(CANDIDATES_BPM / bpm)) <= SAME].sum())


def _refined(rhythm: Array, bpm: float) -> float:
    """The tempo near a candidate whose multiples the onsets repeat after best."""
    near = bpm * np.exp(np.arange(-2 * STEP, 2 * STEP, STEP / 20))
    lag = 60 / near * onsets.RATE_HZ
    beats = range(1, max(int(len(rhythm) / 2 / lag.max()), 1) + 1)
    score = sum(at(rhythm[:, np.newaxis], lag * count)[:, 0] for count in beats)
    return float(near[int(np.argmax(score))])
