"""A table file as it stands: its columns under their own names, the line each row came from, and
the rows that could not be read.
"""

import codecs
import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.songs import schema
from kerasfeat.songs.parsing import NOTHING, flagged
from kerasfeat.songs.problems import ERROR, NOTE, Problem
from kerasfeat.songs.records import records

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
MAX_BYTES = 2 * 1024**3
# What a small file can make large: a header of commas, a Parquet file of one value many times.
MAX_COLUMNS = 10_000
MAX_ROWS = 20_000_000
MAX_VALUES = MAX_BYTES // 8
# White space, and signs that show nothing.
BLANK = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace()) + "\u200b\u2060\ufeff"
# The header's last line in FMA's tables, and the first one of MTG-Jamendo's lists.
FMA = re.compile(r"(?:.*\n){1,4}track_id,+\s*\n")
JAMENDO = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\t"
# Latin-1 has control characters where Windows-1252 has letters and quotation marks; five of them
# mean nothing in either.
WINDOWS_1252 = {
    number: bytes([number]).decode("cp1252", "ignore") or chr(number)
    for number in range(0x80, 0xA0)
}
NEVER_NAMES = ("track_id", "isrc", "audio", "source", "split")


@dataclass(frozen=True)
class Raw:
    """A table before its values are understood.

    Attributes:
        frame: one row a record; number columns as pandas reads them, every other column as text,
            missing as NaN.
        names: canonical column -> name in the file.
        lines: [rows] 1-based line of the file on which each row begins (the row's number in a
            Parquet file).
        problems: list of what went wrong.
        fingerprint: SHA-256 of the file's bytes, in hexadecimal.
    """

    frame: pd.DataFrame
    names: dict
    lines: np.ndarray
    problems: list
    fingerprint: str


def read(path: Path) -> Raw:
    """Read a CSV, TSV, or Parquet file.

    Raises:
        KerasfeatError: if the file can't be read, is not a table, is empty, or has more bytes,
            rows, or columns than are allowed.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise KerasfeatError(
                f"{path} has {size / 1024**3:.1f} GiB; a table is held in memory and may "
                f"have {MAX_BYTES / 1024**3:.0f} GiB: "
                "keep only the columns that are needed, or a part of the rows."
            )
        data = path.read_bytes()
    except OSError as error:
        raise KerasfeatError(f"{path} can't be read: {error.strerror or error}.") from error
    fingerprint = hashlib.sha256(data).hexdigest()
    is_parquet = path.suffix.lower() in (".parquet", ".pq") or data.startswith(b"PAR1")
    frame, names, lines, problems = _parquet(data, path) if is_parquet else _delimited(data, path)
    problems += _without_blanks(frame, lines)
    if frame.empty:
        problems.append(
            Problem(
                None,
                None,
                "a header but no row that can be read: each song needs a line with the "
                "header's fields",
                ERROR,
            )
        )
    return Raw(frame, names, lines, problems, fingerprint)


def _without_blanks(frame: pd.DataFrame, lines: np.ndarray) -> list[Problem]:
    """Make cells of white space missing, in place; returns a note on each."""
    problems = []
    for name in frame:
        series = frame[name]
        if not pd.api.types.is_numeric_dtype(series):
            cells = series.to_numpy(object)
            blank = np.array(
                [isinstance(cell, str) and cell != "" and not cell.strip(BLANK) for cell in cells],
                bool,
            )
            if blank.any():
                problems += flagged(
                    blank, series, lines, "nothing but white space, read as missing", NOTE
                )
                frame[name] = series.mask(blank)
    return problems


def _limit(path: Path, what: str, there: int, allowed: int) -> None:
    """Refuse a table that is too large."""
    if there > allowed:
        raise KerasfeatError(
            f"{path} has {there:,} {what}; a table is held in memory and may have "
            f"{allowed:,}: keep only the columns that are needed, or "
            "a part of the rows."
        )


def _require_room(data: bytes, path: Path) -> None:
    """Refuse a Parquet file that would be too large, by what it says of itself."""
    from pyarrow import parquet

    said = parquet.ParquetFile(io.BytesIO(data)).metadata
    groups = [said.row_group(i) for i in range(said.num_row_groups)]
    _limit(path, "columns", said.num_columns, MAX_COLUMNS)
    _limit(path, "rows", said.num_rows, MAX_ROWS)
    _limit(
        path,
        "values",
        sum(group.column(i).num_values for group in groups for i in range(said.num_columns)),
        MAX_VALUES,
    )
    _limit(path, "bytes when unpacked", sum(group.total_byte_size for group in groups), MAX_BYTES)


def _parquet(
    data: bytes, path: Path
) -> tuple[pd.DataFrame, dict[str, str], np.ndarray, list[Problem]]:
    try:
        _require_room(data, path)
        frame = pd.read_parquet(io.BytesIO(data))
    except ImportError as error:
        raise KerasfeatError(
            f"{path}: reading Parquet needs pyarrow: pip install pyarrow, or save the table as CSV."
        ) from error
    except (ValueError, OSError) as error:
        raise KerasfeatError(f"{path} is not a readable Parquet file: {error}") from error
    # A level of the index that has a name is a column, unless it is one already.
    frame = frame.reset_index(
        [
            level
            for level, name in enumerate(frame.index.names)
            if name is not None and name not in frame
        ]
    )
    frame.columns = [str(name) for name in frame.columns]
    names, doubles = schema.resolve(list(frame.columns))
    return frame.reset_index(drop=True), names, np.arange(1, len(frame) + 1), _double_notes(doubles)


def _delimited(
    data: bytes, path: Path
) -> tuple[pd.DataFrame, dict[str, str], np.ndarray, list[Problem]]:
    text, problems = _decode(data, path)
    if not text.strip():
        raise KerasfeatError(
            f"{path} is empty: a table needs a header line and a line for each song."
        )
    _limit(path, "lines", text.count("\n"), MAX_ROWS)
    _refuse_known(text, path)
    delimiter = _delimiter(text)
    header, starts, wrong = _scan(text, delimiter)
    _limit(path, "columns", len(header), MAX_COLUMNS)
    header, repeated = _unique(header)
    names, doubles = schema.resolve(header)
    problems += repeated + _double_notes(doubles) + wrong
    number_columns = {
        names[column.name]
        for column in schema.COLUMNS
        if column.kind != schema.TEXT and column.name in names
    }
    name_columns = (
        set(header) - number_columns - {names[name] for name in NEVER_NAMES if name in names}
    )
    options = {
        "sep": delimiter,
        "names": header,
        "header": 0,
        "index_col": False,
        "low_memory": False,
        "keep_default_na": False,
    }
    options["dtype"] = {name: str for name in header if name not in number_columns}
    options["na_values"] = {
        name: [""] if name in name_columns else ["", *NOTHING] for name in header
    }
    frame = None if wrong else pd.read_csv(io.StringIO(text), **options)
    if frame is None or len(frame) != len(starts):
        frame = pd.read_csv(_rewritten(text, delimiter), **{**options, "sep": ","})
    lines = np.array(starts, int)
    for name in header:
        if name in name_columns:
            nothing = frame[name].isin(NOTHING).to_numpy()
            if nothing.any():
                problems += flagged(
                    nothing,
                    frame[name],
                    lines,
                    "read as missing: if it is a name, write it otherwise",
                    NOTE,
                )
                frame[name] = frame[name].mask(nothing)
    return frame, names, lines, problems


def _decode(data: bytes, path: Path) -> tuple[str, list[Problem]]:
    """(text, notes): UTF-8 with or without a byte-order mark, UTF-16 with one (as Excel exports);
    other lines as Windows-1252.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), []
    if b"\0" in data:
        hint = (
            "it looks like an Excel or zip file; save the table as CSV"
            if data.startswith(b"PK")
            else "it is binary"
        )
        raise KerasfeatError(
            f"{path} is not a table: {hint}. Allowed: CSV, TSV, Parquet, or a folder of "
            "audio files."
        )
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return _decode_lines(data.removeprefix(codecs.BOM_UTF8))


