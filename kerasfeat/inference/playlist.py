"""Playlists of described songs, as players read them: extended M3U in UTF-8."""

import os
from collections.abc import Iterable
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.files import expanded, write_bytes
from kerasfeat.inference.records import Record


def write_playlist(path: str | Path, rows: Iterable[Record]) -> int:
    """Write the songs that have a usable file.

    Files beside the playlist, or in folders beside it, are named from there, so that the folder can
    be moved; others by their whole path.

    Args:
        path: where to write, `NAME.m3u8`.
        rows: of kerasfeat.inference.describe.

    Returns:
        How many songs are in it.

    Raises:
        KerasfeatError: it can't be written.
    """
    path = expanded(path).absolute()
    entries = [
        _entry(row, path.parent)
        for row in rows
        if row.get("audio") and not row.get("error") and "\n" not in row["audio"]
    ]
    text = "".join(["#EXTM3U\n", *entries])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise KerasfeatError(
            f"the playlist {path} can't be written: {error.strerror or error}."
        ) from error
    return len(entries)


def _entry(row: Record, folder: Path) -> str:
    seconds = round(row["duration_ms"] / 1000) if row.get("duration_ms") else -1
    title = " - ".join(str(row[name]) for name in ("artist", "title") if row.get(name))
    return f"#EXTINF:{seconds},{' '.join(title.split())}\n{_place(row['audio'], folder)}\n"


def _place(audio: str, folder: Path) -> str:
    """How a player finds a file from the playlist's folder."""
    if not Path(audio).is_relative_to(folder):
        return audio
    inside = os.path.relpath(audio, folder)
    # A line that begins with this sign is a comment.
    return f"./{inside}" if inside.startswith("#") else inside
