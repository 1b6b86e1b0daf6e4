"""Labels and artists as people write them.

Each has one spelling, and what says that there is none is none.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs.identity import NOBODY, artists, people
from kerasfeat.songs.joined_artists import without_unseen
from kerasfeat.songs.parsing import flagged
from kerasfeat.songs.problems import NOTE, Problem

# What programs write for an empty list or for nothing, and what people write who don't know.
UNLABELLED = frozenset(
    {
        "",
        "nan",
        "null",
        "set()",
        "frozenset()",
        "[]",
        "{}",
        "()",
        "list()",
        "c()",
        "character(0)",
        "array([], dtype=object)",
        "['']",
        "[nan]",
        "[none]",
        "empty_field",
        "unknown",
        "undefined",
        "none",
        "missing",
        "na",
        "n/a",
        "n.a.",
        "<na>",
        "#n/a",
        "\\n",  # Postgres and MySQL
        "-",
        "--",
        "\N{EN DASH}",
        "\N{EM DASH}",
        "?",
    }
)
SHOWN = 10

# As pandas writes whole numbers of a column in which one is missing.
WHOLE = re.compile(r"(-?\d+)\.0+")

APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))

# A label, or all labels of a song.
Cell: TypeAlias = str | tuple[str, ...]


def plain_label(label: str) -> str:
    """A label without differences of case, spaces, and marks: "Hip  Hop " is "hip hop".

    Marks are apostrophes, as in "Children’s", accents that are signs of their own, signs that show
    nothing, such as a soft hyphen, and the ".0" of a whole number.
    """
    text = unicodedata.normalize("NFKC", label).translate(APOSTROPHES)
    if not text.isascii():
        text = without_unseen(text)
    plain = " ".join(text.casefold().split())
    whole = WHOLE.fullmatch(plain)
    return whole[1] if whole else plain


def one_spelling(cells: pd.Series, in_file: str, lines: Array) -> tuple[pd.Series, list[Problem]]:
    """Labels of a table, of those that differ in case, spaces or marks alone the most frequent one.

    Args:
        cells: [rows] a label, or a tuple of labels; None where there is none.
        in_file: the column's name in the file.
        lines: int [rows], lines in the file.

    Returns:
        (labels [rows] as given, None where there is none, problems).
    """
    kept, problems = _known(cells, in_file, lines, UNLABELLED | NOBODY)
    counts = Counter(label for cell in kept for label in _each(cell))
    spellings: dict[str, list[str]] = {}
    for label, _ in counts.most_common():  # equally frequent ones in the order of the table
        spellings.setdefault(plain_label(label), []).append(label)
    common = [" ".join(alike[0].split()) for alike in spellings.values()]
    respellings = [
        f"{', '.join(map(repr, alike[1:]))} as {label!r}"
        for label, alike in zip(common, spellings.values(), strict=True)
        if len(alike) > 1
    ]
    if respellings:
        shown = "; ".join(respellings[:SHOWN])
        more = len(respellings) - SHOWN
        shown += f"; and {more} more" if more > 0 else ""
        message = f"labels that differ in case, spaces or marks alone are one: {shown}"
        problems.append(Problem(None, in_file, message, NOTE))
    return respelled(kept, common), problems


def respelled(cells: pd.Series, known: Iterable[str]) -> pd.Series:
    """Labels, or tuples of labels, in the spelling of those that are known; others as they are."""
    spelling = {plain_label(label): label for label in known}

    def one(label: str) -> str:
        return spelling.get(plain_label(label), label)

    def all_of(cell: Cell) -> Cell:
        return tuple(dict.fromkeys(map(one, cell))) if isinstance(cell, tuple) else one(cell)

    return _changed(cells, all_of)


def known_artists(cells: pd.Series, in_file: str, lines: Array) -> tuple[pd.Series, list[Problem]]:
    """(Tuples of artists [rows] without what says that there is none, problems)."""
    kept, problems = _known(cells, in_file, lines, UNLABELLED)
    return kept.map(lambda names: names or ()), problems


def by_nobody(frame: pd.DataFrame) -> dict[str, int]:
    """What stands where the artist of a song is nobody -> songs, the most frequent first."""
    if "artist" not in frame:
        return {}
    nobody = np.array([not people(names) for names in artists(frame)], bool)
    shown = frame["artist"][frame["artist"].notna() & nobody]
    return {str(name): int(count) for name, count in shown.value_counts().items()}


def say_nobody(counts: dict[str, int]) -> str:
    """`by_nobody` as a sentence."""
    named = ", ".join(f"{name!r} ({count:,})" for name, count in list(counts.items())[:SHOWN])
    return f"songs by nobody in particular, each as if it had no artist: {named}"


def _known(
    cells: pd.Series, in_file: str, lines: Array, nothing: frozenset[str]
) -> tuple[pd.Series, list[Problem]]:
    """The cells without what says that there is nothing, and a note on each.

    Returns:
        (cells [rows], None where nothing is left; notes).
    """
    left_out = [
        tuple(name for name in _each(cell) if plain_label(name) in nothing) for cell in cells
    ]
    rows = np.array([bool(names) for names in left_out], bool)
    if not rows.any():
        return cells, []
    shown = pd.Series(["; ".join(names) for names in left_out], name=in_file, dtype=object)

    def without(cell: Cell) -> Cell | None:
        kept = tuple(name for name in _each(cell) if plain_label(name) not in nothing)
        return (kept if isinstance(cell, tuple) else cell) if kept else None

    message = "means that there is none, read as missing"
    return _changed(cells, without), flagged(rows, shown, lines, message, NOTE)


def _each(cell: Cell | None) -> tuple[str, ...]:
    if isinstance(cell, tuple):
        return cell
    return () if cell is None or pd.isna(cell) else (cell,)


def _changed(cells: pd.Series, function: Callable[[Cell], Cell | None]) -> pd.Series:
    """The function of each label or tuple that there is, None of others."""
    changed = np.full(len(cells), None, object)
    changed[:] = [function(cell) if isinstance(cell, (str, tuple)) else None for cell in cells]
    return pd.Series(changed, index=cells.index, dtype=object)
