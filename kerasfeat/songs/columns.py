"""Columns of numbers that the schema does not know, for those who want them as input."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from kerasfeat.songs import parsing, schema
from kerasfeat.songs.parsing import NEARLY_ALL
from kerasfeat.songs.problems import Problem

ALL = "all"


def has_numbers(series: pd.Series) -> bool:
    """Whether nearly all that stands in a column are numbers."""
    parsed = parsing.parse(series, schema.Column(str(series.name), kind=schema.NUMBER))
    known = int(np.isfinite(parsed.values).sum())
    return known > 0 and known >= NEARLY_ALL * (known + int(parsed.stray.sum()))


def read_others(
    others: pd.DataFrame, wanted: Collection[str], lines: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, str], list[Problem]]:
    """Columns that the schema does not know as numbers.

    Args:
        others: those of a table, as read from the file.
        wanted: names, as `schema.identifier` gives them; or ALL for every column that has numbers.
        lines: [rows] lines in the file.

    Returns:
        ({identifier: values [rows] float64, NaN where there is none}, {identifier: name in the
        file}, problems). Of several columns of one identifier the first is taken; one that a known
        column has is not.
    """
    found, names, problems = {}, {}, []
    for in_file in others:
        name, series = schema.identifier(in_file), others[in_file]
        if (
            name in names
            or name in schema.BY_NAME
            or not (name in wanted or (ALL in wanted and has_numbers(series)))
        ):
            continue
        column = schema.column_of(name)
        found[name], told = parsing.checked(parsing.parse(series, column), series, column, lines)
        names[name] = in_file
        problems += told
    return found, names, problems
