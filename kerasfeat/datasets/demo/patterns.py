"""What the genres of the demo's songs play: scales, chords, rhythms, and timbres."""

from dataclasses import dataclass

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
# major or minor -> chords, as degrees of the scale
PROGRESSIONS = {
    True: ((0, 4, 5, 3), (0, 3, 4, 0), (0, 5, 3, 4)),
    False: ((0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 6)),
}


@dataclass(frozen=True)
class Drums:
    """A genre's drums: the steps of a 4/4 bar, in sixteenths, at which each sounds.

    Attributes:
        level: of the whole kit.
    """

    kick: tuple[int, ...]
    snare: tuple[int, ...]
    hat: tuple[int, ...]
    level: float


@dataclass(frozen=True)
class Pattern:
    """A genre's bass or chords: the steps of a 4/4 bar, in sixteenths, at which notes begin."""

    steps: tuple[int, ...]
    timbre: str
    length_steps: int
    attack_s: float
    decay_s: float
    level: float


DRUMS = {
    "ambient": Drums((0,), (), (0, 6, 12), level=0.25),
    "electronic": Drums((0, 4, 8, 12), (4, 12), (2, 6, 10, 14), level=1.0),
    "folk": Drums((0, 8), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), level=0.4),
    "hip hop": Drums((0, 7, 10), (4, 12), (0, 2, 3, 4, 6, 8, 10, 11, 12, 14), level=0.9),
    "rock": Drums((0, 6, 8), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), level=0.9),
}
# Rows of Pattern.
_BASS = {
    "ambient": ((0,), "sine", 16, 0.008, 4.0, 0.5),
    "electronic": ((2, 3, 6, 7, 10, 11, 14, 15), "saw", 1, 0.008, 0.3, 0.6),
    "folk": ((0, 8), "pluck", 6, 0.008, 0.4, 0.45),
    "hip hop": ((0, 7, 10), "sine", 5, 0.008, 0.8, 1.0),
    "rock": ((0, 2, 4, 6, 8, 10, 12, 14), "square", 2, 0.008, 0.5, 0.55),
}
_CHORDS = {
    "ambient": ((0,), "soft", 16, 0.5, 6.0, 0.9),
    "electronic": ((0, 3, 6, 10, 12), "saw", 2, 0.004, 0.2, 0.6),
    "folk": ((0, 4, 6, 8, 12, 14), "pluck", 4, 0.003, 0.25, 0.8),
    "hip hop": ((0, 10), "keys", 8, 0.01, 0.9, 0.7),
    "rock": ((0, 4, 8, 12), "saw", 4, 0.006, 1.5, 0.8),
}
BASS = {genre: Pattern(*row) for genre, row in _BASS.items()}
CHORDS = {genre: Pattern(*row) for genre, row in _CHORDS.items()}
LEAD = {
    "ambient": "sine",
    "electronic": "saw",
    "folk": "pluck",
    "hip hop": "keys",
    "rock": "square",
}
