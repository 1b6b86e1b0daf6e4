"""The songs that a user names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.formats import SUFFIXES
from kerasfeat.progress import say
from kerasfeat.songs.loading import (
    PATHS,
    Songs,
    absolute,
    load_songs,
    unreadable,
    with_columns,
)
from kerasfeat.songs.problems import DROPPED, NOTE, Problem
from kerasfeat.songs.reading import TABLE_SUFFIXES

Asked: TypeAlias = str | Path | pd.DataFrame | Songs


class Requested(NamedTuple):
    """The songs that were asked for.

    Attributes:
        frame: a row for each song.
        problems: of the tables.
        rows: [rows] of a single DataFrame, under its index: the place of each row's song in
            `frame`; None of anything else.
    """

    frame: pd.DataFrame
    problems: list[Problem]
    rows: pd.Series | None

    def answered(self, answers: pd.DataFrame) -> pd.DataFrame:
        """What was said of songs, in the rows that were asked for.

        Args:
            answers: a row for each song, or for some; their index is the songs' places in `frame`.

        Returns:
            Of a single DataFrame a row for each of its rows whose song has an answer, in order and
            under its index; of anything else a row for each answer.
        """
        if self.rows is None:
            return answers.reset_index(drop=True)
        rows = self.rows[self.rows.isin(answers.index).to_numpy()]
        return answers.loc[rows.to_numpy()].set_axis(rows.index)


def songs_of(
    asked: Asked | Iterable[str | Path],
    percent: Mapping[str, bool] | None = None,
    columns: Collection[str] = (),
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Requested:
    """One frame of audio files, folders, and tables.

    Args:
        asked: one of them, or several, at least one; an audio file is one song, a folder, a table
            or a DataFrame what kerasfeat.songs.loading.load_songs makes of it.
        percent, columns, ranges: of the table that the model was trained on, as `load_songs` takes
            them.

    Raises:
        KerasfeatError: if a table can't be used, a path doesn't exist, there are no songs, or
            something is of another type. A missing audio file is one song, without a prediction.
    """
    each = _each(asked)
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for one in each:
        if isinstance(one, str | Path) and not _is_table(absolute(one)):
            frames.append(_file(Path(one)))
            continue
        if isinstance(one, Songs):
            songs = with_columns(one, columns)
        else:
            songs = load_songs(one, percent=percent, columns=columns, ranges=ranges)
        frames.append(songs.frame)
        problems += songs.problems
    rows = None
    if isinstance(asked, pd.DataFrame):
        rows = pd.Series(_songs_of_rows(songs), asked.index)
        problems = [_answered_as_the_first(problem) for problem in problems]
    return Requested(pd.concat(frames, ignore_index=True), problems, rows)


def _songs_of_rows(songs: Songs) -> Array:
    """int [rows], the place of the song of each row of a table."""
    return pd.Index(songs.frame["track_id"]).get_indexer(pd.Index(songs.rows.frame["track_id"]))


def _answered_as_the_first(problem: Problem) -> Problem:
    """What is told of a later row of a song, where each row gets an answer."""
    if problem.effect != DROPPED:
        return problem
    return replace(problem, effect=NOTE, message=f"{problem.message}: it gets the first's answer")


def require_columns(
    frame: pd.DataFrame,
    columns: Sequence[str],
    strict: bool = False,
    *,
    model: str = "the model",
    measured: Collection[str] = (),
) -> None:
    """Say which columns that a model reads songs lack, all of them.

    Nothing is said of songs that have none: they are heard, or told one by one.

    Args:
        frame: the songs.
        columns: that the model reads.
        strict: that they lack some is an error.
        model: what the model is called.
        measured: columns that songs get where the table does not name them.

    Raises:
        KerasfeatError: with `strict`.
    """
    absent = [
        name
        for name in columns
        if (frame[name].isna().all() if name in frame else name not in measured)
    ]
    if not absent or len(absent) == len(columns):
        return
    message = (
        f"the songs have {len(columns) - len(absent)} of the {len(columns)} columns that {model} "
        f"reads; no song has {', '.join(absent)}, for which it uses typical values from "
        "training"
    )
    if strict:
        raise KerasfeatError(f"{message}. --strict makes that an error.")
    say(f"data: {message}")


def _each(asked: Asked | Iterable[str | Path]) -> list[Asked]:
    """What was asked for, one by one."""
    if isinstance(asked, Asked):
        return [asked]
    allowed = f"audio files, {PATHS}, a DataFrame, or what load_songs gave; one, or a list of them"
    kind = type(asked).__name__
    try:
        each = iter(asked)
    except TypeError as error:
        raise unreadable(kind, allowed) from error
    if isinstance(asked, Mapping):  # whose keys name columns
        raise unreadable(kind, allowed)
    several = list(each)
    for one in several:
        if not isinstance(one, Asked):
            raise unreadable(f"{kind} of {type(one).__name__}", allowed)
    if not several:
        raise KerasfeatError(f"no songs were given: the {kind} is empty. Give {allowed}.")
    return several


def _is_table(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in TABLE_SUFFIXES


def _file(path: Path) -> pd.DataFrame:
    """An audio file as a song.

    Raises:
        KerasfeatError: it does not exist, and its name does not say sound either.
    """
    file = absolute(path)
    if path.suffix.lower() not in SUFFIXES and not file.exists():
        raise KerasfeatError(f"{path} doesn't exist. Give audio files, {PATHS}.")
    song = {"track_id": [str(path)], "title": [path.stem], "audio": [str(file)]}
    return pd.DataFrame(song, dtype=object)
