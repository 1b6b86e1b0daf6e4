"""From the cells of a table to text, lists of names, and files that exist."""

import ast
import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.files import file_name
from kerasfeat.songs.problems import MISSING, Problem

NEARLY_ALL = 0.95
# What programs, R above all, write where there is nothing. It may be a name too, of an artist, a
# title, or a label: there it is told.
NOTHING = (
    "NA",
    "N/A",
    "n/a",
    "<NA>",
    "#N/A",
    "#NA",
    "NaN",
    "nan",
    "-NaN",
    "-nan",
    "null",
    "NULL",
    "None",
)
QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
# What NumPy makes of a list of texts or whole numbers: "['rock' 'hip hop']".
PART = re.compile(rf"{QUOTED}|\d+|None")
ARRAY = re.compile(rf"\[\s*(?:{PART.pattern})(?:\s+(?:{PART.pattern}))+\s*\]")
# How R, Python and NumPy name a list before its brackets: 'c("rock", "pop")', "frozenset({'pop'})",
# "array(['pop'], dtype=object)".
CALL = re.compile(
    r"(?:c|list|set|frozenset|tuple|(?:np\.|numpy\.)?array)"
    r"\(\s*(.+?)\s*(?:,\s*dtype=[^()\[\]]*)?\)",
    re.DOTALL,
)
# Nothing, as a part of a list in another language than Python.
NO_PART = re.compile(rf"({QUOTED})|\b(?:NA_character_|NA|nan|NaN|null|NULL)\b")
# Where the name stands in a list of objects, as Spotify's artists and FMA's genres are.
NAMED_BY = ("name", "genre_title", "title")


def flagged(
    rows: Array, series: pd.Series, lines: Array, message: str, effect: str
) -> list[Problem]:
    """A Problem for each of some rows, with the value that stands there.

    Args:
        rows: bool [rows].
        series: [rows] the column as read from the file.
        lines: int [rows], lines in the file.
        message: what is wrong.
        effect: what comes of it, of kerasfeat.songs.problems.
    """
    shown = series[rows].map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))
    return [
        Problem(int(line), series.name, message, effect, value)
        for line, value in zip(lines[rows], shown, strict=True)
    ]


def texts(series: pd.Series) -> pd.Series:
    """[rows] text without spaces around it that can be shown, written, and compared; None where
    there is none.

    Whole floats lose their ".0": they are ids that were once read as numbers. Accented letters are
    single signs ("é" and "e" with an accent look alike and are the same); of a file's name that is
    no valid text the strange bytes are shown.
    """
    return _each(series, lambda value: _composed(_text(value)))


def file_names(series: pd.Series, root: Path) -> pd.Series:
    """[rows] names of files as text, None where there is none.

    Args:
        series: [rows] as read from the file.
        root: the folder that they are relative to, where spaces around a name belong to it if a
            file is called so.
    """

    def named(value: Any) -> str | None:
        text = _text(value)
        is_spaced = isinstance(value, str) and text is not None and text != value
        return value if is_spaced and _on_disk(root / value) else text

    return _each(series, named)


def _each(series: pd.Series, function: Callable[[Any], str | None]) -> pd.Series:
    """[rows] the function of each value that there is, None of others.

    They are objects, since pandas' own text holds no file name that is no valid text.
    """
    changed = np.full(len(series), None, object)
    given = series.notna().to_numpy()
    changed[given] = [function(value) for value in series.to_numpy(object)[given]]
    return pd.Series(changed, dtype=object)


def _composed(text: str | None) -> str | None:
    if not text:
        return text
    return unicodedata.normalize("NFC", text.encode("utf-8", "backslashreplace").decode())


def _text(value: Any) -> str | None:
    if isinstance(value, np.ndarray):  # a list column of a Parquet file
        value = value.tolist()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def label_texts(series: pd.Series) -> pd.Series:
    """[rows] labels of a column that has one for each song: of a list of one, what is in it."""

    def label(value: Any) -> str | None:
        names = label_names(value) if is_list(value) else ()
        return names[0] if len(names) == 1 else _composed(_text(value))

    return _each(series, label)


def artist_names(value: Any) -> tuple[str, ...]:
    """The artists of a song, without repeats.

    Args:
        value: a list, the text of one (of Python, JSON, R, NumPy or Postgres), or names with
            semicolons or bars between them; of objects their names. Commas do not separate
            ("Tyler, The Creator" is one artist). The text is parsed as a literal and never run.
    """
    return _names(value, "[;|]")


def label_names(value: Any) -> tuple[str, ...]:
    """The labels of a song, without repeats.

    Args:
        value: as of `artist_names`, where commas may be between names too.
    """
    names = (_composed(name) for name in _names(value, "[;|,]"))
    return tuple(dict.fromkeys(name for name in names if name))


