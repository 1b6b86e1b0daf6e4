"""Songs that a table has several times: told apart where only a number is the same, joined, and
told.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from kerasfeat.songs import identity
from kerasfeat.songs.fuzzy import plain_names
from kerasfeat.songs.ids import names_one_song
from kerasfeat.songs.parsing import label_names
from kerasfeat.songs.problems import DROPPED, NOTE, Problem

# The id of a song that has neither an id nor audio.
LINE = "line {}"

# What may be the number of a row: "17", "song_017".
NUMBER = re.compile(r"\D{0,9}\d{1,9}(?:\.0)?")


def on_a_line(track_ids: pd.Series) -> pd.Series:
    """[rows] whether a song has no id but the line of the table that it stands on."""
    start = LINE.format("")
    return pd.Series(
        [name.startswith(start) and name[len(start) :].isdecimal() for name in track_ids],
        track_ids.index,
        dtype=bool,
    )


def told_apart(frame: pd.DataFrame, lines: np.ndarray) -> tuple[pd.DataFrame, list[Problem]]:
    """(The frame, where rows of one id are rows of one song; problems).

    An id that is neither Spotify's nor an ISRC may be the number of a row, which begins again in a
    table put together of two: rows of such an id are one song only if artist and title agree; a
    name that a row lacks agrees with the first row's. Of numbers without titles, the features must
    be the same.
    """
    ids = frame["track_id"].to_numpy(object, copy=True)
    doubtful = [
        row
        for row in np.flatnonzero(frame["track_id"].duplicated(keep=False))
        if not names_one_song(ids[row])
    ]
    if not doubtful:
        return frame, []
    rows, problems = frame.iloc[doubtful], []
    firsts: dict[str, tuple] = {}
    songs: dict[str, dict[tuple, str]] = defaultdict(dict)
    columns = [name for name in ("artist", "title") if name in rows]
    sounds = zip(
        identity.contents(rows),
        rows["audio"] if "audio" in rows else [None] * len(rows),
        strict=True,
    )
    for row, content, *names in zip(
        doubtful, sounds, *(rows[name] for name in columns), strict=True
    ):
        artist, title = plain_names(
            {
                name: value
                for name, value in zip(columns, names, strict=True)
                if isinstance(value, str)
            }
        )
        told = (
            artist and " ".join(sorted(artist.split())),
            title,
            content if NUMBER.fullmatch(ids[row]) else None,
        )
        song, known = (told[:2] if title else told), songs[ids[row]]
        if song not in known:
            known[song] = (
                ids[row]
                if _agree(told, firsts.setdefault(ids[row], told))
                else LINE.format(lines[row])
            )
            if known[song] != ids[row]:
                message = (
                    "the same id as an earlier row, but not the same artist, title, or "
                    "features: another song, called by its line"
                )
                problems.append(Problem(int(lines[row]), "track_id", message, NOTE, ids[row]))
        ids[row] = known[song]
    return frame.assign(track_id=pd.Series(ids, frame.index, dtype=object)), problems


def _agree(song: tuple, other: tuple) -> bool:
    """Whether two songs (artist, title, features) have the same names; without two titles, the same
    features.
    """
    (artist, title, features), (another, title_there, features_there) = song, other
    if artist and another and artist != another:
        return False
    return title == title_there if title and title_there else features == features_there


def with_all_labels(frame: pd.DataFrame, column: str) -> pd.Series:
    """[rows] the labels in all rows of a row's song, tuples; None where there are none.

    Rows are of one song by their ids, and where they have none by their features.

    Args:
        frame: a tracks table with all of its rows.
        column: holds the labels, text or tuples.
    """
    labels = frame[column].map(lambda value: label_names(value) or None)
    songs = _songs(frame)
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for song, own in zip(songs, labels[songs.index], strict=True):
        found[song].update(dict.fromkeys(own or ()))
    labels[songs.index] = pd.Series(
        [tuple(found[song]) or None for song in songs], songs.index, dtype=object
    )
    return labels


def _songs(frame: pd.DataFrame) -> pd.Series:
    """The songs of the rows whose song has several."""
    songs = frame["track_id"]
    lines = on_a_line(songs)
    if lines.any():
        songs = songs.where(
            ~lines, pd.Series(identity.row_keys(frame), frame.index, dtype=object)
        ).fillna(songs)
    return songs[songs.duplicated(keep=False)]


def with_genres(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with all genres of a song in its rows: `genres`, which is made where songs have
    several rows of another `genre` each.
    """
    if "genres" in frame:
        return frame.assign(genres=with_all_labels(frame, "genres"))
    songs = _songs(frame) if "genre" in frame else pd.Series(dtype=object)
    if len(songs) and (frame["genre"][songs.index].groupby(songs).nunique() > 1).any():
        return frame.assign(genres=with_all_labels(frame, "genre"))
    return frame


