"""Where the header of a delimited text stands, and what it lacks."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from kerasfeat.songs import headers, schema
from kerasfeat.songs.blocks import Block, until_error
from kerasfeat.songs.parsing import NOTHING
from kerasfeat.songs.problems import NOTE, Problem

# How Excel is told the delimiter of a CSV file.
EXCELS = re.compile(r'"?sep=(.)"?[,;\t]*', re.IGNORECASE)
# So many lines are looked at for the header, and for how many fields a line usually has.
FIRST_LINES, USUAL_LINES = 10, 50
# A number with a decimal mark; how numbers begin, with a unit behind them or not.
FRACTION, NUMBER = re.compile(r"[+-]?\d*[.,]\d+"), re.compile(r"[+\-\N{MINUS SIGN}]?[.,]?\d")
# So many names of columns that are known are no accident in a line of data.
NO_ACCIDENT = 2

ABOVE = "a line above the header, left out"
TRAILING = "each line ends with a delimiter that the header lacks: taken as a column of nothing"
ROW_NAMES = (
    "each line has one field more than the header: the first is taken as the name of the row, as R "
    "writes it"
)


@dataclass(frozen=True)
class Beginning:
    """A delimited text of which the first line that is not blank is the header.

    Attributes:
        text: each of its records begins on the line on which it stood.
        delimiter: what is between its fields.
        problems: notes on what was left out or added.
    """

    text: str
    delimiter: str
    problems: list[Problem]


def beginning(text: str) -> Beginning:
    """A text without what stands above its header, and with a header as wide as its records."""
    csv.field_size_limit(schema.MOST_CELL_CHARACTERS)
    lines = list(islice(io.StringIO(text, newline=""), 2 * USUAL_LINES))
    written = [number for number, line in enumerate(lines) if line.strip()]
    excels = EXCELS.fullmatch(lines[written[0]].strip()) if written else None
    if excels:
        written = written[1:]
    header = _header(lines, written, excels and excels[1]) if written else 0
    problems = [
        Problem(number + 1, None, ABOVE, NOTE, lines[number].strip())
        for number in written
        if number < header
    ]
    delimiter = excels[1] if excels else _delimiter(lines[header]) if lines else ","
    above = lines[:header]
    blank = "".join(line[len(line.rstrip("\r\n")) :] for line in above)
    text = blank + text[sum(map(len, above)) :]
    text, notes = _widened(text, delimiter)
    return Beginning(text, delimiter, problems + notes)


def _header(lines: list[str], written: list[int], delimiter: str | None) -> int:
    """The place of the header among the first lines of a text.

    It is the first line, unless that has few fields, or not as many as those behind it, and a later
    one has, and names more columns that are known.

    Args:
        lines: the first ones of the text.
        written: places of those that are not blank.
        delimiter: what is between fields, None where it isn't told.
    """
    known = {}
    for place, number in enumerate(written[:FIRST_LINES]):
        mark = delimiter or _delimiter(lines[number])
        cells = _cells(lines[number], mark)
        behind = written[place + 1 : place + 1 + USUAL_LINES]
        widths = Counter(len(_cells(lines[other], mark)) for other in behind)
        usual = widths.most_common(1)[0][0] if widths else 0
        names = {cell.strip() for cell in cells} - {""}
        is_whole = len(cells) == usual and len(names) > usual / 2
        known[number] = len(headers.resolve(sorted(names))[0])
        if place == 0 and (is_whole or not behind):
            break
        if is_whole and known[number] >= max(NO_ACCIDENT, known[written[0]] + 1):
            return number
    return written[0]


def _delimiter(line: str) -> str:
    """The one of comma, tab, and semicolon that cuts a line into the most fields."""
    return max(",\t;", key=lambda mark: len(_cells(line, mark)))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # such as a cell that is too long
        return []


def _widened(text: str, delimiter: str) -> tuple[str, list[Problem]]:
    """A text whose header has an empty name more, where every record has one field more than it.

    The last column has that name where it is always empty, else the first where it may be the names
    of the rows.
    """
    lines = list(islice(io.StringIO(text, newline=""), 2 * USUAL_LINES))
    blocks = list(islice(until_error(lines, delimiter, 0), 2))
    if len(blocks) < 2 or len(blocks[1].fields) != len(blocks[0].fields) + 1:
        return text, []
    lines, header = list(io.StringIO(text, newline="")), blocks[0]
    records = []
    for block in until_error(lines, delimiter, header.last):
        if block.fields == header.fields or not any(map(str.strip, block.fields)):
            continue
        if block.error or len(block.fields) != len(header.fields) + 1:
            return text, []
        records.append(block.fields)
    if not any(fields[-1].strip() for fields in records):
        return _inserted(lines, header, delimiter, at_end=True), [
            Problem(None, None, TRAILING, NOTE)
        ]
    if _have_row_names(header.fields, records):
        return _inserted(lines, header, delimiter, at_end=False), [
            Problem(None, None, ROW_NAMES, NOTE)
        ]
    return text, []


def _have_row_names(header: list[str], records: list[list[str]]) -> bool:
    """Whether records that have one field more than the header begin with a name of the row.

    They may also have a comma in a number or a name without quotation marks, or a last column that
    the header does not name.
    """
    cells = [cell for fields in records for cell in fields]
    if len({fields[0] for fields in records}) < len(records):
        return False
    if any(cell[:1] == " " for cell in cells) or not any(map(FRACTION.fullmatch, cells)):
        return False
    names, _ = headers.resolve(list(dict.fromkeys(header)))
    measured = [
        header.index(in_file) + 1
        for name, in_file in names.items()
        if schema.BY_NAME[name].is_share or name in ("loudness", "tempo")
    ]
    return bool(measured) and all(
        not cell or cell in NOTHING or NUMBER.match(cell)
        for fields in records
        for cell in (fields[column] for column in measured)
    )


def _inserted(lines: list[str], header: Block, delimiter: str, at_end: bool) -> str:
    """The text with an empty name more in its header, behind the others or before them."""
    place = (header.last if at_end else header.first) - 1
    line = lines[place]
    end = len(line.rstrip("\r\n")) if at_end else 0
    lines[place] = line[:end] + delimiter + line[end:]
    return "".join(lines)
