"""The numbers in a column of text: in range, keys and modes by name, durations by the clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs.keys import key_number, mode_number
from kerasfeat.songs.parsing import NEARLY_ALL, NOTHING, flagged, texts
from kerasfeat.songs.problems import MISSING, NOTE, Problem
from kerasfeat.songs.schema import KEY, METRE, MODE, NUMBER, Column

# Models compute in single precision.
LARGEST = float(np.finfo("float32").max)
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
SIGNATURE = re.compile(r"(\d+)\s*/\s*(?:1|2|4|8|16|32)")
CLOCK = re.compile(r"(?:(\d+) days? )?(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d+)?)")
PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")
MEASURED = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*([A-Za-z]+)")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
# Spaces of any width, and apostrophes, between thousands; behind them a fraction, a unit, nothing.
GAPS = re.compile(r"^([+-]?[1-9]\d{0,2})((?:[\s'’]\d{3})+)(?![\d\s'’]*\d)")
# The minus sign of some spreadsheets, and the full-width signs of Chinese and Japanese keyboards.
ASCII = {ord("−"): "-"} | {0xFF01 + place: 0x21 + place for place in range(94)}


def metre_number(name: str) -> float:
    """Beats in a bar of a time signature such as "4/4" or "3 / 4"; NaN for any other text."""
    signature = SIGNATURE.fullmatch(name.strip())
    return float(signature[1]) if signature else np.nan


def _clock_ms(text: str) -> float:
    """Milliseconds of a duration by the clock; NaN for any other text.

    Args:
        text: such as "3:25", "1:02:03.5", or "0 days 00:03:25".
    """
    clock = CLOCK.fullmatch(text)
    if not clock:
        return np.nan
    days, hours, minutes, seconds = (float(part or 0) for part in clock.groups())
    return 1000 * (((24 * days + hours) * 60 + minutes) * 60 + seconds)


def _percent_sign(text: str) -> float:
    """The number before a percent sign; NaN for any other text."""
    percent = PERCENT.fullmatch(text)
    return float(percent[1].replace(",", ".")) if percent else np.nan


def _with_unit(text: str, factors: Mapping[str, float]) -> float:
    """The number before a unit, in the column's own; NaN for any other text.

    Args:
        text: such as "-11.03 dB" or "201s".
        factors: unit, in lower case -> how many of the column's own it is.
    """
    measured = MEASURED.fullmatch(text)
    factor = factors.get(measured[2].lower()) if measured else None
    if not measured or factor is None:
        return np.nan
    return factor * float(measured[1].replace(",", "."))


def _meaning(text: str, column: Column) -> float:
    """The number that a cell says in words, in the column's unit; NaN where it says none."""
    if column.kind in _WORDS:
        return _WORDS[column.kind](text)
    if column.is_share:
        return _percent_sign(text) / 100
    number = _clock_ms(text) if column.unit == "ms" else _percent_sign(text)
    return _with_unit(text, column.units) if np.isnan(number) else number


def _truths(text: pd.Series, given: Array, column: Column) -> Array | None:
    """The numbers of a column whose texts are all "true" or "false", in any case: 1 and 0 [rows],
    NaN where nothing is given; None of another column.
    """
    if column.kind not in (NUMBER, MODE) or not given.any():
        return None
    words = text[given].str.casefold()
    if not words.isin(("true", "false")).all():
        return None
    values = np.full(len(text), np.nan)
    values[given] = words == "true"
    return values


_WORDS = {KEY: key_number, MODE: mode_number, METRE: metre_number}
_MEANING = {
    KEY: "not a key (0 to 11, or such as C#, Bb, Am, F# minor, 8A)",
    MODE: "not a mode (0, 1, minor, major)",
    METRE: "not a number of beats (0 to 7, or a time signature such as 3/4)",
}


@dataclass(frozen=True, eq=False)
class Parsed:
    """The numbers of a column before they are checked.

    Attributes:
        values: [rows] float64, NaN where there is no number.
        stray: bool [rows], whether something stands there that is no number.
        commas: bool [rows], whether a decimal comma was read as a point.
        thousands: bool [rows], whether commas, spaces or apostrophes between thousands were left
            out.
        absolute: bool [rows], whether it is in the column's unit, whatever the others are in:
            "3:25", "201 s", of shares "82 %".
    """

    values: Array
    stray: Array
    commas: Array
    thousands: Array
    absolute: Array

    def times(self, factor: float) -> "Parsed":
        """The numbers in another unit.

        Percent are divided, as 7 / 100 is the number nearest to 0.07, and 7 * 0.01 is not; nor is
        0.57 * 100 the number 57, until it is rounded.
        """
        divided = factor < 1
        scaled = self.values / round(1 / factor) if divided else np.round(self.values * factor, 9)
        return replace(self, values=np.where(self.absolute, self.values, scaled))

    def without(self, rows: Array) -> "Parsed":
        """The column without the numbers of some rows, bool [rows]."""
        return replace(self, values=np.where(rows, np.nan, self.values))