def first_of_each(
    frame: pd.DataFrame,
    lines: np.ndarray,
    learnt: Sequence[str] = ("mood", "genre"),
    join: bool = False,
) -> tuple[pd.DataFrame, list[Problem]]:
    """(The first row of each id, such as of a song of several playlists; problems, which tell equal
    rows without ids too).

    Args:
        frame: a tracks table with all of its rows.
        lines: [rows] lines in the file.
        learnt: columns of what is learnt.
        join: whether the labels of a song's rows are all its own.
    """
    columns = [name for name in learnt if name in frame]
    another, ids = " or ".join(columns), frame["track_id"]
    again = ids.duplicated().to_numpy()
    differs = _differing(frame, ids, columns) if again.any() else again
    joined = ", whose labels are joined with its own" if join else ""
    problems = [
        Problem(
            int(lines[row]),
            "track_id",
            "the same id as an earlier "
            f"row{f', but another {another}' if differs[row] else joined}",
            DROPPED,
            ids[row],
        )
        for row in np.flatnonzero(again)
    ]
    songs = ids[again & differs].nunique()
    if songs:
        several = "; --task genres learns all of them" if "genres" in frame else ""
        problems.append(
            Problem(
                None,
                None,
                f"songs with another {another} in a later row: {songs:,}; the first "
                f"counts{several}",
                NOTE,
            )
        )
    if again.any():
        frame, lines = frame[~again].reset_index(drop=True), lines[~again]
    return frame, problems + _equal_rows(frame, lines, columns)


def _equal_rows(frame: pd.DataFrame, lines: np.ndarray, columns: list[str]) -> list[Problem]:
    """Rows that are the same songs as earlier ones by their features, where no id says that they
    are others.
    """
    if all(map(names_one_song, frame["track_id"])):
        return []
    keys = pd.Series(identity.row_keys(frame), frame.index)
    again = (keys.notna() & keys.duplicated()).to_numpy()
    differs = _differing(frame, keys, columns)
    problems = []
    for row in np.flatnonzero(again):
        if not names_one_song(frame["track_id"].iloc[row]):
            another = f", but another {' or '.join(columns)}" if differs[row] else ""
            problems.append(
                Problem(
                    int(lines[row]),
                    None,
                    f"the same features as an earlier row{another}: on its side of any split",
                    NOTE,
                )
            )
    return problems


def _differing(frame: pd.DataFrame, songs: pd.Series, columns: list[str]) -> np.ndarray:
    """[rows] whether the row has a value of one of the columns, and not that of the song's first
    row.
    """
    found, codes = np.zeros(len(frame), bool), pd.factorize(songs)[0]
    _, first = np.unique(codes, return_index=True)
    first = first[np.searchsorted(np.unique(codes), codes)]
    for name in columns:
        own = frame[name].to_numpy(object)
        found |= frame[name].notna().to_numpy() & np.array(
            [one != another for one, another in zip(own, own[first], strict=True)], bool
        )
    return found
