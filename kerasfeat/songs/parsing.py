"""From the text of a table to values: numbers in range, keys and modes by name, lists of names,
files that exist.
"""

import ast
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat.files import file_name
from kerasfeat.songs.problems import MISSING, NOTE, Problem
from kerasfeat.songs.schema import KEY, METRE, MODE, Column

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"#": 1, "♯": 1, "b": -1, "♭": -1}
MODES = {"minor": 0.0, "min": 0.0, "major": 1.0, "maj": 1.0}

NEARLY_ALL = 0.95
# Models compute in single precision.
LARGEST = float(np.finfo("float32").max)
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
# What NumPy makes of a list of texts or whole numbers: "['rock' 'hip hop']".
PART = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\d+""")
ARRAY = re.compile(rf"\[\s*(?:{PART.pattern})(?:\s+(?:{PART.pattern}))+\s*\]")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
SIGNATURE = re.compile(r"(\d+)\s*/\s*(?:1|2|4|8|16|32)")
CLOCK = re.compile(r"(?:(\d+) days? )?(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d+)?)")
PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")


def key_number(name):
    """Pitch class 0 (C) to 11 (B) of a note name such as "C", "c#", "Db", "F♯", or "C♯/D♭"; NaN for
    any other text.
    """
    name = name.split("/")[0].strip()
    if (
        name[:1].upper() not in SEMITONES
        or len(name) > 3
        or any(mark not in ACCIDENTALS for mark in name[1:])
    ):
        return np.nan
    return float((SEMITONES[name[0].upper()] + sum(ACCIDENTALS[mark] for mark in name[1:])) % 12)


def mode_number(name):
    """1 for major, 0 for minor, NaN for any other text."""
    return MODES.get(name.strip().casefold(), np.nan)


def metre_number(name: str) -> float:
    """Beats in a bar of a time signature such as "4/4" or "3 / 4"; NaN for any other text."""
    found = SIGNATURE.fullmatch(name.strip())
    return float(found[1]) if found else np.nan


def _clock_ms(text: str) -> float:
    """Milliseconds of a duration such as "3:25", "1:02:03.5", or "0 days 00:03:25"; NaN for any
    other text.
    """
    found = CLOCK.fullmatch(text)
    if not found:
        return np.nan
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 1000 * (((24 * days + hours) * 60 + minutes) * 60 + seconds)


def _percent_sign(text: str) -> float:
    """The number before a percent sign; NaN for any other text."""
    found = PERCENT.fullmatch(text)
    return float(found[1].replace(",", ".")) if found else np.nan


_WORDS = {KEY: key_number, MODE: mode_number, METRE: metre_number}
_MEANING = {
    KEY: "not a key (0 to 11, or a note such as C# or Bb)",
    MODE: "not a mode (0, 1, minor, major)",
    METRE: "not a number of beats (0 to 7, or a time signature such as 3/4)",
}


@dataclass(frozen=True)
class Parsed:
    """The numbers of a column before they are checked.

    Attributes:
        values: [rows] float64, NaN where there is no number.
        stray: [rows] whether something stands there that is no number.
        commas: [rows] whether a decimal comma was read as a point.
        absolute: [rows] whether it is in the column's unit, whatever the others are in: "3:25".
        percent_signs: whether a cell is such as "82 %".
    """

    values: np.ndarray
    stray: np.ndarray
    commas: np.ndarray
    absolute: np.ndarray
    percent_signs: bool = False

    def times(self, factor: float) -> "Parsed":
        """The numbers in another unit: percent are divided, as 7 / 100 is the number nearest to
        0.07, and 7 * 0.01 is not.
        """
        scaled = self.values / round(1 / factor) if factor < 1 else self.values * factor
        return replace(self, values=np.where(self.absolute, self.values, scaled))

    def without_values(self) -> "Parsed":
        """The column without its numbers."""
        return replace(self, values=np.full(len(self.values), np.nan))


def parse(series: pd.Series, column: Column) -> Parsed:
    """The numbers in a column as read from the file [rows], whatever their scale."""
    none = np.zeros(len(series), bool)
    if pd.api.types.is_numeric_dtype(series):
        return Parsed(series.to_numpy("float64", na_value=np.nan, copy=True), none, none, none)
    text = texts(series)
    given = text.notna().to_numpy() & ~text.isin(NOTHING).to_numpy()
    values = pd.to_numeric(text, errors="coerce").to_numpy("float64", na_value=np.nan, copy=True)
    words = given & np.isnan(values)
    if column.unit == "ms":
        values[words] = [_clock_ms(word) for word in text[words]]
        absolute = words & ~np.isnan(values)
    else:
        values[words] = [_WORDS.get(column.kind, _percent_sign)(word) for word in text[words]]
        absolute = none
    stray = given & np.isnan(values)
    commas = _decimal_commas(text, stray, column)
    values[commas] = [float(word.replace(",", ".")) for word in text[commas]]
    signed = column.is_share and any("%" in word for word in text[words & ~stray])
    return Parsed(values, stray & ~commas, commas, absolute, signed)


def checked(
    parsed: Parsed, series: pd.Series, column: Column, lines: np.ndarray
) -> tuple[np.ndarray, list[Problem]]:
    """A number column's values, and what is wrong with it.

    Args:
        parsed: its numbers, in the column's unit.
        series: [rows] as read from the file.
        column: its schema.Column.
        lines: [rows] lines in the file.

    Returns:
        (values [rows] float64 in the column's range with NaN where there is none, problems).
    """
    values, stray, commas = parsed.values, parsed.stray, parsed.commas
    unknown = (
        values == column.unknown if column.unknown is not None else np.zeros(len(values), bool)
    )
    known = ~unknown & ~np.isnan(values)
    outside = known & ~_in_range(values, column)
    # Where most values are out of range, the scale is another one, on which the others mean
    # something else too.
    others = known & ~outside & (2 * outside.sum() > known.sum())
    found = []
    for rows, message, effect in (
        (commas, "a decimal comma, read as a point", NOTE),
        (stray, _MEANING.get(column.kind, "not a number"), MISSING),
        (
            outside,
            f"not {'a whole number ' if column.whole else ''}in the range {column.allowed}",
            MISSING,
        ),
        (
            others,
            f"most of the column is not in the range {column.allowed}: it is on another scale",
            MISSING,
        ),
        (unknown, "stands for unknown and is read as missing", NOTE),
    ):
        found += flagged(rows, series, lines, message, effect)
    return np.where(stray | outside | others | unknown, np.nan, values), found


def _decimal_commas(text, stray, column):
    """[rows] which of the texts that are no numbers are so with a decimal comma: all of them, if
    nearly all may be.
    """
    found = stray.copy()
    found[stray] = [bool(DECIMAL_COMMA.fullmatch(word)) for word in text[stray]]
    if found.sum() < NEARLY_ALL * stray.sum():
        return np.zeros(len(text), bool)
    # "210,000" may be thousands, if all are so and the column may have such numbers.
    words = text[found]
    thousands = all(THOUSANDS.fullmatch(word) for word in words)
    if (
        thousands
        and _in_range(np.array([float(word.replace(",", "")) for word in words]), column).all()
    ):
        return np.zeros(len(text), bool)
    return found


def _in_range(values, column):
    good = np.abs(values) <= LARGEST
    if column.low is not None:
        good &= values >= column.low
    if column.high is not None:
        good &= values <= column.high
    if column.whole:
        good &= values == np.floor(values)
    return good


def flagged(rows, series, lines, message, effect):
    """A Problem for each of the `rows` (a mask), with the value that stands there."""
    shown = series[rows].map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))
    return [
        Problem(int(line), series.name, message, effect, value)
        for line, value in zip(lines[rows], shown, strict=True)
    ]


def texts(series):
    """[rows] text as `as_written` gives it, made one that can be shown, written, and compared.

    Accented letters are single signs ("é" and "e" with an accent look alike and are the same); of a
    file's name that is no valid text the strange bytes are shown.
    """
    return _each(series, lambda value: _composed(_text(value)))


def as_written(series):
    """[rows] text without spaces around it, None where there is none; whole floats lose their ".0"
    (ids once read as numbers).
    """
    return _each(series, _text)


def _each(series, function):
    """[rows] of objects, since pandas' own text holds no file name that is no valid text: the
    function of each value that there is.
    """
    changed = np.full(len(series), None, object)
    given = series.notna().to_numpy()
    changed[given] = [function(value) for value in series.to_numpy(object)[given]]
    return pd.Series(changed, dtype=object)


def _composed(text):
    return text and unicodedata.normalize("NFC", text.encode("utf-8", "backslashreplace").decode())


def _text(value):
    if isinstance(value, np.ndarray):  # a list column of a Parquet file
        value = value.tolist()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def artist_names(value):
    """The artists of a song, without repeats: a list, the text of a Python list, or names with
    semicolons between them.

    Commas do not separate ("Tyler, The Creator" is one artist). The text is parsed as a literal and
    never run.
    """
    return _names(value, ";")


def label_names(value):
    """The labels of a song, without repeats: a list, the text of a Python list, or names with
    semicolons, bars, or commas between.
    """
    return tuple(dict.fromkeys(map(_composed, _names(value, "[;|,]"))))


def _names(value, between):
    if isinstance(value, str):
        names = _listed(value.strip(), between)
    elif np.iterable(value):  # a list column of a Parquet file
        names = [name for name in value if name is not None]
    else:
        names = [] if pd.isna(value) else [value]
    return tuple(dict.fromkeys(name.strip() for name in map(str, names) if name.strip()))


def _listed(text, between):
    if text[:1] + text[-1:] not in ("[]", "()"):
        return re.split(between, text)
    try:
        # Python would read texts without a comma between them as one.
        names = (
            [ast.literal_eval(part) for part in PART.findall(text)]
            if ARRAY.fullmatch(text)
            else ast.literal_eval(text)
        )
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return [text]  # a name in brackets
    return (
        names
        if isinstance(names, (list, tuple)) and {*map(type, names)} in ({str}, {int}, set())
        else [text]
    )


def audio_paths(series, root, lines):
    """[rows] absolute paths of audio files as text, None where there is none; and a Problem for
    each file that is not there.
    """
    written = as_written(series)
    paths = _each(written, lambda path: _found(root / path))
    absent = written.notna().to_numpy() & paths.isna().to_numpy()
    found = flagged(absent, series, lines, f"no such file under {root}", MISSING)
    return paths, found


def _found(path):
    """The path of a file as text, its accented letters as the disk has them; None where there is
    none.
    """
    forms = (
        str(path),
        *(unicodedata.normalize(form, str(path)) for form in ("NFC", "NFD")),
        file_name(str(path)),
    )
    return next((form for form in forms if _is_file(form)), None)


def _is_file(path):
    try:
        # A pipe is none either, which decoding says.
        return Path(path).exists() and not Path(path).is_dir()
    except OSError:  # such as a name that is too long
        return False
