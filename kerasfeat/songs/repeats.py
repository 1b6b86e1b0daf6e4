"""Songs that a table has several times.

They are told apart where only a number is the same; else the first row of each is kept.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs import identity
from kerasfeat.songs.fuzzy import plain_names
from kerasfeat.songs.ids import names_one_song
from kerasfeat.songs.parsing import label_names
from kerasfeat.songs.problems import DROPPED, NOTE, Problem
from kerasfeat.songs.rows import Rows

# The id of a song that has neither an id nor audio.
LINE = "line {}"

# What may be the number of a row: "17", "song_017".
NUMBER = re.compile(r"\D{0,9}\d{1,9}(?:\.0)?")


def on_a_line(track_ids: pd.Series) -> pd.Series:
    """bool [rows], whether a song has no id but the line of the table that it stands on."""
    start = LINE.format("")
    return pd.Series(
        [name.startswith(start) and name[len(start) :].isdecimal() for name in track_ids],
        track_ids.index,
        dtype=bool,
    )


@dataclass(frozen=True)
class _Marks:
    """What tells one song of a doubtful id from another.

    Attributes:
        artist, title: as of kerasfeat.songs.fuzzy, the artist's words sorted.
        content: features and audio, where the id may be the number of a row.
    """

    artist: str | None
    title: str | None
    content: tuple[str, str | None] | None

    def agrees(self, other: "_Marks") -> bool:
        """Whether another song has the same names; without two titles, the same content."""
        if self.artist and other.artist and self.artist != other.artist:
            return False
        if self.title and other.title:
            return self.title == other.title
        return self.content == other.content

    @property
    def song(self) -> "_Marks":
        """What rows of one song share: their names; without a title, their content too."""
        return replace(self, content=None) if self.title else self


def told_apart(rows: Rows) -> Rows:
    """All rows, where rows of one id are rows of one song.

    An id that is neither Spotify's nor an ISRC may be the number of a row, which begins again in a
    table put together of two: rows of such an id are one song only if artist and title agree; a
    name that a row lacks agrees with the first row's. Of numbers without titles, the features must
    be the same.
    """
    ids = rows.frame["track_id"].to_numpy(object, copy=True)
    repeated = np.flatnonzero(rows.frame["track_id"].duplicated(keep=False))
    doubtful = [row for row in repeated if not names_one_song(ids[row])]
    if not doubtful:
        return rows
    problems = []
    firsts: dict[str, _Marks] = {}
    songs: dict[str, dict[_Marks, str]] = defaultdict(dict)
    for row, marks in zip(doubtful, _marks(rows.frame.iloc[doubtful]), strict=True):
        known, song, line = songs[ids[row]], marks.song, int(rows.lines[row])
        if song not in known:
            is_first = marks.agrees(firsts.setdefault(ids[row], marks))
            known[song] = ids[row] if is_first else LINE.format(line)
            if known[song] != ids[row]:
                message = (
                    "the same id as an earlier row, but not the same artist, title, or "
                    "features: another song, called by its line"
                )
                problems.append(Problem(line, "track_id", message, NOTE, ids[row]))
        ids[row] = known[song]
    own = pd.Series(ids, rows.frame.index, dtype=object)
    return replace(rows.with_problems(problems), frame=rows.frame.assign(track_id=own))


def _marks(frame: pd.DataFrame) -> list[_Marks]:
    """What tells each row from others of its id."""
    columns = [name for name in ("track_id", "artist", "title", "audio") if name in frame]
    rows = frame[columns].to_dict("records")
    marks = []
    contents = identity.contents(frame, identity.measured(frame))
    for row, content in zip(rows, contents, strict=True):
        names = {name: row[name] for name in ("artist", "title") if isinstance(row.get(name), str)}
        artist, title = plain_names(names)
        sorted_artist = artist and " ".join(sorted(artist.split()))
        is_number = NUMBER.fullmatch(row["track_id"])
        marks.append(
            _Marks(sorted_artist, title, (content, row.get("audio")) if is_number else None)
        )
    return marks


def with_all_labels(frame: pd.DataFrame, column: str) -> pd.Series:
    """[rows] the labels in all rows of a row's song, tuples; None where there are none.

    Rows are of one song by their ids, and where they have none by their features.

    Args:
        frame: a table with all of its rows.
        column: holds the labels, text or tuples.
    """
    labels = frame[column].map(lambda value: label_names(value) or None)
    songs = _songs(frame)
    labels_of: dict[str, dict[str, None]] = defaultdict(dict)
    for song, own in zip(songs, labels[songs.index], strict=True):
        labels_of[song].update(dict.fromkeys(own or ()))
    joined = [tuple(labels_of[song]) or None for song in songs]
    labels[songs.index] = pd.Series(joined, songs.index, dtype=object)
    return labels


def _songs(frame: pd.DataFrame) -> pd.Series:
    """The songs of the rows whose song has several."""
    songs = frame["track_id"]
    lines = on_a_line(songs)
    if lines.any():
        keys = pd.Series(identity.row_keys(frame), frame.index, dtype=object)
        songs = songs.where(~lines, keys).fillna(songs)
    return songs[songs.duplicated(keep=False)]


def all_genres(rows: Rows) -> Rows:
    """The rows with all genres of a song in each of its rows.

    `genres` is made where songs have several rows of another `genre` each.
    """
    frame = rows.frame
    if "genres" in frame:
        return replace(rows, frame=frame.assign(genres=with_all_labels(frame, "genres")))
    songs = _songs(frame) if "genre" in frame else pd.Series(dtype=object)
    if len(songs) and (frame["genre"][songs.index].groupby(songs).nunique() > 1).any():
        return replace(rows, frame=frame.assign(genres=with_all_labels(frame, "genre")))
    return rows


def first_of_each(
    rows: Rows, learnt: Sequence[str] = ("mood", "genre"), join: bool = False
) -> Rows:
    """The first row of each id, such as of a song of several playlists.

    Its problems tell of the others, and of equal rows without ids.

    Args:
        rows: with all of a song's rows.
        learnt: columns of what is learnt.
        join: whether the labels of a song's rows are all its own.
    """
    frame, ids = rows.frame, rows.frame["track_id"]
    columns = [name for name in learnt if name in frame]
    again = ids.duplicated().to_numpy()
    differs = _differing(frame, ids, columns) if again.any() else again
    another = f", but another {' or '.join(columns)}"
    same = ", whose labels are joined with its own" if join else ""
    problems = []
    for row in np.flatnonzero(again):
        message = f"the same id as an earlier row{another if differs[row] else same}"
        problems.append(Problem(int(rows.lines[row]), "track_id", message, DROPPED, ids[row]))
    songs = ids[again & differs].nunique()
    if songs:
        several = "; --task genres learns all of them" if "genres" in frame else ""
        message = (
            f"songs with another {' or '.join(columns)} in a later row: {songs:,}; the first "
            f"counts{several}"
        )
        problems.append(Problem(None, None, message, NOTE))
    rows = rows.with_problems(problems)
    first = rows.keep(~again) if again.any() else rows
    return first.with_problems(_equal_rows(first, columns))


def _equal_rows(rows: Rows, columns: list[str]) -> list[Problem]:
    """Notes on rows of the same features where no id says that they are other songs."""
    is_doubtful = np.array([not names_one_song(own) for own in rows.frame["track_id"]], bool)
    if not is_doubtful.any():
        return []
    keys = pd.Series(identity.row_keys(rows.frame), rows.frame.index)
    again = (keys.notna() & keys.duplicated()).to_numpy()
    differs = _differing(rows.frame, keys, columns)
    problems = []
    for row in np.flatnonzero(again & is_doubtful):
        another = f", but another {' or '.join(columns)}" if differs[row] else ""
        message = f"the same features as an earlier row{another}: on its side of any split"
        problems.append(Problem(int(rows.lines[row]), None, message, NOTE))
    return problems


def _differing(frame: pd.DataFrame, songs: pd.Series, columns: list[str]) -> Array:
    """Whether a row has a value of one of the columns that its song's first row has not.

    Args:
        frame: [rows].
        songs: [rows], what is the same in all rows of a song.
        columns: names.

    Returns:
        bool [rows].
    """
    differing, codes = np.zeros(len(frame), bool), pd.factorize(songs)[0]
    _, first = np.unique(codes, return_index=True)
    first = first[np.searchsorted(np.unique(codes), codes)]
    for name in columns:
        own = frame[name].to_numpy(object)
        others = [one != another for one, another in zip(own, own[first], strict=True)]
        differing |= frame[name].notna().to_numpy() & np.array(others, bool)
    return differing
