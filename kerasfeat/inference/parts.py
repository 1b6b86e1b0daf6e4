"""Rows of many songs as Parquet files in a folder, one for each so many songs.

Whoever does the work writes them, each whole or not at all. What is there already is not done
again, so a command that was stopped goes on when it is given again; but songs whose audio could not
be used, or is another now, are.
"""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kerasfeat import KerasfeatError
from kerasfeat.datasets.claim import is_unused, locked
from kerasfeat.engines import Engine, Work
from kerasfeat.files import (
    damage_told,
    disk_told,
    encoded,
    remove_leftovers,
    replacing,
    write_json,
    writing,
)
from kerasfeat.inference.records import IDENTITY, Record, flat, is_unheard
from kerasfeat.progress import Advance, progress

PARTS = "_parts.json"  # which readers of a folder of Parquet files pass over
STATES = b"kerasfeat.audio_files"  # what a file's metadata calls its songs' `_state`
NO_FILE = ""
# Rows of a file, which is small enough to be in memory and large enough to be read fast.
PART_SONGS = 2000
LEAST_PARTS = 16  # so that several workers have some, and a stopped command loses little
TEXTS = (*IDENTITY, "sounds", "error", "note")
TELLING = ("audio", "error", "note", "start_s")  # of rows, whether they must be written again


@dataclass(frozen=True)
class Part:
    """Songs whose rows are one file.

    Attributes:
        start: the place of the first.
        songs: a row each.
    """

    start: int
    songs: pd.DataFrame


@dataclass(frozen=True)
class Written:
    """What a folder holds.

    Attributes:
        songs: rows without an error.
        asked: rows.
    """

    songs: int
    asked: int


@dataclass(frozen=True)
class Writing:
    """Work whose records are written, as work for an engine.

    Attributes:
        work: gives the records of some songs.
        folder: where the files lie.
        schema: of the rows.
        block: parts at a time.
    """

    work: Work[list[Record]]
    folder: Path
    schema: pa.Schema
    block: int = 1

    def __call__(self, parts: Sequence[Part], workers: int | None, advance: Advance) -> int:
        """How many songs of a part have no error."""
        (part,) = parts
        path = self.folder / f"part-{part.start:010}.parquet"
        # As they are before they are read: what changes meanwhile is read again the next time.
        states = [_state(audio) for audio in part.songs.get("audio", [None] * len(part.songs))]
        wanted = [name for name in TELLING if name in self.schema.names]
        todo = list(range(len(states)))
        if path.exists():
            todo = _read(path, wanted).outdated(states)
        if todo:
            records: list[Record] = []
            for start in range(0, len(todo), self.work.block):
                block = part.songs.iloc[todo[start : start + self.work.block]]
                records += self.work(block, workers, advance)
            self._write(path, dict(zip(todo, records, strict=True)), states)
        return sum(own["error"] is None for own, *_ in _read(path, wanted).songs)

    def _write(self, path: Path, records: Mapping[int, Record], states: Sequence[str]) -> None:
        """Write a file, or the songs of one that have new records."""
        songs: list[list[Record]] = [[] for _ in states]
        kept = _read(path) if path.exists() else None
        if kept:
            songs = kept.songs
            states = [now or then for now, then in zip(states, kept.states, strict=True)]
        for song, record in records.items():
            songs[song] = list(flat([record]))
        table = table_of(chain.from_iterable(songs), self.schema)
        table = table.replace_schema_metadata({STATES: json.dumps(states)})
        if kept and kept.table.equals(table, check_metadata=True):
            return
        with disk_told(path), replacing(path) as temporary:
            pq.write_table(table, temporary)


@dataclass(frozen=True)
class _Kept:
    """What a file holds.

    Attributes:
        table: all of it.
        songs: the rows of each song: its own, then those of its windows.
        states: of each song's audio, when it was read.
    """

    table: pa.Table
    songs: list[list[Record]]
    states: list[str]

    def outdated(self, states: Sequence[str]) -> list[int]:
        """The songs whose audio could not be used, or is another now; what was said of audio that
        is gone stays.

        Args:
            states: of each song's audio now.
        """
        return [
            song
            for song, (own, *_) in enumerate(self.songs)
            if is_unheard(own) or states[song] not in (NO_FILE, self.states[song])
        ]


