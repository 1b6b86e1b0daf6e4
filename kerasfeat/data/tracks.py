"""The tracks table: one row a song, under canonical names, with everything that was wrong with it."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.data import identity, reading, repeats, schema, values
from kerasfeat.data.fetching.rows import lasting_id
from kerasfeat.data.problems import ERROR, MISSING, NOTE, Problem, refuse
from kerasfeat.data.targets import with_targets

TABLE_NAMES = ("tracks.csv", "tracks.tsv", "tracks.parquet")

# A "length" or "duration" whose median is below this many is in seconds: no collection's typical song lasts under four seconds.
SECONDS_BELOW = 3600
UNITLESS_DURATIONS = ("length", "duration")


@dataclass(frozen=True)
class Tracks:
    """Songs and what is known about them.

    Attributes:
        frame: DataFrame, RangeIndex, a row a song. `track_id` is always there and unique; the other canonical columns (schema.COLUMNS)
            where the table has them; `artists`, a tuple of names (as of identity.apart), beside `artist`, as written; then the table's
            other columns under their own names, as text. `genres` is a tuple of names, None where missing. Numbers are float64 with NaN
            where missing; text is None where missing; `audio` is an absolute path.
        root: folder that the table's audio paths are relative to.
        path: the table, or the folder of audio files.
        problems: what was wrong, in no particular order.
        fingerprint: SHA-256 of the table file; for a folder, of its files' names and sizes.
        source: where the features come from, several with " + " between them.
        names: canonical column -> name in the file.
    """

    frame: pd.DataFrame
    root: Path
    path: Path
    problems: tuple
    fingerprint: str
    source: str
    names: dict = field(default_factory=dict)

    @property
    def features(self):
        """The feature columns with at least one value, in the order of schema.FEATURES."""
        return self.known(schema.FEATURES)

    def known(self, names):
        """Those of `names` that are columns with at least one value."""
        return tuple(name for name in names if name in self.frame and self.frame[name].notna().any())

    def lasting_ids(self, frame):
        """The ids of some of its rows [rows] that mean the same song in other tables; None of a line, and of a file's place in a folder."""
        made_up = repeats.on_a_line(frame["track_id"]) | self.path.is_dir()
        return frame["track_id"].mask(made_up, None)


def load(path, label=None, task=None, strict=False):
    """Read a tracks table, or a folder of audio files.

    Args:
        path: a CSV, TSV, or Parquet file; a folder with tracks.csv (or .tsv, .parquet); or a folder of audio files, where the name of the
            folder that a file lies in is its genre.
        label: any column of the table, to be used as the label of a classification `task`.
        task: a kerasfeat.tasks.Task; its target columns must be there, and songs without a target are dropped.
        strict: take rows and values that can't be used as errors.

    Raises:
        KerasfeatError: if the table can't be used, listing everything that is wrong with it.
    """
    path = Path(path).expanduser().absolute()
    if not path.exists():
        raise KerasfeatError(f"{path} doesn't exist. Give a table (CSV, TSV, Parquet) or a folder with tracks.csv or audio files.")
    table = path if path.is_file() else next((path / name for name in TABLE_NAMES if (path / name).is_file()), None)
    raw = reading.read(table) if table else _folder(path)
    root = table.parent if table else path
    frame, problems = _canonical(raw, root)
    problems = [*raw.problems, *_unusable(raw, frame), *problems]
    frame, found = repeats.told_apart(frame, raw.lines)
    frame, lines, problems = repeats.with_genres(frame), raw.lines, problems + found
    if task is not None:
        frame, lines, found = with_targets(frame, lines, task, label, raw.names)
        problems += found
    elif label is not None:
        raise KerasfeatError(f"label {label!r} is given without the task that it is the label of.")
    frame, found = repeats.first_of_each(frame, lines, task)
    problems += found
    refuse(problems, table or path, strict)
    sources = sorted(frame["source"].dropna().unique()) if "source" in frame else []
    return Tracks(frame, root, table or path, tuple(problems), raw.fingerprint, " + ".join(sources) or path.name, raw.names)


