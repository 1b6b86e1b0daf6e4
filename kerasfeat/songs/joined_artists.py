"""The artists that one name joins: "A feat. B", "A & B", and not "Tyler, The Creator"."""

import re
import unicodedata

import pandas as pd

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
# And what does so only where a part is another artist's name, whatever the column joins: "Florence
# and the Machine".
DOUBTFUL_JOINTS = re.compile(rf"{JOINTS.pattern}|\s+(?:and|/|\+)\s+", re.IGNORECASE)
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
        "peter, paul & mary",
        "quickly, quickly",
        "simon & garfunkel",
        "sly & the family stone",
        "tyler, the creator",
    }
)
# A column joins its artists if most of the names with commas in it, and at least so many, hold the
# name of another row.
JOINED_NAMES, JOINED_SHARE = 5, 2 / 3


def same(text: object) -> str:
    """Text without differences of case, width, and spacing, and without signs that show nothing."""
    folded = str(text).casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold())
        folded = without_unseen(folded)
    return " ".join(folded.split())


def without_unseen(text: str) -> str:
    """Text without signs that show nothing, such as a soft hyphen (Unicode's format characters)."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def apart(rows: pd.Series, joined: bool = False) -> list[tuple[str, ...]]:
    """The artists of each song, where a name may hold several.

    "A feat. B" is two artists. "A, B", "A & B", "A x B", "A with B" are two if one of them is the
    name of another row, or if the column joins its artists; "A / B", "A + B", "A and B" are in the
    first case alone. "Tyler, The Creator" is one.

    Args:
        rows: [rows] tuples of names.
        joined: whether the column is known to join the artists of a song.
    """
    names = set().union(*set(rows))
    several = {name for name in names if DOUBTFUL_JOINTS.search(name) or GUESTS.search(name)}
    if not several:
        return list(rows)
    pieces = {name: _without_guests(name) for name in several}
    known = {same(name) for name in names - several} | {
        same(piece) for own in pieces.values() for piece in own
    }
    joined = joined or _joins(known)
    # Several guests are joined as artists of a column may be.
    parts = {
        name: [
            part for n, piece in enumerate(own) for part in _parts(piece, known, joined or n > 0)
        ]
        for name, own in pieces.items()
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
        if "," in name and not _is_one_artist(name) and JOINTS.search(name)
    ]
    return len(commas) >= JOINED_NAMES and sum(
        not known.isdisjoint(parts) for parts in commas
    ) > JOINED_SHARE * len(commas)


def _is_one_artist(name: str) -> bool:
    return same(name).replace(" and ", " & ") in ONE_ARTIST


def _parts(name: str, known: set[str], joined: bool) -> list[str]:
    """The artists in a name without guests.

    They are the longest runs of its parts that are `known` names, and every part between them.
    """
    if _is_one_artist(name):
        return [name]
    joints = list((JOINTS if joined else DOUBTFUL_JOINTS).finditer(name))
    if not joints:
        return _parts(name, known, joined=False) if joined else [name]
    starts = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(name)]
    artists: list[str] = []
    named, first = joined, 0
    while first < len(starts):
        for last in range(len(ends) - 1, first - 1, -1):
            part = name[starts[first] : ends[last]]
            is_name = part != name and (same(part) in known or _is_one_artist(part))
            if is_name:
                break
        if is_name:
            artists += _parts(part, known, joined)
        elif part:
            artists += _parts(part, known, joined=False) if joined else [part]
        named, first = named or is_name, last + 1
    return artists if named else [name]
