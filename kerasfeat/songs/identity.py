"""Which song a row is: its artists, and what its features and its sound say, the same in every
table.
"""

import contextlib
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat.audio.decode import content_key
from kerasfeat.audio.formats import AudioError
from kerasfeat.songs import schema
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

# What joins two artists, whoever they are.
GUESTS = re.compile(
    r"(?<=\S)(?:\s*[(\[]\s*(?:featuring|feat|ft|with)|\s+(?:featuring|feat|ft))\b[.,:]?\s*(?=[^\s&,])",
    re.IGNORECASE,
)
# What may join two artists, and may be a part of one's name: "10,000 Maniacs" and "Harry Connick,
# Jr." have no such comma.
JOINTS = re.compile(
    r"\s*,(?!\d{3}\b)(?!\s*(?:jr|sr|i{2,3}|iv|inc|ltd|md|phd)\b)\s*|\s+(?:&|x|\N{MULTIPLICATION "
    r"SIGN}|with|vs\.?)\s+",
    re.IGNORECASE,
)
# Names that would fall apart where a column joins its artists by commas, or where a part is another
# artist's name too.
ONE_ARTIST = frozenset(
    {
        "blood, sweat & tears",
        "crosby, stills & nash",
        "crosby, stills, nash & young",
        "dave dee, dozy, beaky, mick & tich",
        "earth, wind & fire",
        "emerson, lake & palmer",
        "hootie & the blowfish",
        "kool & the gang",
        "now, now",
        "peter, bjorn & john",
        "peter, bjorn and john",
        "peter, paul & mary",
        "peter, paul and mary",
        "quickly, quickly",
        "simon & garfunkel",
        "sly & the family stone",
        "tyler, the creator",
    }
)
# A column joins its artists if most of the names with commas in it, and at least so many, hold the
# name of another row.
JOINED_NAMES, JOINED_SHARE = 5, 2 / 3

# What is measured of a song, and not of its artist or its sales.
MEASURED = (*schema.FEATURES, *schema.GROUPS["lowlevel"], *schema.GROUPS["lyrics"])
DIGITS = 6  # that two copies of a table share, however they were written
# A column with few values, such as the key, tells no two songs apart.
FEWEST_VALUES = 13
# How many pairs of rows may be expected to be equal by chance: where titles and artists agree, and
# where they differ.
CHANCE, CHANCE_OF_OTHERS = 0.05, 1e-6
# Where more of the equal rows than that have another name than the first, the names count too.
MOST_OTHERS = 0.5

# Of files of one size those with the same beginning are read whole.
BEGINNING_BYTES = 1 << 16


def same(text):
    """Text without differences of case, width, and spacing."""
    folded = str(text).casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold())
    return " ".join(folded.split())


def somebody(artist):
    """An artist's name without differences of spelling; None for "Various Artists" and the like, or
    where there is none.
    """
    name = None if pd.isna(artist) else same(artist)
    return None if name in NOT_ARTISTS else name


