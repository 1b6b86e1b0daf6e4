"""The records of a delimited text, and quotation marks that were left open in it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from kerasfeat.songs import schema
from kerasfeat.songs.parsing import NEARLY_ALL, NOTHING
from kerasfeat.songs.problems import DROPPED, ERROR, NOTE, Problem

NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")
# What Python says of a mark that nothing closes.
UNCLOSED = "unexpected end of data"
# So many records show what stands in a column.
SAMPLE = 10_000
# As many typed values at once are no accident of a text that has commas.
NO_ACCIDENT = 2

RECOVERED = "a quotation mark is left open: the line is read as if it were not there; check it"
LEFT_OPEN = "a quotation mark is left open, and the line alone is no record"
ASTRAY = (
    "a cell of several lines has a quotation mark that is not doubled: where it ends can't be told"
)
SHIFTED = "a quotation mark was left open before, and the values don't fit their columns"


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


def records(text: str, delimiter: str) -> Iterator[Record]:
    """The header of a delimited text, then each record that is not blank.

    A cell in quotation marks may have several lines. Where a line of it is a whole record, as the
    other records have numbers and labels in their columns, the quotation mark was left open by
    mistake: the cell would swallow other songs. Then each line is read alone.
    """
    csv.field_size_limit(schema.MOST_CELL_CHARACTERS)
    lines = list(io.StringIO(text, newline=""))
    first, last, header, error = next(_until_error(lines, delimiter, 0), (0, 0, [], None))
    yield Record(first, header, _unreadable(first, error) if error else None)
    usual: _Usual | None = None
    start, closing, is_over = last, 0, False
    while not is_over:
        is_over = True
        for first, last_line, fields, error in _until_error(lines, delimiter, start):
            if last_line > first or error:
                usual = usual or _Usual(lines, delimiter, len(header))
                violation = usual.violation(first, last_line)
                if usual.is_left_open(first, last_line, fields, violation):
                    yield usual.alone(first)
                    # The line that closes it may be another half of what was one record; the lines
                    # between have no quotation mark.
                    start, closing, is_over = first, last_line, False
                    break
                if violation and not error:
                    yield Record(
                        first,
                        [],
                        Problem(first, None, ASTRAY, DROPPED, f"{last_line - first + 1:,} lines"),
                    )
                    continue
            if error:
                yield Record(first, [], _unreadable(first, error))
            elif (
                usual
                and first == closing
                and len(fields) == len(header)
                and usual.fit(range(len(header)), fields) is None
            ):
                yield Record(first, [], Problem(first, None, SHIFTED, DROPPED))
            else:
                yield _of_width(first, last_line, fields, len(header))


def _unreadable(line: int, error: csv.Error) -> Problem:
    return Problem(
        line, None, f"unreadable from here on ({error}): is a quotation mark left open?", ERROR
    )


def _of_width(first: int, last: int, fields: list[str], width: int) -> Record:
    if len(fields) == width:
        return Record(first, fields)
    if first == last:
        return Record(
            first,
            [],
            Problem(first, None, f"{len(fields)} fields where the header has {width}", DROPPED),
        )
    message = (
        f"a record of {last - first + 1:,} lines with {len(fields)} fields, not {width}: is a "
        "quotation mark left open?"
    )
    return Record(first, [], Problem(first, None, message, ERROR))


def _parsed(lines: list[str], delimiter: str, start: int) -> Iterator[tuple[int, int, list[str]]]:
    """(first line, last line, fields) of each record from line `start` + 1 on that is not blank."""
    reader = csv.reader((lines[i] for i in range(start, len(lines))), delimiter=delimiter)
    first = start + 1
    for fields in reader:
        last = start + reader.line_num
        if len(fields) > 1 or "".join(fields).strip():
            yield first, last, fields
        first = last + 1


def _until_error(
    lines: list[str], delimiter: str, start: int
) -> Iterator[tuple[int, int, list[str], csv.Error | None]]:
    """As `_parsed`, with an error or None; nothing is read behind an error."""
    last = start
    try:
        for first, last, fields in _parsed(lines, delimiter, start):
            yield first, last, fields, None
    except csv.Error as error:
        yield last + 1, len(lines), [], error


class _Usual:
    """What stands in the columns of a table, by its records of one line."""

    def __init__(self, lines: list[str], delimiter: str, width: int) -> None:
        self.lines, self.delimiter, self.width = lines, delimiter, width
        self.spaces = re.compile(rf'" +(?={re.escape(delimiter)}|$)')
        whole = (
            its
            for first, last, its, _ in _until_error(lines, delimiter, 0)
            if first == last and len(its) == width
        )
        columns = [
            [cell for cell in column if cell and cell not in NOTHING]
            for column in zip(*islice(whole, 1, SAMPLE), strict=True)
        ]
        columns = columns or [[] for _ in range(width)]
        self.ranges = [_range(cells) for cells in columns]
        self.labels = [
            {cell for cell, count in Counter(cells).items() if count > 1} for cells in columns
        ]

    def fit(self, columns: Iterable[int], cells: Iterable[str]) -> int | None:
        """How many cells are numbers or labels as their columns have them; None where one is no
        number and should be.
        """
        found = 0
        for column, cell in zip(columns, cells, strict=True):
            if not cell or cell in NOTHING:
                continue
            span = self.ranges[column]
            if span is None:
                found += cell in self.labels[column]
            elif not NUMBER.fullmatch(cell):
                return None
            else:
                found += span[0] <= _number(cell) <= span[1]
        return found

    def is_left_open(self, first: int, last: int, fields: list[str], violation: str) -> bool:
        """Whether the quotation mark that makes a record of several lines is a mistake: a line of
        it alone is a record.

        Args:
            first, last: the lines.
            fields: what it is as one record.
            violation: of `violation`.
        """
        if len(self.lines[first - 1]) > schema.MOST_CELL_CHARACTERS:
            return False
        if violation == UNCLOSED or (
            violation
            and all(len(self._cells(line)) == self.width for line in range(first, last + 1))
        ):
            return True
        head, parts, after = self._opened(first)
        tail = range(self.width - after, self.width)
        typed = sum(self.ranges[column] is not None or bool(self.labels[column]) for column in tail)
        doubtful = (
            len(fields) != self.width or self.fit(range(self.width), fields) is None or violation
        )
        ends = (
            self.fit(tail, parts[len(parts) - after :])
            if after >= 0 and len(parts) > after
            else None
        )
        if ends and (ends >= NO_ACCIDENT or (typed == 1 and (doubtful or len(parts) == after + 1))):
            return True
        enough = 1 if doubtful else NO_ACCIDENT
        return any(
            (self._begins(line, len(head)) or 0) >= enough for line in range(first + 1, last + 1)
        )

    def _begins(self, line: int, columns: int) -> int | None:
        """`fit` of the cells before the one that is open, of a line that has as many as a record;
        None of another.
        """
        cells = self._cells(line)
        return self.fit(range(columns), cells[:columns]) if len(cells) >= self.width else None

    def alone(self, line: int) -> Record:
        """A line whose quotation mark was left open, without it; delimiters that are too many were
        meant to be in its cell.
        """
        head, parts, after = self._opened(line)
        if after < 0 or len(parts) <= after:
            return Record(line, [], Problem(line, None, LEFT_OPEN, DROPPED))
        cut = len(parts) - after
        fields = [*head, self.delimiter.join(parts[:cut]), *parts[cut:]]
        if self.fit(range(self.width), fields) is None:
            return Record(line, [], Problem(line, None, LEFT_OPEN, DROPPED))
        return Record(line, fields, Problem(line, None, RECOVERED, NOTE))

    def _opened(self, line: int) -> tuple[list[str], list[str], int]:
        """(cells before the open one, what follows the mark, cut at the delimiters, how many
        columns come after the open one).
        """
        (fields,) = csv.reader([self.lines[line - 1].rstrip("\r\n")], delimiter=self.delimiter)
        return fields[:-1], fields[-1].split(self.delimiter), self.width - len(fields)

    def _cells(self, line: int) -> list[str]:
        return self.lines[line - 1].rstrip("\r\n").split(self.delimiter)

    def violation(self, first: int, last: int) -> str:
        """What Python says of a mark that closes a cell before its end, or of one that is lacking;
        "" where all are well.
        """
        try:
            block = [self.spaces.sub('"', line) for line in self.lines[first - 1 : last]]
            list(csv.reader(block, delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            return str(error)
        return ""


def _range(cells: list[str]) -> tuple[float, float] | None:
    """The numbers that a column may have, thrice the span that it has; None of a column of other
    things.
    """
    numbers = [_number(cell) for cell in cells if NUMBER.fullmatch(cell)]
    if not numbers or len(numbers) < NEARLY_ALL * len(cells):
        return None
    low, high = min(numbers), max(numbers)
    return 2 * low - high, 2 * high - low


def _number(cell: str) -> float:
    return float(cell.replace(",", "."))
