"""Columns of numbers that the schema does not know, for those who want them as input."""

from collections.abc import Collection
from dataclasses import replace
from itertools import takewhile

import numpy as np
import pandas as pd

from kerasfeat.songs import dates, numbers, schema
from kerasfeat.songs.parsing import NEARLY_ALL, flagged
from kerasfeat.songs.problems import NOTE, Problem
from kerasfeat.songs.rows import Rows

ALL = "all"


def has_numbers(series: pd.Series) -> bool:
    """Whether nearly all that stands in a column are numbers; lists of numbers are none."""
    if any(isinstance(cell, list | np.ndarray) for cell in series.array):
        return False
    parsed = numbers.parse(series, schema.Column(str(series.name), kind=schema.NUMBER))
    known = int(np.isfinite(parsed.values).sum())
    return known > 0 and known >= NEARLY_ALL * (known + int(parsed.stray.sum()))


def with_numbers(rows: Rows, columns: Collection[str], label: str | None) -> Rows:
    """Rows with columns that the schema does not know as numbers, under identifiers of their names.

    Args:
        rows: of a table, whose other columns are as in the file.
        columns: names, however they are written, also of dates, which become years; or ALL for
            every column that has numbers. Those that the table lacks are passed over. Of several
            columns of one identifier the first is taken; one that a known column has is not.
        label: a column that stays text.
    """
    wanted = {column if column == ALL else schema.identifier(column) for column in columns}
    values: dict[str, np.ndarray] = {}
    in_file: dict[str, str] = {}
    problems: list[Problem] = []
    for spelled in rows.frame:
        name, series = schema.identifier(spelled), rows.frame[spelled]
        if spelled in schema.BY_NAME or name in schema.BY_NAME or name in values:
            continue
        if label is not None and schema.plain(spelled) == schema.plain(label):
            continue
        if name in wanted or (ALL in wanted and has_numbers(series)):
            column = schema.column_of(name)
            years = dates.as_years(series)
            parsed = numbers.parse(years.series, column)
            values[name], wrong = numbers.checked(parsed, series, column, rows.lines)
            in_file[name] = spelled
            problems += flagged(years.dates, series, rows.lines, "a date, read as a year", NOTE)
            problems += wrong
    frame = _in_place_of(rows.frame, values, in_file)
    return replace(rows.with_problems(problems), frame=frame, names={**rows.names, **in_file})


def _in_place_of(
    frame: pd.DataFrame, values: dict[str, np.ndarray], in_file: dict[str, str]
) -> pd.DataFrame:
    """The frame with numbers behind its known columns, and not the columns they were read from."""
    known = len(list(takewhile(schema.BY_NAME.__contains__, frame)))
    others = frame.iloc[:, known:].drop(columns=list(in_file.values()))
    read = pd.DataFrame(values, index=frame.index)
    return pd.concat([frame.iloc[:, :known], read, others], axis=1) if values else frame
