"""The tracks table: one row a song, under canonical names, with all that was wrong with it."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.songs import identity, labels, parsing, reading, repeats, scales, schema
from kerasfeat.songs.columns import ALL, has_numbers, read_others
from kerasfeat.songs.ids import lasting_id
from kerasfeat.songs.problems import ERROR, MISSING, NOTE, Problem, refuse

TABLE_NAMES = ("tracks.csv", "tracks.tsv", "tracks.parquet")


class ReadsTarget(Protocol):
    """What a kerasfeat.tasks.Task is to a table: it keeps the songs that have its target."""

    target: Any

    def read(
        self, frame: pd.DataFrame, lines: np.ndarray, label: str | None, names: dict[str, str]
    ) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
        """(The songs that have the target, their lines, problems)."""


@dataclass(frozen=True)
class Tracks:
    """Songs and what is known about them.

    Attributes:
        frame: DataFrame, RangeIndex, a row a song. `track_id` is always there and unique; the other
            canonical columns (schema.COLUMNS) where the table has them; `artists`, a tuple of names
            (as of identity.apart), beside `artist`, as written; then the table's other columns
            under their own names, as text. `genres` is a tuple of names, None where missing.
            Numbers are float64 with NaN where missing; text is None where missing; `audio` is an
            absolute path.
        root: folder that the table's audio paths are relative to.
        path: the table, or the folder of audio files.
        problems: what was wrong, in no particular order.
        fingerprint: SHA-256 of the table file; for a folder, of its files' names and sizes.
        source: where the features come from, several with " + " between them.
        names: canonical column -> name in the file.
        percent: share that has values -> whether the table has it in percent; in `frame` it is from
            0 to 1.
    """

    frame: pd.DataFrame
    root: Path
    path: Path
    problems: tuple
    fingerprint: str
    source: str
    names: dict = field(default_factory=dict)
    percent: dict = field(default_factory=dict)

    @property
    def features(self):
        """The feature columns with at least one value, in the order of schema.FEATURES."""
        return self.known(schema.FEATURES)

    def known(self, names):
        """Those of `names` that are columns with at least one value."""
        return tuple(
            name for name in names if name in self.frame and self.frame[name].notna().any()
        )

    def numeric(self) -> tuple[str, ...]:
        """The columns that have numbers, of those that are read as such."""
        return self.known(
            name
            for name in self.frame
            if schema.column_of(name).kind != schema.TEXT and self.frame[name].dtype == "float64"
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

    def lasting_ids(self, frame):
        """The ids of some of its rows [rows] that mean the same song in other tables; None of a
        line, and of a file's place in a folder.
        """
        made_up = repeats.on_a_line(frame["track_id"]) | self.path.is_dir()
        return frame["track_id"].mask(made_up, None)


def load(
    path: str | Path,
    label: str | None = None,
    task: ReadsTarget | None = None,
    strict: bool = False,
    percent: Mapping[str, bool] | None = None,
    columns: Collection[str] = (),
) -> Tracks:
    """Read a tracks table, or a folder of audio files.

    Args:
        path: a CSV, TSV, or Parquet file; a folder with tracks.csv (or .tsv, .parquet); or a folder
            of audio files, where the name of the folder that a file lies in is its genre.
        label: any column of the table, to be used as the label of a classification `task`.
        task: a kerasfeat.tasks.Task; its target columns must be there, and songs without a target
            are dropped.
        strict: take rows and values that can't be used as errors.
        percent: of the table that a model was trained on, whose scale decides where this table's
            own values can't tell it.
        columns: columns that the schema does not know, which are to be numbers, or "all"; those
            that the table lacks are passed over.

    Raises:
        KerasfeatError: if the table can't be used, listing everything that is wrong with it.
    """
    path = Path(path).expanduser().absolute()
    if not path.exists():
        raise KerasfeatError(
            f"{path} doesn't exist. Give a table (CSV, TSV, Parquet) or a folder with "
            "tracks.csv or audio files."
        )
    table = (
        path
        if path.is_file()
        else next((path / name for name in TABLE_NAMES if (path / name).is_file()), None)
    )
    raw = reading.read(table) if table else _folder(path)
    root = table.parent if table else path
    raw, numbers, found = _with_others(raw, columns, label)
    frame, problems, in_percent = _canonical(raw, root, percent, numbers)
    problems = [*raw.problems, *_unusable(raw, frame), *found, *problems]
    frame, found = repeats.told_apart(frame, raw.lines)
    frame, lines, problems = repeats.with_genres(frame), raw.lines, problems + found
    if task is not None:
        frame, lines, found = task.read(frame, lines, label, raw.names)
        problems += found
    elif label is not None:
        raise KerasfeatError(f"label {label!r} is given without the task that it is the label of.")
    learnt = {"learnt": task.target.columns, "join": task.target.joins_labels} if task else {}
    frame, found = repeats.first_of_each(frame, lines, **learnt)
    problems += found
    refuse(problems, table or path, strict)
    sources = sorted(frame["source"].dropna().unique()) if "source" in frame else []
    return Tracks(
        frame,
        root,
        table or path,
        tuple(problems),
        raw.fingerprint,
        " + ".join(sources) or path.name,
        raw.names,
        in_percent,
    )


def _folder(path):
    """The audio files under a folder as a table."""
    from kerasfeat.audio.decode import PASSED_OVER, audio_files, by_suffix

    if not path.is_dir():
        raise KerasfeatError(
            f"{path} is neither a file nor a folder. Give a table (CSV, TSV, Parquet) or a folder."
        )
    closed, others = [], []
    files = audio_files(path, closed.append, others.append)
    if not files and closed:
        raise KerasfeatError(
            f"no audio files in {path}, where {closed[0].filename} can't be read: "
            f"{closed[0].strerror}."
        )
    inside = [file.relative_to(path) for file in files]
    tables = sorted(
        file.name for file in path.iterdir() if file.suffix.lower() in reading.TABLE_SUFFIXES
    )
    if not files:
        hint = (
            f" Name one of its tables: {', '.join(tables)}."
            if tables
            else " Give a table, or a folder with tracks.csv or audio files."
        )
        told = f" It has {by_suffix(others)}." if others else ""
        raise KerasfeatError(
            f"{path} has no {' or '.join(TABLE_NAMES)} and no audio files.{hint}{told}"
        )
    columns = {
        "track_id": [file.as_posix() for file in inside],
        "title": [file.stem for file in inside],
        "audio": [str(file) for file in inside],
        "genre": [file.parent.name or None for file in inside],
    }
    if not any(columns["genre"]):
        del columns["genre"]
    listing = "".join(
        f"{name}\0{_size_bytes(file)}\n"
        for name, file in zip(columns["track_id"], files, strict=True)
    )
    fingerprint = hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
    notes = (
        [
            Problem(
                None,
                None,
                f"the folder's audio files are read, not its tables ({', '.join(tables)})",
                NOTE,
            )
        ]
        if tables
        else []
    )
    notes += [
        Problem(
            None,
            None,
            f"the folder {error.filename} can't be read ({error.strerror}), nor its songs",
            MISSING,
        )
        for error in closed
    ]
    others = [other for other in others if other.parent != path or other.name not in tables]
    if others:
        notes.append(Problem(None, None, f"{PASSED_OVER}: {by_suffix(others)}", NOTE))
    frame = pd.DataFrame(columns, dtype=object)
    return reading.Raw(
        frame, {name: name for name in columns}, np.arange(1, len(files) + 1), notes, fingerprint
    )


def _size_bytes(file):
    """The size of a file; "" where it is none, such as a link to nothing."""
    try:
        return file.stat().st_size
    except OSError:
        return ""


def _with_others(
    raw: reading.Raw, columns: Collection[str], label: str | None
) -> tuple[reading.Raw, dict[str, np.ndarray], list[Problem]]:
    """(The table as it stands, with the names of `columns` that it has, their numbers, problems); a
    label stays text.
    """
    if not columns:
        return raw, {}, []
    known = {
        *raw.names.values(),
        *(name for name in raw.frame if label and schema.plain(name) == schema.plain(label)),
    }
    others = raw.frame[[name for name in raw.frame if name not in known]]
    wanted = {column if column == ALL else schema.identifier(column) for column in columns}
    numbers, names, problems = read_others(others, wanted, raw.lines)
    return replace(raw, names={**raw.names, **names}), numbers, problems


def _unusable(raw: reading.Raw, frame: pd.DataFrame) -> list[Problem]:
    """The error of a table with neither columns to learn from nor audio."""
    if any(
        name in frame
        for name in ("audio", *(name for group in schema.GROUPS.values() for name in group))
    ):
        return []
    header = [str(name) for name in raw.frame.columns]
    if any(name.replace(".", "", 1).lstrip("-").isdigit() for name in header):
        return [
            Problem(
                None,
                None,
                "the first line looks like data; a table needs a header line with the "
                "columns' names",
                ERROR,
            )
        ]
    if any(has_numbers(raw.frame[name]) for name in raw.frame):
        return []  # which --columns may read
    found, known = ", ".join(header[:20]), ", ".join(schema.FEATURES)
    return [
        Problem(
            None,
            None,
            f"no feature and no audio column; found: {found}; known: audio, {known}",
            ERROR,
        )
    ]


def _canonical(
    raw: reading.Raw,
    root: Path,
    percent: Mapping[str, bool] | None,
    numbers: Mapping[str, np.ndarray],
) -> tuple[pd.DataFrame, list[Problem], dict[str, bool]]:
    """(frame under canonical names with other `numbers`, problems, shares in percent)."""
    columns, problems = dict(numbers), []
    for name, in_file in raw.names.items():
        if name in numbers:
            continue
        column, series = schema.BY_NAME[name], raw.frame[in_file]
        found: list[Problem] = []
        if name in ("artist", "artists"):
            names = pd.Series(
                [parsing.artist_names(value) for value in series.to_numpy(object)], dtype=object
            )
            columns[name], found = labels.known_artists(names, in_file, raw.lines)
        elif name == "genres":
            names = pd.Series(
                [parsing.label_names(value) or None for value in series.to_numpy(object)],
                dtype=object,
            )
            columns[name], found = labels.one_spelling(names, in_file, raw.lines)
        elif name in ("mood", "genre"):
            columns[name], found = labels.one_spelling(parsing.texts(series), in_file, raw.lines)
        elif name == "audio":
            columns[name], found = parsing.audio_paths(series, root, raw.lines)
        elif column.kind == schema.TEXT:
            columns[name] = parsing.texts(series)
        problems += found
    numeric = {
        name: raw.frame[in_file] for name, in_file in raw.names.items() if name not in columns
    }
    measured, in_percent, found = scales.read_numbers(numeric, raw.lines, percent)
    columns |= measured
    problems += found + _sources(columns)
    _artists(columns, raw)
    columns["track_id"] = _ids(columns, raw.lines)
    extra = [name for name in raw.frame.columns if name not in raw.names.values()]
    order = [name for name in (*schema.BY_NAME, *numbers) if name in columns]
    frame = pd.DataFrame(
        {**{name: columns[name] for name in order}, **{name: raw.frame[name] for name in extra}}
    )
    return frame, problems, in_percent


def _sources(columns):
    found = sorted(columns["source"].dropna().unique()) if "source" in columns else []
    if len(found) < 2:
        return []
    message = f"features from several sources ({', '.join(found)}) are not the same quantities"
    return [Problem(None, "source", message, NOTE)]


def _artists(columns: dict[str, Any], raw: reading.Raw) -> None:
    """Both `artist` (as shown) and `artists` (a tuple), where the table has one of them or both."""
    names = columns.get("artists", columns.get("artist"))
    if names is not None:
        columns["artist"] = columns.get("artist", names).map(
            lambda artists: "; ".join(artists) or None
        )
        joined = "artists" in columns and not _lists(raw.frame[raw.names["artists"]], names)
        columns["artists"] = pd.Series(identity.apart(names, joined), dtype=object)


def _lists(series, names):
    """Whether a column of artists has them one by one, so that a comma is a part of a name."""
    listed = series.map(
        lambda value: (
            value.lstrip()[:1] in ("[", "(") if isinstance(value, str) else np.iterable(value)
        )
    )
    return bool(listed.any()) or names.map(len).max() > 1


def _ids(columns, lines):
    """The table's ids, Spotify's without the address around them; where it has none, the audio
    file's path, else the line.
    """
    given = columns.get("track_id", [None] * len(lines))
    ids = pd.Series([lasting_id(track_id) for track_id in given], dtype=object)
    for other in (
        columns.get("audio"),
        pd.Series([repeats.LINE.format(line) for line in lines], dtype=object),
    ):
        if other is not None:
            ids = ids.where(ids.notna(), other)
    return ids
