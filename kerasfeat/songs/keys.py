"""Keys as people write them: a note, a note with its mode, or its place on a wheel of fifths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from kerasfeat.songs.parsing import texts
from kerasfeat.songs.problems import NOTE, Problem

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
MODES = {"minor": 0.0, "min": 0.0, "major": 1.0, "maj": 1.0}
TONE = r"([A-Ga-g])((?:[#♯b♭]|[ -]?sharp|[ -]?flat){0,2})"
NAME = re.compile(rf"{TONE}(?: ?/ ?{TONE})?[ -]?([A-Za-z]*)")
# Camelot (Mixed in Key) and Open Key (Traktor): 8B and 1d are C major, 8A and 1m are A minor.
WHEEL = re.compile(r"0?([1-9]|1[0-2])([ABdm])")
C_MAJOR = {"A": 8, "B": 8, "d": 1, "m": 1}
MAJOR_SIDE = ("B", "d")
FIFTH, TONIC_OF_RELATIVE = 7, -3


@dataclass(frozen=True)
class Key:
    """What the name of a key says.

    Attributes:
        tonic: 0 for C to 11 for B.
        mode: 0 for minor, 1 for major; NaN where the name is of a note alone.
    """

    tonic: int
    mode: float


@lru_cache(1024)  # a column repeats its few names
def key_named(name: str) -> Key | None:
    """The key of a name, None of any other text.

    Args:
        name: such as "C", "c#", "F♯/G♭", "Am", "B flat major", "F♯/G♭ Minor", "8A", "1d".
    """
    name = name.strip()
    if place := WHEEL.fullmatch(name):
        number, side = int(place[1]), place[2]
        is_major = side in MAJOR_SIDE
        tonic = FIFTH * (number - C_MAJOR[side]) + (0 if is_major else TONIC_OF_RELATIVE)
        return Key(tonic % 12, float(is_major))
    found = NAME.fullmatch(name)
    if not found:
        return None
    letter, marks, *_, word = found.groups()
    mode = {"": np.nan, "m": 0.0, "M": 1.0}.get(word, MODES.get(word.casefold()))
    if mode is None:
        return None
    raised = sum(ACCIDENTALS[mark] for mark in re.findall(r"sharp|flat|[#♯b♭]", marks))
    return Key((SEMITONES[letter.upper()] + raised) % 12, mode)


def key_number(name: str) -> float:
    """Pitch class 0 (C) to 11 (B) of a key's name; NaN for any other text."""
    key = key_named(name)
    return float(key.tonic) if key else np.nan


def mode_number(name: str) -> float:
    """1 for major, 0 for minor, NaN for any other text."""
    return MODES.get(name.strip().casefold(), np.nan)


def with_modes(columns: Mapping[str, pd.Series]) -> tuple[dict[str, pd.Series], list[Problem]]:
    """Number columns with the modes that the names of keys tell, where no column has them.

    Args:
        columns: canonical name -> column [rows] as read from the file, called as there.

    Returns:
        (the columns, a note where modes were added).
    """
    if "key" not in columns or "mode" in columns:
        return dict(columns), []
    series = columns["key"]
    if pd.api.types.is_numeric_dtype(series):
        return dict(columns), []
    names = texts(series)
    keys = [key_named(name) if isinstance(name, str) else None for name in names]
    modes = np.array([key.mode if key else np.nan for key in keys])
    if np.isnan(modes).all():
        return dict(columns), []
    shown = names[int(np.flatnonzero(~np.isnan(modes))[0])]
    message = f"keys with their modes, such as {shown!r}: read as key and mode"
    if not (modes == 1).any():  # as tags of files have it: "A" beside "Am"
        modes[[key is not None and np.isnan(key.mode) for key in keys]] = 1
        message += ", a note alone as major"
    named = pd.Series(modes, name=series.name)
    return {**columns, "mode": named}, [Problem(None, str(series.name), message, NOTE)]
