"""What songs of a table have in common: artists, titles, features, codes, and audio."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.audio.formats import SUFFIXES
from kerasfeat.songs import identity
from kerasfeat.songs.ids import isrc_of

# A hash of each song's audio [rows], None where it is not known; None where none is.
ContentKeys: TypeAlias = Sequence[str | None] | Array | None
# Rows that have a value in common with others, and the value.
Pairs: TypeAlias = list[tuple[int, Hashable]]


def in_common(frame: pd.DataFrame, content_keys: ContentKeys) -> dict[str, Pairs]:
    """What songs can have in common, by kind."""
    artists: Pairs = [
        (row, name)
        for row, names in enumerate(identity.artists(frame))
        for name in sorted(identity.people(names))
    ]
    codes = frame.get("isrc", ())
    return {
        "artist": artists,
        "work": _works(frame),
        "features": _pairs(identity.row_keys(frame)),
        "isrc": _pairs([None if is_missing(code) else isrc_of(code) or code for code in codes]),
        "track_id": _pairs(frame["track_id"]) if "track_id" in frame else [],
        "audio": [*_pairs(_audio(frame, content_keys)), *_pairs(_recordings(frame))],
    }


def _works(frame: pd.DataFrame) -> Pairs:
    """The title and the shown artist of the songs that have both."""
    if "title" not in frame or "artist" not in frame:
        return []
    return [
        (row, (identity.same(title), identity.same(artist)))
        for row, (title, artist) in enumerate(zip(frame["title"], frame["artist"], strict=True))
        if not (is_missing(title) or is_missing(artist))
    ]


def _audio(frame: pd.DataFrame, content_keys: ContentKeys) -> list[str | None]:
    """What tells each song's audio, [rows]: its content; else its file."""
    paths = frame["audio"] if "audio" in frame else [None] * len(frame)
    keys = [None] * len(frame) if content_keys is None else content_keys
    return [path if is_missing(key) else key for key, path in zip(keys, paths, strict=True)]


def _recordings(frame: pd.DataFrame) -> list[str | None]:
    """The recording [rows] of files that lie beside each other as song.flac and song.mp3, which are
    not of one content; None of other files.
    """
    audio = frame.get("audio", ())
    recordings = {path: recording_of(Path(path)) for path in audio if not is_missing(path)}
    files = Counter(recordings.values())
    found = [recordings.get(path, "") for path in audio]
    return [recording if files[recording] > 1 else None for recording in found]


def recording_of(path: Path) -> str:
    """What files of one recording in several formats have in common, in one folder."""
    known = path.suffix.lower() in SUFFIXES
    return str(path.with_suffix("")) if known else str(path)


def _pairs(values: Iterable[Hashable]) -> Pairs:
    return [(row, value) for row, value in enumerate(values) if not is_missing(value)]


def is_missing(value: Any) -> bool:
    """Whether there is no value; an empty text is what a missing one is in a CSV file."""
    return pd.isna(value) or not str(value).strip()
