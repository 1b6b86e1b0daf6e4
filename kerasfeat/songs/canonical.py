"""From a table as it stands to rows under canonical names, in the schema's units."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs import identity, keys, labels, parsing, repeats, scales, schema
from kerasfeat.songs.columns import has_numbers
from kerasfeat.songs.ids import lasting_id
from kerasfeat.songs.problems import ERROR, NOTE, Problem
from kerasfeat.songs.reading import Raw
from kerasfeat.songs.rows import Rows

# Canonical name -> its values [rows].
Columns: TypeAlias = dict[str, Any]


def canonical_rows(
    raw: Raw,
    percent: Mapping[str, bool] | None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Rows, dict[str, bool]]:
    """Every row of a table under canonical names, with all genres of its song.

    Args:
        raw: the table.
        percent: share -> whether it was in percent in the table that a model was trained on; None
            where there is no model.
        ranges: canonical name -> (lowest, highest) value, in place of the schema's.

    Returns:
        (rows, share -> whether this table has it in percent).
    """
    columns, problems = _text_columns(raw)
    numeric = {
        name: raw.frame[in_file] for name, in_file in raw.names.items() if name not in columns
    }
    numeric, notes = keys.with_modes(numeric)
    measured = scales.read_numbers(numeric, raw.lines, percent, ranges)
    columns |= measured.values
    problems += notes + measured.problems + _source_notes(columns)
    columns |= _artists(columns, raw)
    columns["track_id"] = _ids(columns, raw.lines)
    in_file = set(raw.names.values())
    known = {name: columns[name] for name in schema.BY_NAME if name in columns}
    others = {name: raw.frame[name] for name in raw.frame.columns if name not in in_file}
    frame = pd.DataFrame({**known, **others})
    problems = [*raw.problems, *_unusable(raw, frame), *problems]
    names = {name: str(series.name) for name, series in numeric.items()}
    rows = repeats.told_apart(Rows(frame, raw.lines, tuple(problems), {**raw.names, **names}))
    rows = repeats.all_genres(rows)
    return rows, measured.percent


def _text_columns(raw: Raw) -> tuple[Columns, list[Problem]]:
    """The columns of a table that the schema does not know as numbers."""
    columns: Columns = {}
    problems: list[Problem] = []
    for name in raw.names:
        if schema.BY_NAME[name].kind == schema.TEXT:
            series = raw.frame[raw.names[name]]
            columns[name], wrong = (
                parsing.audio_paths(series, raw.root, raw.lines)
                if name == "audio"
                else text_column(name, series, raw.lines)
            )
            problems += wrong
    return columns, problems


def text_column(name: str, series: pd.Series, lines: Array) -> tuple[pd.Series, list[Problem]]:
    """A column of texts other than audio: names and labels in one spelling, without what says that
    there is none.

    Args:
        name: its canonical name, or any other.
        series: [rows] as read from the file.
        lines: int [rows], lines in the file.

    Returns:
        ([rows] texts, of artists and genres tuples; None, or an empty tuple, where there is none;
        problems).
    """
    in_file = str(series.name)
    if name in ("artist", "artists"):
        names = [parsing.artist_names(value) for value in series.to_numpy(object)]
        return labels.known_artists(pd.Series(names, dtype=object), in_file, lines)
    if name == "genres":
        genres = [parsing.label_names(value) or None for value in series.to_numpy(object)]
        return labels.one_spelling(pd.Series(genres, dtype=object), in_file, lines)
    if name in ("mood", "genre"):
        return labels.one_spelling(parsing.label_texts(series), in_file, lines)
    return parsing.texts(series), []


def _unusable(raw: Raw, frame: pd.DataFrame) -> list[Problem]:
    """The error of a table with neither columns to learn from nor audio."""
    inputs = {"audio", *(name for group in schema.GROUPS.values() for name in group)}
    if not inputs.isdisjoint(frame.columns):
        return []
    header = [str(name) for name in raw.frame.columns]
    if any(name.replace(".", "", 1).lstrip("-").isdigit() for name in header):
        message = (
            "the first line looks like data; a table needs a header line with the columns' names"
        )
        return [Problem(None, None, message, ERROR)]
    if any(has_numbers(raw.frame[name]) for name in raw.frame):
        return []  # which --columns may read
    message = (
        f"no feature and no audio column; found: {', '.join(header[:20])}; known: audio, "
        f"{', '.join(schema.FEATURES)}"
    )
    return [Problem(None, None, message, ERROR)]


def _source_notes(columns: Columns) -> list[Problem]:
    sources = sorted(columns["source"].dropna().unique()) if "source" in columns else []
    if len(sources) < 2:
        return []
    message = f"features from several sources ({', '.join(sources)}) are not the same quantities"
    return [Problem(None, "source", message, NOTE)]


def _artists(columns: Columns, raw: Raw) -> Columns:
    """Both `artist` (as shown) and `artists` (a tuple), where the table has one of them or both; of
    a row that has only one, from that.
    """
    given = [columns[name] for name in ("artists", "artist") if name in columns]
    if not given:
        return {}
    first, last = given[0], given[-1]
    names = first.where(first.map(bool), last)
    written = last.where(last.map(bool), first)
    shown = written.map(lambda artists: "; ".join(artists) or None)
    joined = "artists" in columns and not _lists(raw.frame[raw.names["artists"]], first)
    artists = pd.Series(identity.apart(names, joined), dtype=object)
    return {"artist": shown, "artists": artists}


def _lists(series: pd.Series, names: pd.Series) -> bool:
    """Whether a column of artists has them one by one, so that a comma is a part of a name.

    Args:
        series: [rows] as read from the file.
        names: [rows] tuples of names.
    """
    return any(map(parsing.is_list, series)) or names.map(len).max() > 1


def _ids(columns: Columns, lines: Array) -> pd.Series:
    """The table's ids, Spotify's without the address around them.

    Where it has none, the audio file's path, else the line.
    """
    given = columns.get("track_id", [None] * len(lines))
    ids = pd.Series([lasting_id(track_id) for track_id in given], dtype=object)
    if "audio" in columns:
        ids = ids.where(ids.notna(), columns["audio"])
    on_lines = [repeats.LINE.format(line) for line in lines]
    return ids.where(ids.notna(), pd.Series(on_lines, dtype=object))
