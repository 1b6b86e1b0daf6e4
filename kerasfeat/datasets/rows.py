"""Tables as rows of text: what sources read, change, and write."""

import ast
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kerasfeat import KerasfeatError
from kerasfeat.files import expanded
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.songs import schema

if TYPE_CHECKING:
    import pandas as pd

    from kerasfeat.arrays import Array
    from kerasfeat.songs.problems import Problem
    from kerasfeat.songs.reading import Raw

# A song: column -> text, or what is written as text, such as a number; None is an empty cell.
Row: TypeAlias = dict[str, Any]
ARTISTS = ("artist", "artists")


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is written again.

    Attributes:
        rows: its songs, as of `read_rows`.
        lines: int [rows], the line of the file that each begins on.
        names: column of the file -> its name in `rows`.
    """

    rows: list[Row]
    lines: "Array"
    names: dict[str, str]


def read_rows(path: str | Path, renamed: dict[str, str] | None = None) -> list[Row]:
    """The songs of any table, under canonical names where its columns have one.

    Args:
        path: a CSV, TSV, or Parquet file, or a folder with tracks.csv.
        renamed: {column of the file: the name that it gets}; another column that would have that
            name keeps its own, marked.

    Returns:
        A row of texts for each song, which mean the same beside those of any other table: numbers
        in canonical units, labels in one spelling. What is missing is left out. `audio` is an
        absolute path.

    Raises:
        KerasfeatError: there is no table, or it can't be read.
    """
    return read_table(path, renamed).rows


def read_table(path: str | Path, renamed: dict[str, str] | None = None) -> Table:
    """The songs of any table, with where each stands in the file and what its columns are called
    there.

    Args:
        path, renamed: see `read_rows`.

    Raises:
        KerasfeatError: there is no table, or it can't be read.
    """
    # Here, since `kerasfeat data --help` need not wait for pandas.
    from kerasfeat.songs import parsing, reading
    from kerasfeat.songs.problems import describe, refuse

    path = _table_file(path)
    raw = reading.read(path)
    refuse(raw.problems, path)
    names = _column_names(raw, path, renamed or {})
    numbers = _numbers(raw, names)
    names |= {
        in_file: in_file for in_file in raw.frame if _is_unread_duration(in_file, names, numbers)
    }
    columns: dict[str, list[str | None]] = {}
    problems = [*raw.problems, *numbers.problems]
    for in_file, series in raw.frame.items():
        name = names[in_file]
        if name in numbers.columns:
            columns[name] = numbers.columns[name]
        elif name == "audio":
            columns[name] = parsing.file_names(series, path.parent).to_list()
        else:
            columns[name], notes = _texts(name, series, raw.lines)
            problems += notes
    columns |= numbers.columns  # modes that the names of keys tell have no column of the file
    for line in describe(problems):
        say(f"{path.name}: {line}")
    rows = [
        {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in zip(*columns.values(), strict=True)
    ]
    for row in rows:
        if "audio" in row:
            row["audio"] = str(path.parent / row["audio"])
    return Table(rows, raw.lines, names)


def _table_file(path: str | Path) -> Path:
    from kerasfeat.songs import loading

    path = expanded(path).absolute()
    path = next((path / name for name in loading.TABLE_NAMES if (path / name).is_file()), path)
    if not path.is_file():
        raise KerasfeatError(
            f"{path} is not a table: give a CSV, TSV, or Parquet file, or a folder with tracks.csv."
        )
    return path


def _column_names(raw: "Raw", path: Path, renamed: dict[str, str]) -> dict[str, str]:
    """{column of the file: the name that it gets}."""
    absent = [name for name in renamed if name not in raw.frame]
    if absent:
        raise unknown(f"column of {path}", absent[0], raw.frame.columns)
    canonical = {in_file: name for name, in_file in raw.names.items()}
    names = {in_file: canonical.get(in_file, in_file) for in_file in raw.frame}
    taken = set(renamed.values())
    marked = {in_file: f"{in_file} (file)" for in_file, name in names.items() if name in taken}
    return names | marked | renamed


@dataclass(frozen=True)
class _Numbers:
    """The columns of a table that the schema knows as numbers.

    Attributes:
        columns: canonical name -> [rows] texts, None where there is none.
        problems: what was wrong with them.
    """

    columns: dict[str, list[str | None]]
    problems: "list[Problem]"


def _numbers(raw: "Raw", names: dict[str, str]) -> _Numbers:
    """The numbers of a table in canonical units.

    On which scale a column is, is found out over the whole of it, which it no longer is among
    another table's rows. A column of which nothing can be read is left out: its numbers may be
    meant, such as a valence from 1 to 9.
    """
    import numpy as np
    import pandas as pd

    from kerasfeat.songs import keys, parsing, scales
    from kerasfeat.songs.problems import MISSING, NOTE, Problem

    known = {
        names[in_file]: series
        for in_file, series in raw.frame.items()
        if schema.BY_NAME.get(names[in_file], schema.Column("")).kind != schema.TEXT
    }
    known, notes = keys.with_modes(known)
    measured = scales.read_numbers(known, raw.lines)
    lost = {problem.column for problem in measured.problems if problem.effect == MISSING}
    unread = {
        str(known[name].name): schema.BY_NAME[name]
        for name, values in measured.values.items()
        if np.isnan(values).all() and known[name].name in lost
    }
    problems = [problem for problem in measured.problems if problem.column not in unread]
    for in_file, column in unread.items():
        message = f"no value can be read as {column.name} ({column.allowed}): it stays as it is"
        problems.append(Problem(None, in_file, message, NOTE))
    columns = {
        name: parsing.texts(pd.Series(values)).to_list()
        for name, values in measured.values.items()
        if known[name].name not in unread
    }
    return _Numbers(columns, notes + problems)


def _is_unread_duration(in_file: str, names: dict[str, str], numbers: _Numbers) -> bool:
    """Whether a column keeps its name: it is a duration by a name without a unit, such as "length",
    and its values are none.
    """
    is_duration = names[in_file] == "duration_ms" and "duration_ms" not in numbers.columns
    return is_duration and schema.plain(in_file) in schema.BY_NAME["duration_ms"].aliases


def _texts(
    name: str, series: "pd.Series", lines: "Array"
) -> "tuple[list[str | None], list[Problem]]":
    """(The texts of a column that has no numbers [rows], None where there is none; problems)."""
    from kerasfeat.songs.canonical import text_column

    cells, problems = text_column(name, series, lines)
    if name in LISTS:
        return [LISTS[name](names) if names else None for names in cells], problems
    return cells.to_list(), problems


def read_csv(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yields the rows of a published CSV file, without spaces around their texts.

    Rows of another width are dropped, and a message says so.

    Args:
        path: the file.
        needed: columns that it must have.

    Raises:
        KerasfeatError: it can't be read, or lacks one of those columns.
    """
    lines = records(path)
    _, first = next(lines, (0, []))
    header = [name.strip() for name in first]
    absent = [name for name in needed if name not in header]
    if absent:
        raise KerasfeatError(
            f"{path} has no column {', '.join(absent)}; it has "
            f"{', '.join(header[:20]) or 'nothing'}."
        )
    for line, fields in lines:
        if len(fields) == len(header):
            yield {name: field.strip() for name, field in zip(header, fields, strict=True)}
        elif fields:
            say(
                f"{path.name}, line {line}: {len(fields)} fields where the header has "
                f"{len(header)}, row dropped"
            )


