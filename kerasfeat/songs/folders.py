"""The audio files under a folder as a table."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import PASSED_OVER, audio_files, by_suffix
from kerasfeat.songs.in_common import recording_of
from kerasfeat.songs.problems import MISSING, NOTE, Problem
from kerasfeat.songs.reading import TABLE_SUFFIXES, Raw
from kerasfeat.text import count

TABLE_NAMES = ("tracks.csv", "tracks.tsv", "tracks.parquet")


def read_folder(path: Path) -> Raw:
    """A row for each audio file under a folder, its genre the name of the folder that it lies in.

    Raises:
        KerasfeatError: it is no folder, or has no audio files.
    """
    if not path.is_dir():
        raise KerasfeatError(
            f"{path} is neither a file nor a folder. Give a table (CSV, TSV, Parquet) or a folder."
        )
    closed: list[OSError] = []
    others: list[Path] = []
    files = audio_files(path, closed.append, others.append)
    if not files and closed:
        raise KerasfeatError(
            f"no audio files in {path}, where {closed[0].filename} can't be read: "
            f"{closed[0].strerror}."
        )
    tables = sorted(file.name for file in path.iterdir() if file.suffix.lower() in TABLE_SUFFIXES)
    if not files:
        raise _without_audio(path, tables, others)
    columns = _columns(path, files)
    listing = "".join(
        f"{name}\0{_size_bytes(file)}\n"
        for name, file in zip(columns["track_id"], files, strict=True)
    )
    return Raw(
        frame=pd.DataFrame(columns, dtype=object),
        names={name: name for name in columns},
        lines=np.arange(1, len(files) + 1),
        problems=[*_notes(path, tables, closed, others), *_in_several_formats(files)],
        fingerprint=hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest(),
        path=path,
        root=path,
    )


def _without_audio(path: Path, tables: Sequence[str], others: list[Path]) -> KerasfeatError:
    hint = " Give a table, or a folder with tracks.csv or audio files."
    if (path / "run.json").is_file():
        hint = " It is a run; songs come after it."
    elif tables:
        hint = f" Name one of its tables: {', '.join(tables)}."
    has = f" It has {by_suffix(others)}." if others else ""
    return KerasfeatError(
        f"{path} has no {' or '.join(TABLE_NAMES)} and no audio files.{hint}{has}"
    )


def _columns(path: Path, files: Sequence[Path]) -> dict[str, list[str | None]]:
    inside = [file.relative_to(path) for file in files]
    columns: dict[str, list[str | None]] = {
        "track_id": [file.as_posix() for file in inside],
        "title": [file.stem for file in inside],
        "audio": [str(file) for file in inside],
    }
    genres = [file.parent.name or None for file in inside]
    return {**columns, "genre": genres} if any(genres) else columns


def _notes(
    path: Path, tables: Sequence[str], closed: Sequence[OSError], others: Sequence[Path]
) -> list[Problem]:
    """What of a folder is not read: its tables, what is closed, and files of other kinds."""
    notes = []
    if tables:
        message = f"the folder's audio files are read, not its tables ({', '.join(tables)})"
        notes.append(Problem(None, None, message, NOTE))
    for error in closed:
        message = f"the folder {error.filename} can't be read ({error.strerror}), nor its songs"
        notes.append(Problem(None, None, message, MISSING))
    passed = [other for other in others if other.parent != path or other.name not in tables]
    if passed:
        notes.append(Problem(None, None, f"{PASSED_OVER}: {by_suffix(passed)}", NOTE))
    return notes


def _in_several_formats(files: Sequence[Path]) -> list[Problem]:
    """What is said of recordings that lie beside each other in several formats."""
    copies = Counter(map(recording_of, files))
    several = [recording for recording, number in copies.items() if number > 1]
    if not several:
        return []
    message = (
        f"{count(len(several), 'recording')} in several formats, such as {Path(several[0]).name}: "
        "each file counts as a song, on one side of a split"
    )
    return [Problem(None, None, message, NOTE)]


def _size_bytes(file: Path) -> int | str:
    """The size of a file; "" where it is none, such as a link to nothing."""
    try:
        return file.stat().st_size
    except OSError:
        return ""
