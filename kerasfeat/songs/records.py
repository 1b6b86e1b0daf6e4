"""The records of a delimited text, and quotation marks that were left open in it."""

import csv
import io
from collections.abc import Iterator

from kerasfeat.songs import schema
from kerasfeat.songs.blocks import Block, Record, until_error
from kerasfeat.songs.problems import DROPPED, EMPTY_LINE, ERROR, NOTE, Problem
from kerasfeat.songs.repeated_headers import Header
from kerasfeat.songs.usual_cells import UsualCells

ASTRAY = (
    "a cell of several lines has a quotation mark that is not doubled: where it ends can't be told"
)
SHIFTED = "a quotation mark was left open before, and the values don't fit their columns"


def records(text: str, delimiter: str) -> Iterator[Record]:
    """The header of a delimited text, then each record that is not blank.

    A cell in quotation marks may have several lines. Where a line of it is a whole record, as the
    other records have numbers and labels in their columns, the quotation mark was left open by
    mistake: the cell would swallow other songs. Then each line is read alone.
    """
    csv.field_size_limit(schema.MOST_CELL_CHARACTERS)
    lines = list(io.StringIO(text, newline=""))
    header = next(until_error(lines, delimiter, 0), Block(0, 0, []))
    problem = _unreadable(header.first, header.error) if header.error else None
    yield Record(header.first, header.fields, problem)
    width, header_row = len(header.fields), Header(header.fields)
    usual: UsualCells | None = None
    start, closing, is_over = header.last, 0, False
    while not is_over:
        is_over = True
        for block in until_error(lines, delimiter, start):
            if block.last > block.first or block.error:
                usual = usual or UsualCells(lines, delimiter, width)
                violation = usual.violation(block)
                if usual.is_left_open(block, violation):
                    yield usual.alone(block.first)
                    # The line that closes it may be another half of what was one record; the lines
                    # between have no quotation mark.
                    start, closing, is_over = block.first, block.last, False
                    break
                if violation and not block.error:
                    yield _astray(block)
                    continue
            if block.error:
                yield Record(block.first, [], _unreadable(block.first, block.error))
            elif usual and block.first == closing and usual.is_shifted(block):
                yield Record(block.first, [], Problem(block.first, None, SHIFTED, DROPPED))
            elif again := header_row.again(block.first, block.fields):
                yield Record(block.first, [], again)
            else:
                yield _of_width(block, width)


def _unreadable(line: int, error: csv.Error) -> Problem:
    return Problem(
        line, None, f"unreadable from here on ({error}): is a quotation mark left open?", ERROR
    )


def _astray(block: Block) -> Record:
    count = f"{block.last - block.first + 1:,} lines"
    return Record(block.first, [], Problem(block.first, None, ASTRAY, DROPPED, count))


def _of_width(block: Block, width: int) -> Record:
    """A record of as many fields as the header has, or what is wrong with it."""
    if not any(map(str.strip, block.fields)):
        return Record(block.first, [], Problem(block.first, None, EMPTY_LINE, NOTE))
    first, last, fields = block.first, block.last, len(block.fields)
    if fields == width:
        return Record(first, block.fields)
    if first == last:
        message = f"{fields} fields where the header has {width}"
        return Record(first, [], Problem(first, None, message, DROPPED))
    message = (
        f"a record of {last - first + 1:,} lines with {fields} fields, not {width}: is a "
        "quotation mark left open?"
    )
    return Record(first, [], Problem(first, None, message, ERROR))