def records(path: str | Path, **dialect: Any) -> Iterator[tuple[int, list[str]]]:
    """Yields (last line, fields) of each record of a published CSV file.

    It is UTF-8, with or without a byte-order mark; bad bytes are shown as such.

    Args:
        path: the file.
        dialect: what csv.reader shall know of it.

    Raises:
        KerasfeatError: it can't be read.
    """
    csv.field_size_limit(schema.MOST_CELL_CHARACTERS)
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file, **dialect)
            try:
                for fields in reader:
                    yield reader.line_num, fields
            except csv.Error as error:
                raise KerasfeatError(
                    f"{path}, line {reader.line_num}: not readable as CSV ({error})."
                ) from None
    except OSError as error:
        raise KerasfeatError(f"{path} can't be read: {error.strerror}.") from error


def literal(text: str) -> list[str] | None:
    """The texts of a Python list in a cell, which is parsed and never run; None of other cells."""
    try:
        names = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    return None


def called(row: Row, number: int) -> str:
    """What a song is called in messages: its id, its title, or its number."""
    return row.get("track_id") or row.get("title") or f"song {number}"


def filled(row: Row, more: Row) -> Row:
    """A row with what else is known of its song; what it has is never replaced.

    `artist` and `artists` are the same under two names: of a row that has one, neither is filled.
    """
    is_named = any(name in row for name in ARTISTS)
    return {name: more[name] for name in more if not (is_named and name in ARTISTS)} | row


def artists_text(names: Iterable[str]) -> str:
    """Several artists as a table has them.

    kerasfeat.songs.parsing.artist_names reads the same ones.
    """
    from kerasfeat.songs.parsing import artist_names

    names = list(names)
    text = "; ".join(names)
    return text if artist_names(text) == tuple(names) else repr(names)


def labels_text(labels: Iterable[str]) -> str:
    """Several labels as a table has them.

    kerasfeat.songs.parsing.label_names reads the same ones.
    """
    from kerasfeat.songs.parsing import label_names

    labels = list(labels)
    text = "; ".join(labels)
    return text if label_names(text) == tuple(labels) else repr(labels)


# How a table has the columns that are tuples once they are read.
LISTS: dict[str, Callable[[Iterable[str]], str]] = {
    **dict.fromkeys(ARTISTS, artists_text),
    "genres": labels_text,
}