def _read(path: Path, columns: Sequence[str] | None = None) -> _Kept:
    """A file, or some of its columns.

    Raises:
        KerasfeatError: it is damaged.
    """
    with damage_told(path, "Remove it, and give the same command again."):
        table = pq.read_table(path, columns=columns)
        songs: list[list[Record]] = []
        for row in table.to_pylist():
            if row.get("start_s") is None:
                songs.append([])
            songs[-1].append(row)
        return _Kept(table, songs, json.loads(table.schema.metadata[STATES]))


def _state(audio: object) -> str:
    """By what an audio file is known to be another one: its size, and when it was changed."""
    if not isinstance(audio, str):
        return NO_FILE
    try:
        known = Path(audio).stat()
    except (OSError, ValueError):  # no file has a name with a null character
        return NO_FILE
    return f"{known.st_size} {known.st_mtime_ns}"


def write_parts(
    work: Work[list[Record]],
    songs: pd.DataFrame,
    schema: pa.Schema,
    folder: str | Path,
    command: dict[str, Any],
    engine: Engine,
) -> Written:
    """Fill a folder with what is said of songs, or what it lacks of it.

    Args:
        work: says it.
        songs: a row each.
        schema: as of `schema_of`.
        folder: made where it is not there.
        command: what else the rows depend on.
        engine: what does it.

    Raises:
        KerasfeatError: the folder holds something else, another process fills it, or it can't be
            written.
    """
    folder = Path(folder).absolute()
    size = max(1, min(PART_SONGS, math.ceil(len(songs) / LEAST_PARTS)))
    asked = {"command": _digest(repr(command)), "songs": _fingerprint(songs), "part_songs": size}
    starts = range(0, len(songs), size)
    parts = [Part(start, songs[start : start + size]) for start in starts]
    with _held(folder, asked), progress("writing", "parts") as advance:
        good = sum(engine.run(Writing(work, folder, schema), parts, advance))
    return Written(good, len(songs))


def schema_of(columns: Sequence[str], texts: Collection[str]) -> pa.Schema:
    """Texts and float64.

    Args:
        columns: of the rows.
        texts: those that hold text, beside TEXTS.
    """
    texts = {*TEXTS, *texts}
    return pa.schema([(name, pa.string() if name in texts else pa.float64()) for name in columns])


def table_of(rows: Iterable[Record], schema: pa.Schema) -> pa.Table:
    """Rows under a schema; bytes of file names that are no text stand as escapes."""
    frame = pd.DataFrame(rows, columns=schema.names, dtype=object)
    arrays = []
    for field in schema:
        cells = [None if pd.isna(cell) else cell for cell in frame[field.name]]
        if field.type == pa.string():
            cells = [None if cell is None else encoded(str(cell)).decode() for cell in cells]
        arrays.append(pa.array(cells, field.type))
    return pa.table(arrays, schema=schema)


@contextmanager
def _held(folder: Path, asked: dict[str, Any]) -> Iterator[None]:
    """Keep other processes from a folder, which has a note of what it is to hold."""
    _require_own(folder, asked)  # now too, so that no lock is left in a folder of something else
    with ExitStack() as held:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(locked(folder))
        _require_own(folder, asked)
        remove_leftovers(folder)
        if not (folder / PARTS).exists():
            write_json(folder / PARTS, asked)
        yield


def _require_own(folder: Path, asked: dict[str, Any]) -> None:
    """Refuse a folder that holds something else."""
    note = folder / PARTS
    if note.exists():
        with damage_told(note, f"Name another folder with --out, or remove {folder}."):
            held = json.loads(note.read_text(encoding="utf-8"))
        if held == asked:
            return
    elif not folder.is_dir() or is_unused(folder):
        return
    raise KerasfeatError(
        f"{folder} holds something else, or what was said of other songs, or by another command, "
        "run, network, or version of kerasfeat: name another folder with --out."
    )


def _fingerprint(songs: pd.DataFrame) -> str:
    """Of all cells."""
    return _digest(
        "\0".join([_digest("\0".join([name, *map(str, songs[name])])) for name in songs])
    )


def _digest(text: str) -> str:
    return hashlib.sha256(encoded(text)).hexdigest()