def _decode_lines(data: bytes) -> tuple[str, list[Problem]]:
    """As `_decode`, each line alone: of files that were put together some lines are UTF-8."""
    lines, others, is_mixed, is_windows = [], [], False, False
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            lines.append(line.decode())
            is_mixed |= not line.isascii()
        except UnicodeDecodeError:
            text = line.decode("latin-1")
            lines.append(text.translate(WINDOWS_1252))
            is_windows |= lines[-1] != text
            others.append(number)
    message = (
        f"not UTF-8: the {'line' if is_mixed else 'file'} is read as "
        f"{'Windows-1252' if is_windows else 'Latin-1'}; check accented letters"
    )
    return "\n".join(lines), [
        Problem(number, None, message, NOTE) for number in (others if is_mixed else others[:1])
    ]


def _refuse_known(text: str, path: Path) -> None:
    """Name the source that reads a published table of a form of its own."""
    if text.startswith(JAMENDO):
        raise KerasfeatError(
            f"{path} is a list of MTG-Jamendo, whose lines have any number of tags: "
            "`kerasfeat data jamendo DIR OUT` reads those of moods "
            "and themes, with their audio, from the data set's folder DIR."
        )
    if FMA.match(text):
        raise KerasfeatError(
            f"{path} has a header of several lines, as FMA's tables have: `kerasfeat data "
            "fma DIR OUT` reads its tracks, genres, and Echo "
            "Nest features from the folder DIR. Of another table make the header one line."
        )


def _delimiter(text: str) -> str:
    """The one of comma, tab, and semicolon that cuts the header into the most fields."""
    first = next((line for line in text.splitlines()[:100] if line.strip()), "")
    csv.field_size_limit(schema.MOST_CELL_CHARACTERS)
    return max(",\t;", key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _scan(text: str, delimiter: str) -> tuple[list[str], list[int], list[Problem]]:
    """(header, line of each good record, problems of the others); pandas would fill short records
    with missing values and tell no lines.
    """
    found = records(text, delimiter)
    first = next(found)
    header, lines, problems = first.fields, [], [first.problem] if first.problem else []
    for record in found:
        lines += [record.line] if record.fields else []
        problems += [record.problem] if record.problem else []
    return header, lines, problems


def _rewritten(text: str, delimiter: str) -> io.StringIO:
    """The header and the good records as a well-formed CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(
        record.fields for record in records(text, delimiter) if record.fields
    )
    buffer.seek(0)
    return buffer


def _unique(header: list[str]) -> tuple[list[str], list[Problem]]:
    """(names, notes): every column with a name of its own."""
    header = [name.strip() for name in header]
    given, names, notes = set(header), {}, []
    for position, name in enumerate(header, start=1):
        own = name or f"column_{position}"
        if own in names:
            own = f"{own}.{position}"
            while own in given or own in names:
                own += "_"
            notes.append(
                Problem(
                    None,
                    name,
                    f"this name stands twice in the header; the second column is kept as {own!r}",
                    NOTE,
                )
            )
        names[own] = position
    return list(names), notes


def _double_notes(doubles):
    return [
        Problem(
            None, taken, f"taken as {name}; {left!r} could be it too and is kept as it is", NOTE
        )
        for name, taken, left in doubles
    ]
