"""A table file as it stands: its columns under their own names, the line each row came from, and the rows that could not be read."""

import contextlib
import csv
import hashlib
import io
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.data import schema
from kerasfeat.data.problems import DROPPED, ERROR, NOTE, Problem
from kerasfeat.data.values import NOTHING, flagged

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
MAX_BYTES = 2 * 1024**3
NEVER_NAMES = ("track_id", "isrc", "audio", "source", "split")


@dataclass(frozen=True)
class Raw:
    """A table before its values are understood.

    Attributes:
        frame: one row a record; number columns as pandas reads them, every other column as text, missing as NaN.
        names: canonical column -> name in the file.
        lines: [rows] 1-based line of the file on which each row begins (the row's number in a Parquet file).
        problems: list of what went wrong.
        fingerprint: SHA-256 of the file's bytes, in hexadecimal.
    """

    frame: pd.DataFrame
    names: dict
    lines: np.ndarray
    problems: list
    fingerprint: str


def read(path):
    """Read a CSV, TSV, or Parquet file.

    Raises:
        KerasfeatError: if the file can't be read, is not a table, is empty, or is larger than MAX_BYTES.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise KerasfeatError(
                f"{path} has {size / 1024**3:.1f} GiB; a table is held in memory and may have {MAX_BYTES / 1024**3:.0f} GiB: "
                "keep only the columns that are needed, or a part of the rows."
            )
        data = path.read_bytes()
    except OSError as error:
        raise KerasfeatError(f"{path} can't be read: {error.strerror or error}.") from error
    fingerprint = hashlib.sha256(data).hexdigest()
    is_parquet = path.suffix.lower() in (".parquet", ".pq") or data.startswith(b"PAR1")
    frame, names, lines, problems = _parquet(data, path) if is_parquet else _delimited(data, path)
    if frame.empty:
        problems.append(Problem(None, None, "a header but no row that can be read: each song needs a line with the header's fields", ERROR))
    return Raw(frame, names, lines, problems, fingerprint)


def _parquet(data, path):
    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except ImportError as error:
        raise KerasfeatError(f"{path}: reading Parquet needs pyarrow: pip install pyarrow, or save the table as CSV.") from error
    except (ValueError, OSError) as error:
        raise KerasfeatError(f"{path} is not a readable Parquet file: {error}") from error
    # A level of the index that has a name is a column, unless it is one already.
    frame = frame.reset_index([level for level, name in enumerate(frame.index.names) if name is not None and name not in frame])
    frame.columns = [str(name) for name in frame.columns]
    names, doubles = schema.resolve(list(frame.columns))
    return frame.reset_index(drop=True), names, np.arange(1, len(frame) + 1), _double_notes(doubles)


def _delimited(data, path):
    text, problems = _decode(data, path)
    if not text.strip():
        raise KerasfeatError(f"{path} is empty: a table needs a header line and a line for each song.")
    delimiter = _delimiter(text)
    header, lines, wrong = _scan(text, delimiter)
    header, repeated = _unique(header)
    names, doubles = schema.resolve(header)
    problems += repeated + _double_notes(doubles) + wrong
    number_columns = {names[column.name] for column in schema.COLUMNS if column.kind != schema.TEXT and column.name in names}
    name_columns = set(header) - number_columns - {names[name] for name in NEVER_NAMES if name in names}
    options = {"sep": delimiter, "names": header, "header": 0, "index_col": False, "low_memory": False, "keep_default_na": False}
    options["dtype"] = {name: str for name in header if name not in number_columns}
    options["na_values"] = {name: [""] if name in name_columns else ["", *NOTHING] for name in header}
    frame = None if wrong else pd.read_csv(io.StringIO(text), **options)
    if frame is None or len(frame) != len(lines):
        frame = pd.read_csv(_rewritten(text, delimiter, len(header)), **{**options, "sep": ","})
    lines = np.array(lines, int)
    for name in header:
        if name in name_columns:
            nothing = frame[name].isin(NOTHING)
            problems += flagged(nothing.to_numpy(), frame[name], lines, "read as missing: if it is a name, write it otherwise", NOTE)
            frame[name] = frame[name].mask(nothing)
    return frame, names, lines, problems


def _decode(data, path):
    """(text, notes): UTF-8 with or without a byte-order mark, UTF-16 with one (as Excel exports), else Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), []
    if b"\0" in data:
        hint = "it looks like an Excel or zip file; save the table as CSV" if data.startswith(b"PK") else "it is binary"
        raise KerasfeatError(f"{path} is not a table: {hint}. Allowed: CSV, TSV, Parquet, or a folder of audio files.")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return data.decode("latin-1"), [Problem(line, None, "not UTF-8: the file is read as Latin-1; check accented letters", NOTE)]


def _delimiter(text):
    """The one of comma, tab, and semicolon that cuts the header into the most fields."""
    first = next((line for line in text.splitlines()[:100] if line.strip()), "")
    return max(",\t;", key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _records(text, delimiter):
    """(first line, last line, fields) of each record that is not blank."""
    csv.field_size_limit(schema.MOST_CELL_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    first = 1
    for fields in reader:
        if len(fields) > 1 or "".join(fields).strip():
            yield first, reader.line_num, fields
        first = reader.line_num + 1


def _scan(text, delimiter):
    """(header, line of each good record, problems of the others); pandas would fill short records with missing values and tell no lines."""
    records = _records(text, delimiter)
    header, lines, wrong, last = [], [], [], 0
    try:
        _, last, header = next(records, (0, 0, []))
        for first, last, fields in records:
            if len(fields) == len(header):
                lines.append(first)
            elif first == last:
                wrong.append(Problem(first, None, f"{len(fields)} fields where the header has {len(header)}", DROPPED))
            else:
                message = (
                    f"a record of {last - first + 1:,} lines with {len(fields)} fields, not {len(header)}: is a quotation mark left open?"
                )
                wrong.append(Problem(first, None, message, ERROR))
    except csv.Error as error:
        wrong.append(Problem(last + 1, None, f"unreadable from here on ({error}): is a quotation mark left open?", ERROR))
    return header, lines, wrong


def _rewritten(text, delimiter, width):
    """The header and the records with `width` fields, as a well-formed CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    # An error has been reported by _scan; the records up to there serve to find the other problems.
    with contextlib.suppress(csv.Error):
        writer.writerows(fields for _, _, fields in _records(text, delimiter) if len(fields) == width)
    buffer.seek(0)
    return buffer


def _unique(header):
    """(names, notes): every column with a name of its own."""
    header = [name.strip() for name in header]
    names, notes = [], []
    for position, name in enumerate(header, start=1):
        own = name or f"column_{position}"
        if own in names:
            own = f"{own}.{position}"
            while own in header or own in names:
                own += "_"
            notes.append(Problem(None, name, f"this name stands twice in the header; the second column is kept as {own!r}", NOTE))
        names.append(own)
    return names, notes


def _double_notes(doubles):
    return [Problem(None, taken, f"taken as {name}; {left!r} could be it too and is kept as it is", NOTE) for name, taken, left in doubles]
