"""What Python's reader takes for the records of a delimited text."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kerasfeat.songs.problems import Problem


@dataclass(frozen=True)
class Record:
    """One record of a table.

    Attributes:
        line: 1-based physical line on which it begins.
        fields: its cells; none where it can't be used.
        problem: what is wrong with it, or None.
    """

    line: int
    fields: list[str]
    problem: Problem | None = None


class Block(NamedTuple):
    """What Python's reader takes for one record that is not blank.

    Attributes:
        first, last: its 1-based lines.
        fields: its cells; none where there is an error.
        error: what the reader stumbled over, behind which nothing is read.
    """

    first: int
    last: int
    fields: list[str]
    error: csv.Error | None = None


def until_error(lines: list[str], delimiter: str, start: int) -> Iterator[Block]:
    """The records from line `start` + 1 on that are not blank; nothing is read behind an error."""
    reader = csv.reader((lines[i] for i in range(start, len(lines))), delimiter=delimiter)
    first, last = start + 1, start
    try:
        for fields in reader:
            end = start + reader.line_num
            if len(fields) > 1 or "".join(fields).strip():
                last = end
                yield Block(first, end, fields)
            first = end + 1
    except csv.Error as error:
        yield Block(last + 1, len(lines), [], error)