def is_list(value: Any) -> bool:
    """Whether a cell is a list, or a text in the brackets of one."""
    if isinstance(value, str):
        text = value.strip()
        return text[:1] + text[-1:] in ("[]", "()", "{}") or bool(CALL.fullmatch(text))
    return np.iterable(value)


def _names(value: Any, between: str) -> tuple[str, ...]:
    if isinstance(value, str):
        names = _listed(value.strip(), between)
    elif isinstance(value, dict):
        names = _named([value])
    elif np.iterable(value):  # a list column of a Parquet file
        # A set has no order, and what is made of it must not differ from run to run.
        names = _named(sorted(value, key=str) if isinstance(value, set | frozenset) else value)
    else:
        names = _named([value])
    return tuple(dict.fromkeys(name.strip() for name in map(str, names) if name.strip()))


def _named(parts: Iterable[Any]) -> list[Any]:
    """The parts of a list that are something; of objects their names."""
    names = [
        next((part[key] for key in NAMED_BY if key in part), part)
        if isinstance(part, dict)
        else part
        for part in parts
    ]
    return [name for name in names if np.iterable(name) or not pd.isna(name)]


def _listed(text: str, between: str) -> list[Any]:
    """The names in a text: of a list, or with a mark of the pattern `between` between them."""
    if not is_list(text):
        return re.split(between, text)
    call = CALL.fullmatch(text)
    inside = call[1] if call else text
    literal = inside if inside[:1] + inside[-1:] in ("[]", "()", "{}") else f"[{inside}]"
    parts = None if literal == "{}" else _parts(literal)
    if parts is None and ("," in literal or "," in between):
        parts = _bare_parts(literal)
    names = _named(parts) if parts is not None else [text]
    if {*map(type, names)} in ({str}, {int}, set()):
        return names
    return [text]  # a name in brackets


def _parts(literal: str) -> list[Any] | None:
    """What a list in brackets holds; None where the text is none.

    Braces hold a set, whose order is kept, or an object.
    """
    if ARRAY.fullmatch(literal):
        # Python would read texts without a comma between them as one.
        return [ast.literal_eval(part) for part in PART.findall(literal)]
    spellings = [f"[{literal[1:-1]}]", literal] if literal[0] == "{" else [literal]
    for spelling in spellings:
        # JSON first: a sign beyond 16 bits is two escapes there, which mean nothing in Python.
        for read in (json.loads, _python):
            try:
                parts = read(spelling)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            if isinstance(parts, list | tuple):
                return list(parts)
            return [parts] if isinstance(parts, dict) else None
    return None


def _bare_parts(literal: str) -> list[Any] | None:
    """What a list holds whose parts have no quotation marks, as Postgres writes `{rock,"hip hop"}`.

    None where it is something else.
    """
    if literal == "{}" or literal[0] == "(" or "\n" in literal:
        return None
    try:
        cells = csv.reader([literal[1:-1]], escapechar="\\", skipinitialspace=True)
        parts = [part.strip() for part in next(cells)]
    except (csv.Error, StopIteration):
        return None
    is_other = any(part[:1] in ("'", '"', "[", "(", "{") for part in parts)
    return None if is_other else [part for part in parts if part not in NOTHING]


def _python(text: str) -> Any:
    return ast.literal_eval(NO_PART.sub(lambda part: part[1] or "None", text))


def audio_paths(series: pd.Series, root: Path, lines: Array) -> tuple[pd.Series, list[Problem]]:
    """Audio files of a table.

    Args:
        series: [rows] paths as read from the file.
        root: the folder that they are relative to.
        lines: int [rows], lines in the file.

    Returns:
        ([rows] absolute paths as text, None where there is none; a problem for each file that is
        not there).
    """
    written = file_names(series, root)
    paths = _each(written, lambda path: _on_disk(root / path))
    absent = written.notna().to_numpy() & paths.isna().to_numpy()
    return paths, flagged(absent, series, lines, f"no such file under {root}", MISSING)


def _on_disk(path: Path) -> str | None:
    """The path of a file, its accented letters as the disk has them; None where there is none."""
    text = str(path)
    spellings = (
        text,
        unicodedata.normalize("NFC", text),
        unicodedata.normalize("NFD", text),
        file_name(text),
    )
    return next((spelling for spelling in spellings if _is_file(spelling)), None)


def _is_file(path: str) -> bool:
    try:
        # A pipe is none either, which decoding says.
        return Path(path).exists() and not Path(path).is_dir()
    except OSError:  # such as a name that is too long
        return False
