"""A folder of audio files: classes by the folders in it or by a table, names by the files' tags."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.published import SongRows, folder_of, tabulate
from kerasfeat.datasets.rows import Row, artists_text, filled, read_rows
from kerasfeat.datasets.sources import Example, Option, Source
from kerasfeat.progress import say
from kerasfeat.songs.ids import isrc_of

LAYOUT = "audio files, in a folder for each class, or with a table"

ORIGIN = Origin("folder", "your own files", "that of the recordings")


@dataclass(frozen=True)
class _Labelled:
    """What is known of files before they are opened.

    Attributes:
        rows: file -> what its folder or a table says of it.
        missing: {what: why} of rows without a file and files without a row.
    """

    rows: dict[Path, Row]
    missing: dict[str, str]


def make(path: Path | str, out: Path | str, table: str | None = None, label: str = "genre") -> int:
    """The audio files of a folder, where they lie, with their tags.

    Labels are the names of the folders that they lie in, or a table's.
    """
    folder = folder_of(path, LAYOUT)
    query = {"folder": str(folder), "table": table and str(absolute(table)), "label": label}
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, table, label, output))


def _rows(folder: Path, table: str | None, label: str, output: Output) -> SongRows:
    from kerasfeat.audio.decode import PASSED_OVER, audio_files, by_suffix

    closed: dict[str, str] = {}
    others: list[Path] = []

    def unreadable(error: OSError) -> None:
        closed[error.filename] = f"can't be read: {error.strerror}"

    files = audio_files(folder, unreadable, others.append)
    if others:
        say(f"{PASSED_OVER}: {by_suffix(others)}")
    labelled = _by_table(table, files) if table else _by_folder(files, folder, label)
    missing = labelled.missing | closed
    rows: list[Row] = []
    for path, own in labelled.rows.items():
        tags, problem = _tags(path)
        if problem:
            missing[str(path)] = problem
        identity = {"track_id": path.relative_to(folder).as_posix(), "title": path.stem}
        place = {
            "audio": output.relative(path),
            "source": own.get("source", ORIGIN.source),
        }
        rows.append({**identity, **filled(own, tags), **place})
    return SongRows(rows, missing)


def _by_folder(files: Sequence[Path], folder: Path, label: str) -> _Labelled:
    rows: dict[Path, Row] = {
        path: {label: path.parent.name} if path.parent != folder else {} for path in files
    }
    return _Labelled(rows, {})


def _by_table(table: str, files: Sequence[Path]) -> _Labelled:
    by_name: defaultdict[str, list[Path]] = defaultdict(list)
    for path in files:
        by_name[_plain(path.name)].append(path)
    rows: dict[Path, Row] = {}
    missing: dict[str, str] = {}
    for row in read_rows(table):
        name = row.get("audio") or row.get("track_id", "")
        alike = _alike(name, by_name)
        if len(alike) == 1 and alike[0] not in rows:
            rows[alike[0]] = row
        elif len(alike) > 1:
            missing[name or str(row)] = "several files of this name"
        else:
            missing[name or str(row)] = "two rows for a file" if alike else "no such file"
    unnamed = {str(path): "not in the table" for path in files if path not in rows}
    return _Labelled(rows, missing | unnamed)


def _alike(name: str, by_name: Mapping[str, list[Path]]) -> list[Path]:
    """The files whose path ends as a table's does, as far as can be.

    Tables come from other folders, and from Windows.
    """
    parts = [_plain(part) for part in re.split(r"[\\/]+", name)][::-1]
    scores = {
        path: _common([_plain(part) for part in path.parts[::-1]], parts)
        for path in by_name.get(parts[0], ())
    }
    best = max(scores.values(), default=0)
    return [path for path, score in scores.items() if score == best]


def _plain(name: str) -> str:
    """A file's name without case, its accented letters as single signs.

    A Mac's names have the accents apart.
    """
    return unicodedata.normalize("NFC", name).casefold()


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many of their first names are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _tags(path: Path) -> tuple[Row, str]:
    """(columns that the file's tags tell, why they can't be read or "")."""
    import tinytag

    if not path.is_file():  # a pipe would make wait for whoever writes to it
        return {}, "no tags: it is not a file"
    try:
        tags: dict[str, Any] = tinytag.TinyTag.get(path).as_dict()
    except Exception as error:  # of broken files it may be any; the song is kept without tags
        return {}, f"its tags can't be read ({type(error).__name__})"
    names = (("title", "title"), ("album", "album"), ("tag_genre", "genre"))
    columns = {name: tags[own][0] for name, own in names if tags.get(own)}
    columns["artists"] = artists_text(tags.get("artist") or ())
    columns["isrc"] = isrc_of((tags.get("isrc") or [""])[0])
    if tags.get("duration"):
        columns["duration_ms"] = round(1000 * tags["duration"])
    return {name: value for name, value in columns.items() if value}, ""


SOURCE = Source(
    "A folder of audio files, with labels from its subfolders or from a table.",
    ORIGIN,
    make,
    Example(
        audio=("calm/Évening.flac", "wild/night.wav"),
        rows=(
            {
                "track_id": "calm/Évening.flac",
                "title": "Évening",
                "genre": "calm",
                "source": "folder",
            },
            {"track_id": "wild/night.wav", "title": "night", "genre": "wild"},
        ),
    ),
    options=(
        Option(
            "--table",
            "A table with file names (column audio, file, or similar) and their labels.",
            metavar="TABLE",
        ),
        Option("--label", "What the folder names are.", default="genre", choices=("genre", "mood")),
    ),
)
