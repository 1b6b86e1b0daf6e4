"""Which song a row is: its artists, and what its features and its sound say.

What an artist's name and sound say is the same in every table; what features say depends on which
columns are compared.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.audio.decode import content_key
from kerasfeat.audio.formats import AudioError
from kerasfeat.songs import schema
from kerasfeat.songs.joined_artists import apart, same
from kerasfeat.songs.parsing import artist_names

# Shown as written, and no artist of whom there are other songs.
NOBODY = frozenset(
    {
        "various artists",
        "various artist",
        "unknown artist",
        "unknown artists",
        "<unknown>",
        "<unknown artist>",
    }
)
NOT_ARTISTS = NOBODY | {"", "various", "va", "v.a.", "unknown", "[unknown]", "n/a"}

# What is measured of a song, and not of its artist or its sales.
MEASURED = (*schema.FEATURES, *schema.GROUPS["lowlevel"], *schema.GROUPS["lyrics"])
DIGITS = 6  # that two copies of a table share, however they were written
# A column with few values, such as the key, tells no two songs apart.
FEWEST_DISTINCT = 13
# How many pairs of rows may be expected to be equal by chance: where titles and artists agree, and
# where they differ.
CHANCE, CHANCE_OF_OTHERS = 0.05, 1e-6
# Where more of the equal rows than that have another name than the first, the names count too.
MOST_OTHERS = 0.5

# Of files of one size those with the same beginning are read whole.
BEGINNING_BYTES = 1 << 16


def somebody(artist: str | None) -> str | None:
    """An artist's name without differences of spelling.

    None for "Various Artists" and the like, or where there is none.
    """
    name = None if pd.isna(artist) else same(artist)
    return None if name in NOT_ARTISTS else name


def artists(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Who the artists of each song are, for keeping artists apart and for counting them.

    Args:
        frame: a table of songs, with `artists` (tuples) or `artist` (text), or neither.

    Returns:
        [rows] tuples of names; the parts of a name as of kerasfeat.songs.joined_artists.apart.
    """
    if "artists" in frame:
        return apart(frame["artists"])
    return apart(frame["artist"].map(artist_names)) if "artist" in frame else [()] * len(frame)


def people(names: Iterable[str]) -> set[str]:
    """Those of a song's artists that are somebody, without differences of spelling."""
    return {name for name in map(somebody, names) if name is not None}


def count_artists(frame: pd.DataFrame) -> int:
    """How many artists a table of songs has."""
    return len(set().union(*map(people, set(artists(frame)))))


def row_keys(frame: pd.DataFrame) -> Array:
    """What the measured features of each song say of who it is.

    Rows of one key are one song; `have_keys` finds it in other tables. Equal values tell a song
    where they would hardly be equal by chance: of n rows, n^2 times the product of how often each
    value occurs in its column. Of a few columns, songs of another title or artist are others; of
    many exact ones they are the same recording, which was published again, unless most equal rows
    of the table have other names.

    Args:
        frame: a table of songs, or some of its rows.

    Returns:
        [rows] text, None where the values do not tell one song from another.
    """
    keys = np.full(len(frame), None, object)
    columns = measured(frame)
    if not columns:
        return keys
    log_chance = _log_chance(frame[columns].to_numpy("float64"))
    is_told = log_chance < np.log(CHANCE)
    if not is_told.any():
        return keys
    equal = pd.Series(contents(frame[is_told], columns), np.flatnonzero(is_told))
    doubtful = pd.Series(log_chance[is_told] >= np.log(CHANCE_OF_OTHERS), equal.index)
    # Columns that depend on each other are equal more often than that: then the names differ.
    repeated = equal[equal.duplicated(keep=False)]
    names = _names(frame, repeated.index)
    is_other = names != names.groupby(repeated).transform("first")
    if is_other[repeated.duplicated()].mean() > MOST_OTHERS:
        doubtful[:] = True
    keys[equal.index] = equal
    keys[doubtful[doubtful].index] += _names(frame, doubtful[doubtful].index)
    return keys


def measured(frame: pd.DataFrame) -> list[str]:
    """The columns that `row_keys` are made of: those of what is measured that have values; a number
    that was made labels is none.
    """
    there = [name for name in MEASURED if name in frame and frame[name].notna().any()]
    return [name for name in there if pd.api.types.is_numeric_dtype(frame[name])]


def _log_chance(values: Array) -> Array:
    """The logarithm of how many pairs of rows are equal to each row by chance, [rows].

    Args:
        values: [rows, columns], NaN where there is none.
    """
    chance = np.full(len(values), 2 * np.log(len(values)))
    for column in values.T:
        codes, distinct = pd.factorize(column)
        if len(distinct) >= FEWEST_DISTINCT:
            known = codes >= 0
            chance[known] += np.log(np.bincount(codes[known])[codes[known]] / len(values))
    return chance


def have_keys(frame: pd.DataFrame, keys: set[str], columns: Sequence[str]) -> Array:
    """Whether songs of one table have one of the `row_keys` of another, bool [rows].

    Args:
        frame: some rows of the one table; what else than `columns` it has changes nothing.
        keys: of the other one.
        columns: that these are made of: the other table's `measured`.
    """
    names = _names(frame, pd.RangeIndex(len(frame)))
    return np.array(
        [
            content in keys or content + name in keys
            for content, name in zip(contents(frame, columns), names, strict=True)
        ],
        bool,
    )


def _names(frame: pd.DataFrame, rows: pd.Index) -> pd.Series:
    """Title and artist of some rows, without differences of spelling."""
    named = frame.reindex(columns=["title", "artist"]).iloc[rows].astype(object).fillna("")
    return pd.Series(
        [
            f" {same(title)} {same(artist)}"
            for title, artist in zip(named["title"], named["artist"], strict=True)
        ],
        rows,
        object,
    )


def contents(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """[rows] a hash of these of the measured features, of which missing ones are equal too."""
    if not columns:
        return [""] * len(frame)
    names = pd.util.hash_array(np.array([" ".join(columns)], object))[0]
    there = [name for name in measured(frame) if name in columns]
    numbers = frame[there].reindex(columns=list(columns)).to_numpy("float64")
    values = pd.DataFrame(_rounded(numbers), columns=list(columns))
    return [f"{number:016x}" for number in pd.util.hash_pandas_object(values, index=False) ^ names]


def _rounded(values: Array) -> Array:
    """Numbers with as many digits as copies of a table share, so that 0.13699999999999998 is 0.137.

    Args:
        values: of any shape.
    """
    size = np.where(values == 0, 1, np.abs(values))
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    return np.round(values * scale) / scale + 0.0  # no -0.0


def copied_audio(frame: pd.DataFrame) -> list[str | None]:
    """[rows] the content key of each audio file that may be another's copy.

    None where no other has its size and its beginning.
    """
    paths = [
        Path(path) if isinstance(path, str) and path else None
        for path in frame.get("audio", [None] * len(frame))
    ]
    keys = {}
    for sized in _alike({path for path in paths if path}, lambda path: path.stat().st_size):
        for begun in _alike(sized, _beginning):
            for path in begun:
                with contextlib.suppress(AudioError):
                    keys[path] = content_key(path)
    return [keys.get(path) if path else None for path in paths]


def _alike(paths: Iterable[Path], feature: Callable[[Path], Hashable]) -> list[list[Path]]:
    """Files of which several have the same feature; without those that can't be read."""
    groups = defaultdict(list)
    for path in paths:
        with contextlib.suppress(OSError):  # gone, or closed: what reads it tells so
            groups[feature(path)].append(path)
    return [group for group in groups.values() if len(group) > 1]


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BEGINNING_BYTES)
