"""What the cells of a table usually hold, which tells a quotation mark that was left open."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from kerasfeat.songs import schema
from kerasfeat.songs.blocks import Block, Record, until_error
from kerasfeat.songs.parsing import NEARLY_ALL, NOTHING
from kerasfeat.songs.problems import DROPPED, NOTE, Problem

NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")
# What Python says of a mark that nothing closes.
UNCLOSED = "unexpected end of data"
# So many records show what stands in a column.
SAMPLE = 10_000
# As many typed values at once are no accident of a text that has commas.
NO_ACCIDENT = 2

RECOVERED = "a quotation mark is left open: the line is read as if it were not there; check it"
LEFT_OPEN = "a quotation mark is left open, and the line is not a record by itself"


class _Opened(NamedTuple):
    """A line in which a quotation mark was left open.

    Attributes:
        head: the cells before the open one.
        parts: what follows the mark, cut at the delimiters.
        after: how many columns come after the open one.
    """

    head: list[str]
    parts: list[str]
    after: int


class UsualCells:
    """What stands in the columns of a table, by its records of one line."""

    def __init__(self, lines: list[str], delimiter: str, width: int) -> None:
        self.lines, self.delimiter, self.width = lines, delimiter, width
        self.spaces = re.compile(rf'" +(?={re.escape(delimiter)}|$)')
        whole = (
            block.fields
            for block in until_error(lines, delimiter, 0)
            if block.first == block.last and len(block.fields) == width
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
        """How many cells are numbers or labels as their columns have them.

        None where one is no number and should be.
        """
        fitting = 0
        for column, cell in zip(columns, cells, strict=True):
            if not cell or cell in NOTHING:
                continue
            span = self.ranges[column]
            if span is None:
                fitting += cell in self.labels[column]
            elif not NUMBER.fullmatch(cell):
                return None
            else:
                fitting += span[0] <= _number(cell) <= span[1]
        return fitting

    def is_shifted(self, block: Block) -> bool:
        """Whether a record has as many fields as the header, of which one does not fit."""
        return len(block.fields) == self.width and self._fit_all(block.fields) is None

    def _fit_all(self, fields: list[str]) -> int | None:
        """`fit` of a whole record."""
        return self.fit(range(self.width), fields)

    def is_left_open(self, block: Block, violation: str) -> bool:
        """Whether the quotation mark that makes a record of several lines is a mistake.

        It is if a line of it alone is a record.

        Args:
            block: the lines, and what they are as one record.
            violation: of `violation`.
        """
        if len(self.lines[block.first - 1]) > schema.MOST_CELL_CHARACTERS:
            return False
        if violation == UNCLOSED or (violation and self._are_whole(block)):
            return True
        doubtful = bool(
            len(block.fields) != self.width or self._fit_all(block.fields) is None or violation
        )
        opened = self._opened(block.first)
        if self._ends(opened, doubtful):
            return True
        enough = 1 if doubtful else NO_ACCIDENT
        return any(
            (self._begins(line, min(len(opened.head), self.width)) or 0) >= enough
            for line in range(block.first + 1, block.last + 1)
        )

    def _are_whole(self, block: Block) -> bool:
        """Whether each line of a block has as many cells as a record."""
        lines = range(block.first, block.last + 1)
        return all(len(self._cells(line)) == self.width for line in lines)

    def _ends(self, opened: _Opened, doubtful: bool) -> bool:
        """Whether what follows an open mark ends as a record does."""
        head, parts, after = opened
        if not 0 <= after <= self.width or len(parts) <= after:
            return False
        tail = range(self.width - after, self.width)
        fitting = self.fit(tail, parts[len(parts) - after :])
        if not fitting:
            return False
        typed = sum(self.ranges[column] is not None or bool(self.labels[column]) for column in tail)
        return fitting >= NO_ACCIDENT or (typed == 1 and (doubtful or len(parts) == after + 1))

    def _begins(self, line: int, columns: int) -> int | None:
        """`fit` of a line's cells before the one that is open.

        None of a line that has fewer cells than a record.
        """
        cells = self._cells(line)
        return self.fit(range(columns), cells[:columns]) if len(cells) >= self.width else None

    def alone(self, line: int) -> Record:
        """A line whose quotation mark was left open, without it.

        Delimiters that are too many were meant to be in its cell.
        """
        head, parts, after = self._opened(line)
        if after < 0 or len(parts) <= after:
            return Record(line, [], Problem(line, None, LEFT_OPEN, DROPPED))
        cut = len(parts) - after
        fields = [*head, self.delimiter.join(parts[:cut]), *parts[cut:]]
        if self._fit_all(fields) is None:
            return Record(line, [], Problem(line, None, LEFT_OPEN, DROPPED))
        return Record(line, fields, Problem(line, None, RECOVERED, NOTE))

    def _opened(self, line: int) -> _Opened:
        (fields,) = csv.reader([self.lines[line - 1].rstrip("\r\n")], delimiter=self.delimiter)
        parts = fields[-1].split(self.delimiter)
        return _Opened(fields[:-1], parts, self.width - len(fields))

    def _cells(self, line: int) -> list[str]:
        return self.lines[line - 1].rstrip("\r\n").split(self.delimiter)

    def violation(self, block: Block) -> str:
        """What Python says of a mark that closes a cell before its end, or of one that is lacking.

        "" where all are well.
        """
        try:
            lines = self.lines[block.first - 1 : block.last]
            lines = [self.spaces.sub('"', line) for line in lines]
            list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            return str(error)
        return ""


def _range(cells: list[str]) -> tuple[float, float] | None:
    """The numbers that a column may have, thrice the span that it has.

    None of a column of other things.
    """
    numbers = [_number(cell) for cell in cells if NUMBER.fullmatch(cell)]
    if not numbers or len(numbers) < NEARLY_ALL * len(cells):
        return None
    low, high = min(numbers), max(numbers)
    return 2 * low - high, 2 * high - low


def _number(cell: str) -> float:
    return float(cell.replace(",", "."))
