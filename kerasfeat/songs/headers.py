"""Which columns of a table are which, by their names in the file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kerasfeat.songs.schema import (
    COLUMNS,
    PERCENT_WORDS,
    TAG_COLUMNS,
    TAGS,
    TAGS_TOGETHER,
    UNITS,
    Column,
    plain,
)

# Words before a column's own name that say whose it is.
PREFIXES = ("song", "track", "audio", "spotify")
# Of the table of Spotify's top songs of each year. Elsewhere `pop`, `live` and `val` are other
# things.
SHORT = {
    "nrgy": "energy",
    "dnce": "danceability",
    "acous": "acousticness",
    "spch": "speechiness",
    "db": "loudness",
    "live": "liveness",
    "val": "valence",
    "dur": "duration_ms",
    "pop": "popularity",
}
ONLY_SHORT = ("nrgy", "dnce", "acous", "spch")
# Words of a data set's own: a prefix before them makes no other name of them.
WHOLE_NAMES = ("source", "split")


@dataclass(frozen=True)
class Double:
    """A second name of one canonical column in a header.

    Attributes:
        name: the canonical name.
        taken: the name in the file that is taken for it.
        left: the other one, which stays under its own name.
    """

    name: str
    taken: str
    left: str


def resolve(header: Sequence[str]) -> tuple[dict[str, str], list[Double]]:
    """Which columns of a table are canonical ones.

    Args:
        header: the names of the columns as they stand in the file.

    Returns:
        (canonical name -> name in the file, of which the most canonical is taken; the others).
    """
    spelled, loose = _spelled(header), _loose(header)
    short = SHORT if any(name in spelled for name in ONLY_SHORT) else {}
    with_tags = sum(tag in spelled for tag in TAGS) >= TAGS_TOGETHER
    names: dict[str, str] = {}
    doubles = []
    for column in COLUMNS:
        is_known_by_alias = with_tags or column.name not in TAG_COLUMNS
        aliases = (column.name, *(column.aliases if is_known_by_alias else ()))
        candidates = [name for alias in aliases for name in spelled.get(alias, ())]
        if column.name not in WHOLE_NAMES:
            candidates += [
                name
                for alias in aliases
                for name, unit in loose.get(alias, ())
                if not unit or unit in column.units
            ]
        words = (word for word, meant in short.items() if meant == column.name)
        candidates += [name for word in words for name in spelled.get(word, ())]
        candidates = [name for name in dict.fromkeys(candidates) if name not in names.values()]
        if candidates:
            names[column.name] = candidates[0]
            doubles += [Double(column.name, candidates[0], other) for other in candidates[1:]]
    return names, doubles


def _spelled(header: Sequence[str]) -> dict[str, list[str]]:
    """Plain name -> the names of a header that are spelled so.

    Exact spellings come first, so that a column called "artist" is never left over beside one
    called "Artist".
    """
    spelled: dict[str, list[str]] = {}
    for name in sorted(header, key=lambda name: name != plain(name)):
        spelled.setdefault(plain(name), []).append(name)
    return spelled


def _loose(header: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Shorter name -> (name of a header that is not known, its unit), as of `_shorter`."""
    known = {alias for column in COLUMNS for alias in (column.name, *column.aliases)}
    loose: dict[str, list[tuple[str, str]]] = {}
    for name in header:
        if plain(name) not in known:
            for shorter, unit in _shorter(name):
                loose.setdefault(shorter, []).append((name, unit))
    return loose


def _shorter(name: str) -> list[tuple[str, str]]:
    """(A header's name without its unit and prefixes, the unit or ""), the longest first."""
    words = _words(name)
    shorter = [(words, "")]
    if len(words) > 1 and any(words[-1] in units for units in (*UNITS.values(), PERCENT_WORDS)):
        bare = words[:-2] if words[-2] == "in" and len(words) > 2 else words[:-1]
        shorter.append((bare, words[-1]))
    shorter += [(left[1:], unit) for left, unit in shorter if len(left) > 1 and left[0] in PREFIXES]
    return [("_".join(left), unit) for left, unit in shorter]


def _words(name: str) -> list[str]:
    """The words of a header's name, in lower case: "songDuration (ms)" has three."""
    return plain(re.sub(r"(?<=[a-z]{2})(?=[A-Z])", "_", str(name))).split("_")


def factor_of(name: str, column: Column) -> float | None:
    """What a name in the file says that the column's values must be multiplied by.

    None where it says nothing of it.
    """
    if column.is_share and "%" in name:
        return 0.01
    words = _words(name)
    return column.units.get(words[-1]) if len(words) > 1 else None


def named(wanted: str, names: Mapping[str, str]) -> str | None:
    """What a column is called that somebody asks for; None where there is none.

    Args:
        wanted: its name, however it is written.
        names: each name that a column has, canonically and in the file -> what it is called.
    """
    loosely = {plain(spelled): name for spelled, name in names.items()}
    return names.get(wanted, loosely.get(plain(wanted)))
