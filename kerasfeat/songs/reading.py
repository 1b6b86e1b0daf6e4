"""A table as it stands: its columns under their own names, the line that each row came from, and
the rows that could not be read.
"""

import contextlib
import hashlib
import io
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.songs import delimited, headers, room, schema
from kerasfeat.songs.beginnings import beginning
from kerasfeat.songs.encoding import as_text, decoded
from kerasfeat.songs.parsing import NOTHING, flagged
from kerasfeat.songs.problems import EMPTY_LINE, ERROR, NOTE, Problem
from kerasfeat.songs.repeated_headers import Header

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
# What a table is called that was read from no file.
DATAFRAME = "a DataFrame"
# White space, and signs that show nothing.
BLANK = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace()) + "\u200b\u2060\ufeff"
NEVER_NAMES = ("track_id", "isrc", "audio", "source", "split")


@dataclass(frozen=True, eq=False)
class Raw:
    """A table before its values are understood.

    Attributes:
        frame: one row a record; number columns as pandas reads them, every other column as text,
            missing as NaN.
        names: canonical column -> name in the file.
        lines: int [rows], the 1-based line of the file on which each row begins (the row's number
            in a Parquet file and in a DataFrame).
        problems: what went wrong.
        fingerprint: SHA-256 of the file's bytes, in hexadecimal.
        path: the file, or DATAFRAME.
        root: the folder that audio paths are relative to.
    """

    frame: pd.DataFrame
    names: Mapping[str, str]
    lines: Array
    problems: Sequence[Problem]
    fingerprint: str
    path: Path
    root: Path


def read(path: Path) -> Raw:
    """Read a CSV, TSV, or Parquet file.

    Raises:
        KerasfeatError: if the file can't be read, is not a table, is empty, or has more bytes,
            rows, or columns than are allowed.
    """
    data = _bytes(path)
    is_parquet = path.suffix.lower() in (".parquet", ".pq") or data.startswith(b"PAR1")
    if is_parquet:
        return _without_blanks(_without_headers(_parquet(data, path)))
    return _without_blanks(_delimited(data, path))


def from_frame(frame: pd.DataFrame) -> Raw:
    """A DataFrame as if it had been read from a file of its cells; it stays as it is.

    Audio paths are relative to the current folder. The fingerprint is that of its cells.

    Raises:
        KerasfeatError: if it has more rows or columns than are allowed.
    """
    path = Path(DATAFRAME)
    room.require(path, "columns", frame.shape[1], room.MAX_COLUMNS)
    room.require(path, "rows", len(frame), room.MAX_ROWS)
    frame = _index_as_columns(frame)
    names, notes = delimited.unique([str(name) for name in frame.columns])
    frame = frame.set_axis(names, axis=1)
    cells = frame.to_csv(index=False).encode("utf-8", "surrogatepass")
    raw = _of_frame(frame, hashlib.sha256(cells).hexdigest(), path, root=Path.cwd())
    raw = replace(raw, problems=[*notes, *raw.problems])
    return _without_blanks(_without_headers(raw))


def _bytes(path: Path) -> bytes:
    """The content of a file that is not too large."""
    try:
        # Before it is opened: a pipe would make wait for whoever writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise KerasfeatError(f"{path} is a pipe or a device, not a file: save the table first.")
        size = path.stat().st_size
        if size > room.MAX_BYTES:
            raise KerasfeatError(
                f"{path} has {size / 1024**3:.1f} GiB; a table is held in memory and may have "
                f"{room.MAX_BYTES / 1024**3:.0f} GiB: keep only the columns that are needed, or "
                "a part of the rows."
            )
        return path.read_bytes()
    except OSError as error:
        raise KerasfeatError(f"{path} can't be read: {error.strerror or error}.") from error


def _without_headers(raw: Raw) -> Raw:
    """The table without rows that are its header again, as delimited texts are read without them.

    They make every column one of texts.
    """
    columns = [series.to_numpy(object) for _, series in raw.frame.items()]
    if any(pd.api.types.is_numeric_dtype(series) for _, series in raw.frame.items()):
        return raw
    header = Header(list(raw.frame.columns))
    rows = zip(raw.lines, zip(*columns, strict=True), strict=True)
    found = [header.again(int(line), cells) for line, cells in rows]
    good = np.array([problem is None for problem in found], bool)
    return replace(
        raw,
        frame=raw.frame[good].reset_index(drop=True),
        lines=raw.lines[good],
        problems=[*raw.problems, *filter(None, found)],
    )


