"""Data sets as their makers publish them: find their files in a folder, and make the table."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, overload

from kerasfeat import KerasfeatError
from kerasfeat.datasets.output import Origin, Output, filling
from kerasfeat.datasets.provenance import PROVENANCE, Query, absolute
from kerasfeat.datasets.rows import Row


@dataclass(frozen=True)
class SongRows:
    """The songs of a data set as rows of a table.

    Attributes:
        rows: in the table's order.
        missing: {what: why} of songs that are left out or lack something.
        counts: further numbers for provenance.json.
    """

    rows: Sequence[Row]
    missing: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


def folder_of(path: str | Path, layout: str) -> Path:
    """The data set's folder, absolute.

    Args:
        path: as the user gave it.
        layout: what belongs into it, in words.

    Raises:
        KerasfeatError: there is no such folder.
    """
    folder = absolute(path)
    if not folder.is_dir():
        raise KerasfeatError(f"{folder} is not a folder. It should have {layout}.")
    return folder


@overload
def find(folder: Path, name: str, layout: str, needed: Literal[True] = True) -> Path: ...
@overload
def find(folder: Path, name: str, layout: str, needed: bool) -> Path | None: ...
def find(folder: Path, name: str, layout: str, needed: bool = True) -> Path | None:
    """The file or folder of a name, in a data set's folder or below.

    Args:
        folder: folders in it are looked through in the order of their names, but not those that
            kerasfeat filled.
        name: the first of this name is taken.
        layout: what belongs into the folder, in words.
        needed: whether there must be one; else the result may be None.

    Raises:
        KerasfeatError: there is none and one is needed.
    """
    for directory, folders, files in os.walk(folder):
        folders.sort(key=str.casefold)
        if PROVENANCE in files:
            folders.clear()
            continue
        if name in files or name in folders:
            return Path(directory, name)
    if needed:
        raise KerasfeatError(f"{folder} has no {name}. It should have {layout}.")
    return None


def tabulate(
    out: str | Path, origin: Origin, query: Query, rows_of: Callable[[Output], SongRows]
) -> int:
    """Fill a folder with the table of a data set.

    Args:
        out: a new or empty folder, or one that the same query began to fill.
        origin: where the songs come from.
        query: what was asked for.
        rows_of: gives the songs.

    Returns:
        The number of songs.

    Raises:
        KerasfeatError: there is no song, or the folder can't be filled.
    """
    with filling(out, origin, query) as output:
        songs = _without_bad_names(rows_of(output))
        if not songs.rows:
            reasons = "; ".join(dict.fromkeys(songs.missing.values()))
            raise KerasfeatError(
                f"no song could be made of {', '.join(str(own) for own in query.values() if own)}: "
                f"{reasons or 'it is empty'}."
            )
        return output.finish(songs.rows, songs.missing, counts=songs.counts)


def _without_bad_names(songs: SongRows) -> SongRows:
    """Without rows that no table can hold: a file's name may be no valid text, and spoil all."""
    rows: list[Row] = []
    bad: dict[str, str] = {}
    for row in songs.rows:
        try:
            "".join(map(str, row.values())).encode()
            rows.append(row)
        except UnicodeEncodeError:
            bad[str(row.get("track_id"))] = "its name is not valid text: rename the file"
    return SongRows(rows, {**songs.missing, **bad}, songs.counts)