def artists(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Who the artists of each song are, for keeping artists apart and for counting them.

    Args:
        frame: a tracks table, with `artists` (tuples) or `artist` (text), or neither.

    Returns:
        [rows] tuples of names; the parts of a name as of `apart`.
    """
    if "artists" in frame:
        return apart(frame["artists"])
    return apart(frame["artist"].map(artist_names)) if "artist" in frame else [()] * len(frame)


def people(names: tuple[str, ...]) -> set[str]:
    """Those of a song's artists that are somebody, without differences of spelling."""
    return {name for name in map(somebody, names) if name is not None}


def count_artists(frame: pd.DataFrame) -> int:
    """How many artists a tracks table has."""
    return len(set().union(*map(people, set(artists(frame)))))


def apart(rows: pd.Series, joined: bool = False) -> list[tuple[str, ...]]:
    """The artists of each song, where a name may hold several.

    "A feat. B" is two artists. "A, B", "A & B", "A x B", "A with B" are two if one of them is the
    name of another row, or if the column joins its artists; "Tyler, The Creator" is one.

    Args:
        rows: [rows] tuples of names.
        joined: whether the column is known to join the artists of a song.
    """
    names = set().union(*set(rows))
    several = {name for name in names if JOINTS.search(name) or GUESTS.search(name)}
    if not several:
        return list(rows)
    pieces = {name: _without_guests(name) for name in several}
    known = {same(name) for name in names - several} | {
        same(piece) for its in pieces.values() for piece in its
    }
    joined = joined or _joins(known)
    # Several guests are joined as artists of a column may be.
    parts = {
        name: [
            part for n, piece in enumerate(its) for part in _parts(piece, known, joined or n > 0)
        ]
        for name, its in pieces.items()
    }
    return [
        own
        if several.isdisjoint(own)
        else tuple(dict.fromkeys(part for name in own for part in parts.get(name, (name,))))
        for own in rows
    ]


def _without_guests(name: str) -> list[str]:
    """The artist and the guests of "A (feat. B)"."""
    first, *guests = GUESTS.split(name)
    return [first, *(guest.rstrip(")] ") for guest in guests)]


def _joins(known: set[str]) -> bool:
    """Whether most names with commas hold another of the `known` names."""
    commas = [
        JOINTS.split(name)
        for name in known
        if "," in name and name not in ONE_ARTIST and JOINTS.search(name)
    ]
    return len(commas) >= JOINED_NAMES and sum(
        not known.isdisjoint(parts) for parts in commas
    ) > JOINED_SHARE * len(commas)


def _parts(name: str, known: set[str], joined: bool) -> list[str]:
    """The artists in a name without guests: the longest runs of its parts that are `known` names,
    and every part between them.
    """
    joints = list(JOINTS.finditer(name))
    if not joints or same(name) in ONE_ARTIST:
        return [name]
    starts, ends = (
        [0, *(joint.end() for joint in joints)],
        [*(joint.start() for joint in joints), len(name)],
    )
    found, named, first = [], joined, 0
    while first < len(starts):
        for last in range(len(ends) - 1, first - 1, -1):
            part = name[starts[first] : ends[last]]
            is_name = part != name and (same(part) in known or same(part) in ONE_ARTIST)
            if is_name:
                break
        found += _parts(part, known, joined) if is_name else [part] if part else []
        named, first = named or is_name, last + 1
    return found if named else [name]


def row_keys(frame: pd.DataFrame) -> np.ndarray:
    """What the measured features of each song say of who it is: rows of one key are one song, in
    this table and in others.

    Equal values tell a song where they would hardly be equal by chance: of n rows, n^2 times the
    product of how often each value occurs in its column. Of a few columns, songs of another title
    or artist are others; of many exact ones they are the same recording, which was published again,
    unless most equal rows of the table have other names.

    Args:
        frame: a tracks table, or some of its rows.

    Returns:
        [rows] text, None where the values do not tell one song from another.
    """
    columns = [name for name in MEASURED if name in frame and frame[name].notna().any()]
    keys = np.full(len(frame), None, object)
    if not columns:
        return keys
    values = frame[columns].to_numpy("float64")
    chance = np.full(len(frame), 2 * np.log(len(frame)))  # its logarithm
    for column in values.T:
        codes, found = pd.factorize(column)
        if len(found) >= FEWEST_VALUES:
            known = codes >= 0
            chance[known] += np.log(np.bincount(codes[known])[codes[known]] / len(frame))
    told = chance < np.log(CHANCE)
    if not told.any():
        return keys
    found = pd.Series(contents(frame[told]), np.flatnonzero(told))
    doubtful = pd.Series(chance[told] >= np.log(CHANCE_OF_OTHERS), found.index)
    # Columns that depend on each other are equal more often than that: then the names differ.
    again = found[found.duplicated(keep=False)]
    names = _names(frame, again.index)
    if (names != names.groupby(again).transform("first"))[again.duplicated()].mean() > MOST_OTHERS:
        doubtful[:] = True
    keys[found.index] = found
    keys[doubtful[doubtful].index] += _names(frame, doubtful[doubtful].index)
    return keys


def have_keys(frame: pd.DataFrame, keys: set[str]) -> np.ndarray:
    """[rows] whether a song of one table has one of the `row_keys` of another."""
    names = _names(frame, pd.RangeIndex(len(frame)))
    return np.array(
        [
            content in keys or content + name in keys
            for content, name in zip(contents(frame), names, strict=True)
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


def contents(frame: pd.DataFrame) -> list[str]:
    """[rows] a hash of the measured features, of which missing ones are equal too."""
    columns = [name for name in MEASURED if name in frame and frame[name].notna().any()]
    if not columns:
        return [""] * len(frame)
    names = pd.util.hash_array(np.array([" ".join(columns)], object))[0]
    values = pd.DataFrame(_rounded(frame[columns].to_numpy("float64")), columns=columns)
    return [f"{number:016x}" for number in pd.util.hash_pandas_object(values, index=False) ^ names]


def _rounded(values: np.ndarray) -> np.ndarray:
    """Numbers with as many digits as copies of a table share: 0.13699999999999998 is 0.137."""
    size = np.where(values == 0, 1, np.abs(values))
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    return np.round(values * scale) / scale + 0.0  # no -0.0


def copied_audio(frame: pd.DataFrame) -> list[str | None]:
    """[rows] the content key of each audio file that may be another's copy; None where no other has
    its size and its beginning.
    """
    paths = [
        path if isinstance(path, str) else None for path in frame.get("audio", [None] * len(frame))
    ]
    alike = defaultdict(list)
    for path in {path for path in paths if path}:
        with contextlib.suppress(OSError):  # gone, or closed: what reads it tells so
            alike[Path(path).stat().st_size].append(path)
    keys = {}
    for sized in (found for found in alike.values() if len(found) > 1):
        begun = defaultdict(list)
        for path in sized:
            with contextlib.suppress(OSError), Path(path).open("rb") as file:
                begun[file.read(BEGINNING_BYTES)].append(path)
        for path in (path for found in begun.values() if len(found) > 1 for path in found):
            with contextlib.suppress(AudioError):
                keys[path] = content_key(path)
    return [keys.get(path or "") for path in paths]
