"""Rows as the text of a table."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from kerasfeat.datasets.rows import Row
from kerasfeat.songs import schema


def table(rows: Sequence[Row]) -> str:
    """The text of a table: canonical columns first, then the others as they come."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["track_id"]
    columns = [name for name in schema.BY_NAME if name in names]
    columns += [name for name in names if name not in schema.BY_NAME]
    lines = [_line(row.get(name) for name in columns) for row in rows]
    return "".join([_line(columns), *lines])


def _line(cells: Iterable[Any]) -> str:
    # By this line end the writer quotes a carriage return alone too, which readers take for the end
    # of a line.
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"