def _without_blanks(raw: Raw) -> Raw:
    """The table without rows that hold nothing, and with cells of white space missing.

    There is a note on each of both, and an error if no row is left.
    """
    raw = _without_empty_rows(raw)
    problems, frame = list(raw.problems), raw.frame.copy(deep=False)
    for name, series in raw.frame.items():
        if pd.api.types.is_numeric_dtype(series):
            continue
        cells = series.to_numpy(object)
        blank = np.array(
            [isinstance(cell, str) and cell != "" and not cell.strip(BLANK) for cell in cells], bool
        )
        if blank.any():
            message = "nothing but white space, read as missing"
            problems += flagged(blank, series, raw.lines, message, NOTE)
            frame[name] = series.mask(blank)
    if raw.frame.empty:
        message = (
            "a header but no row that can be read: each song needs a line with the header's fields"
        )
        problems.append(Problem(None, None, message, ERROR))
    return replace(raw, frame=frame, problems=problems)


def _without_empty_rows(raw: Raw) -> Raw:
    empty = np.ones(len(raw.frame), bool)
    for _, series in raw.frame.items():
        rows = np.flatnonzero(empty)
        if not len(rows):
            return raw
        given = series.iloc[rows]
        blank = [isinstance(cell, str) and not cell.strip(BLANK) for cell in given.to_numpy(object)]
        empty[rows] = given.isna().to_numpy() | np.array(blank, bool)
    notes = [Problem(int(line), None, EMPTY_LINE, NOTE) for line in raw.lines[empty]]
    frame = raw.frame[~empty].reset_index(drop=True)
    return replace(raw, frame=frame, lines=raw.lines[~empty], problems=[*raw.problems, *notes])


def _parquet(data: bytes, path: Path) -> Raw:
    try:
        room.require_room(data, path)
        frame = pd.read_parquet(io.BytesIO(data))
    except ImportError as error:
        raise KerasfeatError(
            f"{path}: reading Parquet needs pyarrow: pip install pyarrow, or save the table as CSV."
        ) from error
    except (ValueError, OSError, LookupError, TypeError, NotImplementedError) as error:
        raise KerasfeatError(f"{path} is not a readable Parquet file: {error}") from error
    frame = _index_as_columns(frame)
    frame.columns = [str(name) for name in frame.columns]
    return _of_frame(frame, hashlib.sha256(data).hexdigest(), path, root=path.parent)


def _index_as_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """A level of the index that has a name is a column, unless it is one already."""
    names = enumerate(frame.index.names)
    levels = [level for level, name in names if name is not None and name not in frame]
    return frame.reset_index(levels).reset_index(drop=True)


def _of_frame(frame: pd.DataFrame, fingerprint: str, path: Path, root: Path) -> Raw:
    """A table whose cells have types, its rows numbered."""
    frame = frame.astype(dict.fromkeys(frame.select_dtypes("category"), object))
    for name, series in frame.items():
        if not pd.api.types.is_numeric_dtype(series):
            given = series.to_numpy(object)
            cells = [_without_bytes(cell) for cell in given]
            if any(cell is not own for cell, own in zip(cells, given, strict=True)):
                frame[name] = pd.Series(cells, frame.index, object)
    names, doubles = headers.resolve(list(frame.columns))
    lines = np.arange(1, len(frame) + 1)
    frame, notes = _without_nothing(frame, names, lines)
    problems = _double_notes(doubles) + notes
    return Raw(frame, names, lines, problems, fingerprint, path=path, root=root)


def _without_bytes(cell: Any) -> Any:
    """A cell, or a list, whose bytes are text; the same object where it has none."""
    if isinstance(cell, bytes):
        return as_text(cell)
    if isinstance(cell, list | tuple | set | frozenset | np.ndarray):
        parts = list(np.ravel(cell)) if isinstance(cell, np.ndarray) else list(cell)
        if any(isinstance(part, bytes) for part in parts):
            return [_without_bytes(part) for part in parts]
    return cell


