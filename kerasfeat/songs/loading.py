"""The table of songs: one row a song, under canonical names, with all that was wrong with it."""

import importlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.choices import ranges_of, several
from kerasfeat.files import expanded
from kerasfeat.songs import reading, repeats, schema
from kerasfeat.songs.canonical import canonical_rows
from kerasfeat.songs.columns import has_numbers, with_numbers
from kerasfeat.songs.folders import TABLE_NAMES, read_folder
from kerasfeat.songs.problems import Problem, refuse
from kerasfeat.songs.rows import Rows

__all__ = [
    "TABLE_NAMES",
    "ReadsTarget",
    "Songs",
    "absolute",
    "load_songs",
    "require_ranges",
    "unreadable",
    "with_columns",
    "with_target",
]
PATHS = "a table (CSV, TSV, Parquet) or a folder with tracks.csv or audio files"


class ReadsTarget(Protocol):
    """What a kerasfeat.tasks.Task is to a table: it keeps the songs that have its target."""

    def read(self, rows: Rows, label: str | None) -> Rows:
        """The first row of each song that has the target, and what was wrong."""


@dataclass(frozen=True, eq=False)
class Songs:
    """Songs and what is known about them.

    Attributes:
        frame: DataFrame, RangeIndex, a row a song. `track_id` is always there and unique; the other
            canonical columns (schema.COLUMNS) where the table has them; `artists`, a tuple of names
            (as of identity.apart), beside `artist`, as written; then the table's other columns
            under their own names, as text. `genres` is a tuple of names, None where missing.
            Numbers are float64 with NaN where missing; text is None where missing; `audio` is an
            absolute path.
        lines: int [songs], the line of the file that each song stands on (the number of its row in
            a Parquet file and in a DataFrame).
        problems: what was wrong, in no particular order.
        path: the table, or the folder of audio files; "a DataFrame".
        fingerprint: SHA-256 of the table file; for a folder, of its files' names and sizes; for a
            DataFrame, of its cells.
        name: what the table is called: the name of the file or the folder that was asked for.
        root: folder that the table's audio paths are relative to.
        names: canonical column -> name in the file.
        percent: share that has values -> whether the table has it in percent; in `frame` it is from
            0 to 1.
        ranges: column -> (lowest, highest) value that it was read with in place of the usual one.
        columns: the other columns that were asked for as numbers.
        rows: every row of the table, whatever is learnt, which `with_target` reads again.
    """

    frame: pd.DataFrame
    lines: Array
    problems: tuple[Problem, ...]
    path: Path
    fingerprint: str
    name: str
    root: Path
    names: Mapping[str, str]
    percent: Mapping[str, bool]
    ranges: Mapping[str, tuple[float, float]]
    columns: tuple[str, ...]
    rows: Rows

    @property
    def source(self) -> str:
        """Where the features come from, several with " + " between them; else `name`."""
        sources = self.frame["source"].dropna().unique() if "source" in self.frame else []
        return " + ".join(sorted(sources)) or self.name

    @property
    def features(self) -> tuple[str, ...]:
        """The feature columns with at least one value, in the order of schema.FEATURES."""
        return self.known(schema.FEATURES)

    def known(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of `names` that are columns with at least one value."""
        return tuple(
            name for name in names if name in self.frame and self.frame[name].notna().any()
        )

    def numeric(self) -> tuple[str, ...]:
        """The columns that have numbers, of those that are read as such."""
        return self.known(
            name
            for name in self.frame
            if name in self.names
            and schema.column_of(name).kind != schema.TEXT
            and self.frame[name].dtype == "float64"
        )

    def numbers_left(self, used: Collection[str]) -> tuple[str, ...]:
        """The names in the file of the columns that have numbers and are none of `used`."""
        others = [
            name
            for name in self.frame
            if name not in schema.BY_NAME
            and name not in self.names
            and has_numbers(self.frame[name])
        ]
        return (*(self.names[name] for name in self.numeric() if name not in used), *others)

    def lasting_ids(self, frame: pd.DataFrame) -> pd.Series:
        """The ids of some of its rows [rows] that mean the same song in other tables.

        None of a line, and of a file's place in a folder.
        """
        made_up = repeats.on_a_line(frame["track_id"]) | self.path.is_dir()
        return frame["track_id"].mask(made_up, None)


def load_songs(
    path: str | Path | pd.DataFrame,
    label: str | None = None,
    task: str | ReadsTarget | None = None,
    strict: bool = False,
    percent: Mapping[str, bool] | None = None,
    columns: Collection[str] = (),
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Songs:
    """Read a table of songs, or a folder of audio files.

    Args:
        path: a CSV, TSV, or Parquet file; a DataFrame of such cells, whose audio paths are relative
            to the current folder; a folder with tracks.csv (or .tsv, .parquet); or a folder of
            audio files, where the name of the folder that a file lies in is its genre.
        label: any column of the table, to be used as the label of a classification `task`.
        task: a kerasfeat.tasks.Task, or the name of one; its target columns must be there, and
            songs without a target are dropped.
        strict: take rows and values that can't be used as errors.
        percent: of the table that a model was trained on, whose scale decides where this table's
            own values can't tell it.
        columns: columns that the schema does not know, which are to be numbers, or "all"; those
            that the table lacks are passed over.
        ranges: canonical name -> (lowest, highest) value of a column whose numbers mean something
            else than usual, such as a valence from 1 to 9.

    Raises:
        KerasfeatError: if the table can't be used, listing everything that is wrong with it; if it
            is of another type; for an unknown task.
    """
    # By name: tasks come after the tables that they read.
    found = importlib.import_module("kerasfeat.tasks").get(task) if isinstance(task, str) else task
    if label is not None and task is None:
        raise KerasfeatError(f"label {label!r} is given without the task that it is the label of.")
    if not isinstance(path, str | Path | pd.DataFrame):
        raise unreadable(type(path).__name__, f"the path of {PATHS}, or a DataFrame")
    raw = reading.from_frame(path) if isinstance(path, pd.DataFrame) else _read(absolute(path))
    limits = ranges_of(ranges or {})
    rows, in_percent = canonical_rows(raw, percent, limits)
    songs = Songs(
        frame=rows.frame,
        lines=rows.lines,
        problems=rows.problems,
        path=raw.path,
        fingerprint=raw.fingerprint,
        name=raw.path.name if isinstance(path, pd.DataFrame) else absolute(path).name,
        root=raw.root,
        names=rows.names,
        percent=in_percent,
        ranges=limits,
        columns=several(columns),
        rows=rows,
    )
    return _one_row_a_song(songs, found, label, strict)


def with_target(
    songs: Songs, task: ReadsTarget, label: str | None = None, strict: bool = False
) -> Songs:
    """Songs of a table as if they had been loaded for a task.

    The whole table is read for it, also where the songs were loaded for another task.

    Args:
        songs: as of `load_songs`.
        task, label, strict: as there.

    Raises:
        KerasfeatError: if the table can't be used for the task, listing everything that is wrong.
    """
    return _one_row_a_song(songs, task, label, strict)


def require_ranges(songs: Songs, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Refuse songs that were read with other ranges of known columns than these.

    Args:
        songs: as of `load_songs`.
        ranges: as there.

    Raises:
        KerasfeatError: a column was read on another scale.
    """
    for name, (low, high) in ranges.items():
        if name not in schema.BY_NAME:
            continue
        usual = (schema.BY_NAME[name].low, schema.BY_NAME[name].high)
        if tuple(songs.ranges.get(name, usual)) != (low, high):
            raise KerasfeatError(
                f"{name} was read on another scale than {low:g} to {high:g}: give the ranges to "
                f"load_songs too (ranges={{{name!r}: ({low:g}, {high:g})}}), or give the table "
                "itself."
            )


def with_columns(songs: Songs, columns: Collection[str]) -> Songs:
    """Songs of a table as if these columns had been asked for as numbers.

    Args:
        songs: as of `load_songs`, loaded for no task.
        columns: as there.
    """
    return _one_row_a_song(replace(songs, columns=tuple(columns)), None, None, False)


def _one_row_a_song(
    songs: Songs, task: ReadsTarget | None, label: str | None, strict: bool
) -> Songs:
    """The songs of all rows: those that have the task's target, if there is a task."""
    rows = with_numbers(songs.rows, songs.columns, label) if songs.columns else songs.rows
    rows = repeats.first_of_each(rows) if task is None else task.read(rows, label)
    refuse(rows.problems, songs.path, strict)
    return replace(
        songs, frame=rows.frame, lines=rows.lines, problems=rows.problems, names=rows.names
    )


def absolute(path: str | Path) -> Path:
    """The absolute path of what a user names, who may begin it with `~`.

    Raises:
        KerasfeatError: it is empty, which would mean the current folder.
    """
    if path == "":
        raise KerasfeatError(
            f'"" is not a path: give {PATHS}. A shell variable that is not set is empty.'
        )
    return expanded(path).absolute()


def unreadable(kind: str, allowed: str) -> KerasfeatError:
    """The error of something of a type that songs can't be read from."""
    return KerasfeatError(
        f"songs can't be read from the type {kind}: give {allowed}. "
        "pandas.DataFrame(...) makes a DataFrame of dicts, lists and arrays, and .to_pandas() one "
        "of other libraries' tables."
    )


def _read(path: Path) -> reading.Raw:
    """The table at an absolute path, or the one of the audio files under it."""
    if not path.exists():
        raise KerasfeatError(f"{path} doesn't exist. Give {PATHS}.")
    candidates = [path] if path.is_file() else [path / name for name in TABLE_NAMES]
    table = next((candidate for candidate in candidates if candidate.is_file()), None)
    return reading.read(table) if table else read_folder(path)
