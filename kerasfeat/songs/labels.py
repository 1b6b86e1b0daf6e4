"""Labels and artists as people write them: one spelling for each, and none for what says that there
is none.
"""

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from kerasfeat.songs.identity import NOBODY, artists, people
from kerasfeat.songs.parsing import flagged
from kerasfeat.songs.problems import NOTE, Problem

# What programs write for an empty list or for nothing, and what people write who don't know.
NO_LABELS = frozenset(
    {
        "",
        "nan",
        "null",
        "set()",
        "[]",
        "{}",
        "()",
        "list()",
        "['']",
        "[nan]",
        "[none]",
        "empty_field",
        "unknown",
        "undefined",
    }
)
SHOWN = 10


def plain_label(label: str) -> str:
    """A label without differences of case and spaces: "Hip  Hop " is "hip hop"."""
    return " ".join(label.casefold().split())


def one_spelling(
    cells: pd.Series, in_file: str, lines: np.ndarray
) -> tuple[pd.Series, list[Problem]]:
    """Labels of a table, those that differ in case or spaces alone as the most frequent one of
    them.

    Args:
        cells: [rows] a label, or a tuple of labels; None where there is none.
        in_file: the column's name in the file.
        lines: [rows] lines in the file.

    Returns:
        (labels [rows] as given, None where there is none, problems).
    """
    kept, problems = _known(cells, in_file, lines, NO_LABELS | NOBODY)
    counts = Counter(label for cell in kept for label in _each(cell))
    spellings: dict[str, list[str]] = {}
    for label, _ in counts.most_common():  # equally frequent ones in the order of the table
        spellings.setdefault(plain_label(label), []).append(label)
    several = [its for its in spellings.values() if len(its) > 1]
    if several:
        told = "; ".join(
            f"{', '.join(map(repr, its[1:]))} as {' '.join(its[0].split())!r}"
            for its in several[:SHOWN]
        )
        told += f"; and {len(several) - SHOWN} more" if len(several) > SHOWN else ""
        problems.append(
            Problem(
                None, in_file, f"labels that differ in case or spaces alone are one: {told}", NOTE
            )
        )
    return respelled(kept, [" ".join(its[0].split()) for its in spellings.values()]), problems


def respelled(cells: pd.Series, known: Iterable[str]) -> pd.Series:
    """Labels, or tuples of labels, in the spelling of those that are known; others as they are."""
    spelling = {plain_label(label): label for label in known}

    def one(label: str) -> str:
        return spelling.get(plain_label(label), label)

    return _changed(
        cells,
        lambda cell: tuple(dict.fromkeys(map(one, cell))) if isinstance(cell, tuple) else one(cell),
    )


def known_artists(
    cells: pd.Series, in_file: str, lines: np.ndarray
) -> tuple[pd.Series, list[Problem]]:
    """(Tuples of artists [rows] without what says that there is none, problems)."""
    kept, problems = _known(cells, in_file, lines, NO_LABELS)
    return kept.map(lambda names: names or ()), problems


def by_nobody(frame: pd.DataFrame) -> dict[str, int]:
    """What stands where the artist of a tracks table is nobody -> songs, most frequent first."""
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
    cells: pd.Series, in_file: str, lines: np.ndarray, nothing: frozenset[str]
) -> tuple[pd.Series, list[Problem]]:
    """(The cells without what says that there is nothing, None where nothing is left; a note on
    each).
    """
    left_out = [
        tuple(name for name in _each(cell) if plain_label(name) in nothing) for cell in cells
    ]
    rows = np.array([bool(names) for names in left_out], bool)
    if not rows.any():
        return cells, []
    shown = pd.Series(["; ".join(names) for names in left_out], name=in_file, dtype=object)

    def without(cell: str | tuple) -> str | tuple | None:
        kept = tuple(name for name in _each(cell) if plain_label(name) not in nothing)
        return (kept if isinstance(cell, tuple) else cell) if kept else None

    return _changed(cells, without), flagged(
        rows, shown, lines, "says that there is none, read as missing", NOTE
    )


def _each(cell: str | tuple | None) -> tuple:
    return cell if isinstance(cell, tuple) else () if pd.isna(cell) else (cell,)


def _changed(cells: pd.Series, function: Callable) -> pd.Series:
    """The function of each label or tuple that there is, None of others."""
    changed = np.full(len(cells), None, object)
    changed[:] = [function(cell) if isinstance(cell, (str, tuple)) else None for cell in cells]
    return pd.Series(changed, index=cells.index, dtype=object)