def _delimited(data: bytes, path: Path) -> Raw:
    text, problems = decoded(data, path)
    if not text.strip():
        raise KerasfeatError(
            f"{path} is empty: a table needs a header line and a line for each song."
        )
    room.require(path, "lines", text.count("\n"), room.MAX_ROWS)
    delimited.refuse_published(text, path)
    begun = beginning(text)
    text, delimiter = begun.text, begun.delimiter
    scan = delimited.scan(text, delimiter)
    room.require(path, "columns", len(scan.header), room.MAX_COLUMNS)
    room.require(path, "values", len(scan.header) * len(scan.lines), room.MAX_CELLS)
    header, repeated = delimited.unique(scan.header)
    names, doubles = headers.resolve(header)
    problems += begun.problems + repeated + _double_notes(doubles) + scan.problems
    lines = np.array(scan.lines, int)
    frame = _good_records(text, delimiter, scan, path, options=_options(header, names))
    frame, notes = _without_nothing(frame, names, lines)
    fingerprint = hashlib.sha256(data).hexdigest()
    problems += notes
    return Raw(frame, names, lines, problems, fingerprint, path=path, root=path.parent)


def _good_records(
    text: str, delimiter: str, scan: delimited.Scan, path: Path, *, options: dict[str, Any]
) -> pd.DataFrame:
    """The good records of a text as pandas reads them."""
    # Of some quotation marks pandas sees no end, or nothing between, where the csv module does.
    with contextlib.suppress(pd.errors.ParserError, pd.errors.EmptyDataError):
        if not scan.problems:
            frame = pd.read_csv(io.StringIO(text), sep=delimiter, **options)
            if len(frame) == len(scan.lines):
                return frame
    try:
        return pd.read_csv(delimited.rewritten(text, delimiter), sep=",", **options)
    except pd.errors.EmptyDataError as error:
        raise KerasfeatError(
            f"{path} can't be used: it has no header, or one that opens a quotation mark which "
            "nothing closes. A table needs a line with the names of its columns."
        ) from error


def _number_columns(names: Mapping[str, str]) -> set[str]:
    """The columns of a file that the schema knows as numbers."""
    return {
        names[column.name]
        for column in schema.COLUMNS
        if column.kind != schema.TEXT and column.name in names
    }


def _name_columns(header: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """The columns of a file in which "NA" may be the name of something."""
    others = {names[name] for name in NEVER_NAMES if name in names} | _number_columns(names)
    return [name for name in header if name not in others]


def _options(header: Sequence[str], names: Mapping[str, str]) -> dict[str, Any]:
    """How pandas reads the cells: what the schema knows as numbers as such, all else as text."""
    number_columns, name_columns = _number_columns(names), set(_name_columns(header, names))
    return {
        "names": header,
        "header": 0,
        "index_col": False,
        "low_memory": False,
        "keep_default_na": False,
        "dtype": {name: str for name in header if name not in number_columns},
        "na_values": {name: [""] if name in name_columns else ["", *NOTHING] for name in header},
    }


def _without_nothing(
    frame: pd.DataFrame, names: Mapping[str, str], lines: Array
) -> tuple[pd.DataFrame, list[Problem]]:
    """The frame with texts such as "NA" missing, and a note on each where it may be a name.

    In columns of numbers they are found with all else that is no number.
    """
    problems, kept = [], frame.copy(deep=False)
    message = "read as missing: if it is a name, write it otherwise"
    numbers, name_columns = _number_columns(names), set(_name_columns(list(frame.columns), names))
    for name in frame.columns.difference(numbers, sort=False):
        nothing = np.array(
            [
                isinstance(cell, str) and cell.strip() in NOTHING
                for cell in frame[name].to_numpy(object)
            ],
            bool,
        )
        if nothing.any():
            kept[name] = frame[name].mask(nothing)
            if name in name_columns:
                problems += flagged(nothing, frame[name], lines, message, NOTE)
    return kept, problems


def _double_notes(doubles: Sequence[headers.Double]) -> list[Problem]:
    return [
        Problem(
            None,
            double.taken,
            f"taken as {double.name}; {double.left!r} could be it too and is kept as it is",
            NOTE,
        )
        for double in doubles
    ]
