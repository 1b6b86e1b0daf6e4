"""A song's key, from its pitch classes as they stand to each possible tonic.

One network sees all twelve tonics: what it learns of one key it knows of all. It sees how much each
pitch class sounds, as the profiles of Krumhansl and Kessler 1982 do, which chords there are, and
what sounds at the beginning and at the end.
"""

from dataclasses import dataclass

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.audio.measures.networks import network
from kerasfeat.audio.measures.pitches import RATE_HZ, SEMITONES

MAJOR_CHORD, MINOR_CHORD = (0, 4, 7), (0, 3, 7)
EDGE_S = 1.5  # the beginning and the end
SMOOTH_FRAMES = 5
SHARPNESS = 12.0  # of the choice among chords
BASS_BONUS = 0.2  # of the chord whose root the bass has
BAND_WEIGHTS = np.array([0.5, 1.0, 0.5])


@dataclass(frozen=True)
class Key:
    """A song's key.

    Attributes:
        tonic: 0 for C to 11 for B.
        major: whether it is major.
        confidence: the probability that both are right.
        major_confidence: that `major` is, whatever the tonic.
        relative: the tonic of the relative minor or major, which has the same notes.
        relative_confidence: the probability that this is the key.
    """

    tonic: int
    major: bool
    confidence: float
    major_confidence: float
    relative: int
    relative_confidence: float


def features(chroma: Array) -> Array:
    """What the network sees of each tonic.

    Args:
        chroma: [frames, bands, classes] of kerasfeat.audio.measures.pitches.pitch_classes.

    Returns:
        [SEMITONES tonics, features].
    """
    edge = max(int(EDGE_S * RATE_HZ), 1)
    sounding = _unit(chroma)  # [frames, bands, classes]
    chords = _chords(chroma)  # [frames, kinds, classes]
    views = np.concatenate(
        [
            sounding.mean(axis=0),
            chords.mean(axis=0),
            chords[:edge].mean(axis=0),
            chords[-edge:].mean(axis=0),
            sounding[:edge, :2].mean(axis=0),
        ]
    )  # [views, classes]
    return np.stack([np.roll(views, -tonic, axis=1).ravel() for tonic in range(SEMITONES)])


def find_key(chroma: Array) -> Key | None:
    """The key of a song; see `features` for the argument.

    Returns:
        None of a song in which nothing has a pitch.
    """
    if not chroma.any():
        return None
    share = network("key")(features(chroma))  # [tonics, minor and major]
    tonic, mode = divmod(int(share.argmax()), 2)
    relative = (tonic + (-3 if mode else 3)) % SEMITONES
    return Key(
        tonic=tonic,
        major=bool(mode),
        confidence=float(share[tonic, mode]),
        major_confidence=float(share[:, mode].sum()),
        relative=relative,
        relative_confidence=float(share[relative, 1 - mode]),
    )


def _chords(chroma: Array) -> Array:
    """The probability of each triad at each moment, [frames, major and minor, roots]."""
    notes = _unit(_smooth(np.tensordot(chroma, BAND_WEIGHTS, axes=(1, 0))))  # [frames, classes]
    bass = BASS_BONUS * _unit(_smooth(chroma[:, 0]))
    kinds = [
        sum(np.roll(notes, -tone, axis=1) for tone in chord) / np.sqrt(len(chord)) + bass
        for chord in (MAJOR_CHORD, MINOR_CHORD)
    ]
    fit = SHARPNESS * np.stack(kinds, axis=1)
    share = np.exp(fit - fit.max(axis=(1, 2), keepdims=True))
    return share / share.sum(axis=(1, 2), keepdims=True)


def _smooth(rows: Array) -> Array:
    """The running sum over a few frames [frames, classes]."""
    before = SMOOTH_FRAMES // 2
    padded = np.pad(rows, ((before + 1, SMOOTH_FRAMES - 1 - before), (0, 0)))
    sums = np.cumsum(padded, axis=0)
    return sums[SMOOTH_FRAMES:] - sums[:-SMOOTH_FRAMES]


def _unit(rows: Array) -> Array:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
