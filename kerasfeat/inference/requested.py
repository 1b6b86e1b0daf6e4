"""The songs that a user names on the command line."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pandas as pd

from kerasfeat.songs import loading
from kerasfeat.songs.problems import Problem
from kerasfeat.songs.reading import TABLE_SUFFIXES


def songs_of(
    paths: Iterable[str], percent: Mapping[str, bool] | None = None, columns: Collection[str] = ()
) -> tuple[pd.DataFrame, list[Problem]]:
    """One tracks frame of audio files, folders, and tables.

    Args:
        paths: what the user named; an audio file is one song, a folder or a table what
            `tracks.load` makes of it.
        percent, columns: of the table that the model was trained on, as `tracks.load` takes them.

    Returns:
        (DataFrame, problems of the tables).

    Raises:
        KerasfeatError: if a table can't be used. A missing audio file is one song, without a
            prediction.
    """
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for path in map(Path, paths):
        if path.is_dir() or path.suffix.lower() in TABLE_SUFFIXES:
            table = loading.load_songs(path, percent=percent, columns=columns)
            frames.append(table.frame)
            problems += table.problems
        else:
            absolute = path.expanduser().absolute()
            frames.append(
                pd.DataFrame(
                    {"track_id": [str(path)], "title": [path.stem], "audio": [str(absolute)]},
                    dtype=object,
                )
            )
    return pd.concat(frames, ignore_index=True), problems