def parse(series: pd.Series, column: Column) -> Parsed:
    """The numbers in a column as read from the file [rows], whatever their scale."""
    none = np.zeros(len(series), bool)
    if pd.api.types.is_numeric_dtype(series):
        values = series.to_numpy("float64", na_value=np.nan, copy=True)
        return Parsed(values, stray=none, commas=none, thousands=none, absolute=none)
    text = texts(series)
    given = text.notna().to_numpy() & ~text.isin(NOTHING).to_numpy()
    truths = _truths(text, given, column)
    if truths is not None:
        return Parsed(truths, stray=none, commas=none, thousands=none, absolute=none)
    values = pd.to_numeric(text, errors="coerce").to_numpy("float64", na_value=np.nan, copy=True)
    words = given & np.isnan(values)
    in_ascii = text[words].str.translate(ASCII)
    text[words] = in_ascii.str.replace(GAPS, _without_gaps, regex=True)
    gaps = words.copy()
    gaps[words] = text[words] != in_ascii
    values[words] = pd.to_numeric(text[words], errors="coerce")
    words = given & np.isnan(values)
    values[words] = [_meaning(word, column) for word in text[words]]
    is_told = column.unit == "ms" or column.is_share
    absolute = words & ~np.isnan(values) if is_told else none
    stray = given & np.isnan(values)
    thousands = _thousands(text, stray, values, column)
    values[thousands] = [float(word.replace(",", "")) for word in text[thousands]]
    stray, thousands = stray & ~thousands, thousands | (gaps & ~stray)
    commas = _decimal_commas(text, stray, column)
    values[commas] = [float(word.replace(",", ".")) for word in text[commas]]
    return Parsed(values, stray & ~commas, commas, thousands, absolute)


def _without_gaps(number: re.Match[str]) -> str:
    """The number that GAPS has found, its thousands joined."""
    return number[1] + re.sub(r"\D", "", number[2])


def checked(
    parsed: Parsed, series: pd.Series, column: Column, lines: Array
) -> tuple[Array, list[Problem]]:
    """A number column's values, and what is wrong with it.

    Args:
        parsed: its numbers, in the column's unit.
        series: [rows] as read from the file.
        column: what it holds.
        lines: int [rows], lines in the file.

    Returns:
        (values [rows] float64 in the column's range with NaN where there is none, problems).
    """
    values, stray = parsed.values, parsed.stray
    none = np.zeros(len(values), bool)
    unknown = none if column.unknown is None else values == column.unknown
    known = ~unknown & ~np.isnan(values)
    outside = known & ~_in_range(values, column)
    # Where most values are out of range, the scale is another one, on which the others mean
    # something else too.
    others = known & ~outside & (2 * outside.sum() > known.sum())
    span = f"in the range {column.allowed}"
    whole = "a whole number " if column.whole else ""
    problems = []
    for rows, message, effect in (
        (parsed.commas, "a decimal comma, read as a point", NOTE),
        (parsed.thousands, "a mark between thousands, left out", NOTE),
        (stray, _MEANING.get(column.kind, "not a number"), MISSING),
        (outside, f"not {whole}{span}", MISSING),
        (others, f"most of the column is not {span}: it is on another scale", MISSING),
        (unknown, "stands for unknown and is read as missing", NOTE),
    ):
        problems += flagged(rows, series, lines, message, effect)
    return np.where(stray | outside | others | unknown, np.nan, values), problems


def _thousands(text: pd.Series, stray: Array, values: Array, column: Column) -> Array:
    """Which texts that are no numbers are so with commas between thousands.

    "1,363" may be a decimal comma. It is none where another has two, as "1,234,567", and where most
    of the column are whole numbers below a thousand, which have no comma.

    Args:
        text: [rows].
        stray: bool [rows], whether the text is no number.
        values: [rows], the numbers of the others.
        column: what the texts hold.

    Returns:
        bool [rows].
    """
    commas = stray.copy()
    commas[stray] = [bool(THOUSANDS.fullmatch(word)) for word in text[stray]]
    words, others = text[commas], values[~stray & ~np.isnan(values)]
    are_below = len(others) > len(words) and bool(
        ((np.abs(others) < 1000) & (others == np.floor(others))).all()
    )
    is_clear = are_below or any(word.count(",") > 1 for word in words)
    if not is_clear or len(words) < NEARLY_ALL * stray.sum() or not _may_be(words, column):
        return np.zeros(len(text), bool)
    return commas


def _may_be(words: pd.Series, column: Column) -> bool:
    """Whether a column may have these texts without their commas."""
    numbers = np.array([float(word.replace(",", "")) for word in words])
    return bool(_in_range(numbers, column).all())


def _decimal_commas(text: pd.Series, stray: Array, column: Column) -> Array:
    """Which texts that are no numbers are so with a decimal comma: all, if nearly all may be.

    Args:
        text: [rows].
        stray: bool [rows], whether the text is no number.
        column: what the texts hold.

    Returns:
        bool [rows].
    """
    commas = stray.copy()
    commas[stray] = [bool(DECIMAL_COMMA.fullmatch(word)) for word in text[stray]]
    if commas.sum() < NEARLY_ALL * stray.sum():
        return np.zeros(len(text), bool)
    # "210,000" may be thousands, if all are so and the column may have such numbers.
    words = text[commas]
    if all(THOUSANDS.fullmatch(word) for word in words) and _may_be(words, column):
        return np.zeros(len(text), bool)
    return commas


def _in_range(values: Array, column: Column) -> Array:
    """Whether each number can stand in the column, bool of the numbers' shape."""
    good = np.abs(values) <= LARGEST
    if column.low is not None:
        good &= values >= column.low
    if column.high is not None:
        good &= values <= column.high
    if column.whole:
        good &= values == np.floor(values)
    return good
