"""Dates as numbers: years, with the part of the year that has gone by."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs.parsing import NEARLY_ALL, NOTHING, texts

# A year, a month, a day, or a moment, as ISO 8601 writes them.
DATE = re.compile(r"([12]\d{3})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])(?:[T ].*)?)?)?")
DAYS_OF_MONTH = 365.2425 / 12


@dataclass(frozen=True, eq=False)
class Years:
    """A column of which dates have become years.

    Attributes:
        series: [rows] such as 2019.5 where "2019-07-01" stood; what is no date as it was.
        dates: bool [rows], where a date with a month stood.
    """

    series: pd.Series
    dates: Array


def as_years(series: pd.Series) -> Years:
    """A column as read from the file [rows]; unchanged unless nearly all of it are dates."""
    dates = np.zeros(len(series), bool)
    same = Years(series, dates)
    if pd.api.types.is_numeric_dtype(series):
        return same
    text = texts(series)
    given = text.notna().to_numpy() & ~text.isin(NOTHING).to_numpy()
    places = np.flatnonzero(given)
    found = dict(zip(places, map(DATE.fullmatch, text[given]), strict=True))
    matched = {place: date for place, date in found.items() if date}
    if len(matched) < NEARLY_ALL * len(found):
        return same
    cells = series.to_numpy(object, copy=True)
    for place, date in matched.items():
        cells[place] = _year(*date.groups())
        dates[place] = date[2] is not None
    # Years alone are numbers already.
    return Years(pd.Series(cells, series.index, name=series.name), dates) if dates.any() else same


def _year(year: str, month: str | None, day: str | None) -> float:
    gone_by = int(month or 1) - 1 + (int(day or 1) - 1) / DAYS_OF_MONTH  # months
    return int(year) + gone_by / 12