def _folder(path):
    """The audio files under a folder as a table."""
    from kerasfeat.audio.decode import PASSED_OVER, audio_files, by_suffix

    if not path.is_dir():
        raise KerasfeatError(f"{path} is neither a file nor a folder. Give a table (CSV, TSV, Parquet) or a folder.")
    closed, others = [], []
    files = audio_files(path, closed.append, others.append)
    if not files and closed:
        raise KerasfeatError(f"no audio files in {path}, where {closed[0].filename} can't be read: {closed[0].strerror}.")
    inside = [file.relative_to(path) for file in files]
    tables = sorted(file.name for file in path.iterdir() if file.suffix.lower() in reading.TABLE_SUFFIXES)
    if not files:
        hint = f" Name one of its tables: {', '.join(tables)}." if tables else " Give a table, or a folder with tracks.csv or audio files."
        told = f" It has {by_suffix(others)}." if others else ""
        raise KerasfeatError(f"{path} has no {' or '.join(TABLE_NAMES)} and no audio files.{hint}{told}")
    columns = {
        "track_id": [file.as_posix() for file in inside],
        "title": [file.stem for file in inside],
        "audio": [str(file) for file in inside],
        "genre": [file.parent.name or None for file in inside],
    }
    if not any(columns["genre"]):
        del columns["genre"]
    listing = "".join(f"{name}\0{_size_bytes(file)}\n" for name, file in zip(columns["track_id"], files, strict=True))
    fingerprint = hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
    notes = [Problem(None, None, f"the folder's audio files are read, not its tables ({', '.join(tables)})", NOTE)] if tables else []
    notes += [
        Problem(None, None, f"the folder {error.filename} can't be read ({error.strerror}), nor its songs", MISSING) for error in closed
    ]
    others = [other for other in others if other.parent != path or other.name not in tables]
    if others:
        notes.append(Problem(None, None, f"{PASSED_OVER}: {by_suffix(others)}", NOTE))
    frame = pd.DataFrame(columns, dtype=object)
    return reading.Raw(frame, {name: name for name in columns}, np.arange(1, len(files) + 1), notes, fingerprint)


def _size_bytes(file):
    """The size of a file; "" where it is none, such as a link to nothing."""
    try:
        return file.stat().st_size
    except OSError:
        return ""


def _unusable(raw, frame):
    """The error of a table with neither columns to learn from nor audio."""
    if any(name in frame for name in ("audio", *(name for group in schema.GROUPS.values() for name in group))):
        return []
    header = [str(name) for name in raw.frame.columns]
    if any(name.replace(".", "", 1).lstrip("-").isdigit() for name in header):
        return [Problem(None, None, "the first line looks like data; a table needs a header line with the columns' names", ERROR)]
    found, known = ", ".join(header[:20]), ", ".join(schema.FEATURES)
    return [Problem(None, None, f"no feature and no audio column; found: {found}; known: audio, {known}", ERROR)]


def _canonical(raw, root):
    """(frame under canonical names, problems)."""
    columns, problems = {}, []
    for name, in_file in raw.names.items():
        column, series = schema.BY_NAME[name], raw.frame[in_file]
        found = []
        if name in ("artist", "artists"):
            columns[name] = pd.Series([values.artist_names(value) for value in series.to_numpy(object)], dtype=object)
        elif name == "genres":
            columns[name] = pd.Series([values.label_names(value) or None for value in series.to_numpy(object)], dtype=object)
        elif name == "audio":
            columns[name], found = values.audio_paths(series, root, raw.lines)
        elif column.kind == schema.TEXT:
            columns[name] = values.texts(series)
        else:
            columns[name], found = values.numbers(series, column, raw.lines)
        problems += found
    problems += _milliseconds(columns, raw.names) + _sources(columns)
    _artists(columns, raw)
    columns["track_id"] = _ids(columns, raw.lines)
    extra = [name for name in raw.frame.columns if name not in raw.names.values()]
    order = [name for name in schema.BY_NAME if name in columns]
    frame = pd.DataFrame({**{name: columns[name] for name in order}, **{name: raw.frame[name] for name in extra}})
    return frame, problems


def _milliseconds(columns, names):
    """Turn a duration in seconds, under a name that has no unit, into milliseconds."""
    in_file = names.get("duration_ms")
    if in_file is None or schema.plain(in_file) not in UNITLESS_DURATIONS:
        return []
    median = pd.Series(columns["duration_ms"]).median()
    if not median < SECONDS_BELOW:
        return []
    columns["duration_ms"] = columns["duration_ms"] * 1000
    return [Problem(None, in_file, f"read as seconds, since half of the songs have {median:g} or less", NOTE)]


def _sources(columns):
    found = sorted(columns["source"].dropna().unique()) if "source" in columns else []
    if len(found) < 2:
        return []
    message = f"features from several sources ({', '.join(found)}) are not the same quantities"
    return [Problem(None, "source", message, NOTE)]


def _artists(columns, raw):
    """Both `artist` (as shown) and `artists` (a tuple), where the table has one of them or both."""
    names = columns.get("artists", columns.get("artist"))
    if names is not None:
        columns["artist"] = columns.get("artist", names).map(lambda artists: "; ".join(artists) or None)
        joined = "artists" in columns and not _lists(raw.frame[raw.names["artists"]], names)
        columns["artists"] = pd.Series(identity.apart(names, joined), dtype=object)


def _lists(series, names):
    """Whether a column of artists has them one by one, so that a comma is a part of a name."""
    listed = series.map(lambda value: value.lstrip()[:1] in ("[", "(") if isinstance(value, str) else np.iterable(value))
    return bool(listed.any()) or names.map(len).max() > 1


def _ids(columns, lines):
    """The table's ids, Spotify's without the address around them; where it has none, the audio file's path, else the line."""
    given = columns.get("track_id", [None] * len(lines))
    ids = pd.Series([lasting_id(track_id) for track_id in given], dtype=object)
    for other in (columns.get("audio"), pd.Series([repeats.LINE.format(line) for line in lines], dtype=object)):
        if other is not None:
            ids = ids.where(ids.notna(), other)
    return ids
