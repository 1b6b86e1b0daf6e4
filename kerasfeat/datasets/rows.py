"""Tables as rows of text: what sources read, change, and write."""

import ast
import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kerasfeat import KerasfeatError
from kerasfeat.files import expanded
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.songs import headers, schema

if TYPE_CHECKING:
    import pandas as pd

    from kerasfeat.songs.reading import Raw

# A song: column -> text, or what is written as text, such as a number; None is an empty cell.
Row: TypeAlias = dict[str, Any]


def read_rows(path: str | Path, renamed: dict[str, str] | None = None) -> list[Row]:
    """The songs of any table, under canonical names where its columns have one.

    Args:
        path: a CSV, TSV, or Parquet file, or a folder with tracks.csv.
        renamed: {column of the file: the name that it gets}; another column that would have that
            name keeps its own, marked.

    Returns:
        A row of texts for each song; what is missing is left out. `audio` is an absolute path.

    Raises:
        KerasfeatError: there is no table, or it can't be read.
    """
    # Here, since `kerasfeat data --help` need not wait for pandas.
    from kerasfeat.songs import parsing, reading
    from kerasfeat.songs.problems import describe, refuse

    path = _table_file(path)
    raw = reading.read(path)
    refuse(raw.problems, path)
    for line in describe(raw.problems):
        say(f"{path.name}: {line}")
    names = _column_names(raw, path, renamed or {})
    columns = {}
    for in_file, series in _in_known_units(raw, names, path).items():
        name = names[in_file]
        if name in ("artist", "artists"):
            series = series.map(lambda value: artists_text(parsing.artist_names(value)) or None)
        is_audio = name == "audio"
        cells = parsing.file_names(series, path.parent) if is_audio else parsing.texts(series)
        columns[name] = cells.to_list()
    rows = [
        {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in zip(*columns.values(), strict=True)
    ]
    for row in rows:
        if "audio" in row:
            row["audio"] = str(path.parent / row["audio"])
    return rows


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
    canonical = {
        in_file: name for name, in_file in raw.names.items() if not _keeps_its_name(in_file)
    }
    names = {in_file: canonical.get(in_file, in_file) for in_file in raw.frame}
    taken = set(renamed.values())
    marked = {in_file: f"{in_file} (file)" for in_file, name in names.items() if name in taken}
    return names | marked | renamed


def _keeps_its_name(in_file: str) -> bool:
    """Whether a column is a duration by a name without a unit, by which kerasfeat.songs.scales
    finds out what it is in.
    """
    return schema.plain(in_file) in schema.BY_NAME["duration_ms"].aliases


def _in_known_units(raw: "Raw", called: dict[str, str], path: Path) -> dict[str, "pd.Series"]:
    """The table's columns, in canonical units those whose scale the new name would not tell: shares
    in percent, and durations.
    """
    import pandas as pd

    from kerasfeat.songs import scales
    from kerasfeat.songs.problems import describe

    scaled = {
        name: raw.frame[in_file]
        for in_file, name in called.items()
        if name == "duration_ms" or schema.column_of(name).is_share
    }
    measured = scales.read_numbers(scaled, raw.lines)
    milliseconds = [
        name
        for name in scaled
        if name == "duration_ms" and headers.factor_of(scaled[name].name, schema.BY_NAME[name]) != 1
    ]
    changed = {
        scaled[name].name: pd.Series(measured.values[name])
        for name in (
            *milliseconds,
            *(name for name, percent in measured.percent.items() if percent),
        )
    }
    problems = [problem for problem in measured.problems if problem.column in (None, *changed)]
    for line in describe(problems):
        say(f"{path.name}: {line}")
    return {in_file: changed.get(in_file, series) for in_file, series in raw.frame.items()}


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
