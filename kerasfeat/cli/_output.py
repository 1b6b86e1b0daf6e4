"""Predictions on stdout, in the form that was asked for."""

import csv
import sys
from collections.abc import Iterable
from typing import Any

from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import print_table
from kerasfeat.inference.records import Record, flat
from kerasfeat.targets import Target
from kerasfeat.text import printable

# What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_predictions(
    songs: Iterable[Record],
    target: Target,
    form: str,
    with_windows: bool,
    for_spreadsheets: bool = False,
) -> None:
    """Print records of songs.

    Args:
        songs: as of kerasfeat.inference.records.records.
        target: what was predicted.
        form: "table", "csv", "json", or "jsonl".
        with_windows: whether windows of songs were asked for.
        for_spreadsheets: whether text of a CSV that looks like a formula gets a ' before it.
    """
    if form == "jsonl":
        for record in songs:
            print_json(record, indent=None)
    elif form == "json":
        print_json(list(songs))
    elif form == "csv":
        _print_csv(list(flat(songs)), for_spreadsheets)
    else:
        _print_table(target, flat(songs), with_windows)


def _print_csv(rows: list[Record], for_spreadsheets: bool) -> None:
    if for_spreadsheets:
        rows = [{_harmless(name): _harmless(cell) for name, cell in row.items()} for row in rows]
    if sys.stdout.isatty():  # where others' titles could do more than be read
        rows = [{name: _printable(cell) for name, cell in row.items()} for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _printable(cell: Any) -> Any:
    """A cell without control characters."""
    return printable(cell) if isinstance(cell, str) else cell


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet computes with; numbers stay what they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _song(row: Record) -> str:
    """What a song is called in a table.

    Files without an artist are called by their path, since several may have the same name.
    """
    if "artist" in row and "title" in row:
        return f"{row['artist']} - {row['title']}"
    return str(row["track_id"] if "audio" in row else row.get("title", row["track_id"]))


def _print_table(target: Target, rows: Iterable[Record], with_windows: bool) -> None:
    answers = list(target.outputs)
    if target.has_labels:
        answers = [*target.heads, *(f"probability_{label}" for label in answers)]
    times = ("start_s", "end_s") if with_windows else ()
    names = (name.removeprefix("probability_") for name in answers)
    header = ["song", *(["from s", "to s"] if with_windows else []), *names, ""]
    table = []
    for row in rows:
        song = "" if "start_s" in row else _song(row)
        window = [f"{row[name]:.1f}" if name in row else "" for name in times]
        remarks = ", ".join(row[name] for name in ("sounds", "error", "note") if name in row)
        cells = (_cell(row.get(name, "")) for name in answers)
        table.append([song, *window, *cells, remarks])
    print_table(header, table)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
