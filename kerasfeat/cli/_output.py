"""Predictions and descriptions on stdout, in the form that was asked for."""

import csv
import html
import io
import shutil
import sys
from collections.abc import Iterable, Sequence
from textwrap import indent
from typing import Any

import click

from kerasfeat.audio.measures.measure import MEASURES
from kerasfeat.cli._options import json_text, print_json
from kerasfeat.cli._summary import print_table
from kerasfeat.files import encoded
from kerasfeat.inference.parts import Written
from kerasfeat.inference.records import Record, flat
from kerasfeat.songs.schema import KEY_NAMES, TAGS
from kerasfeat.targets import Target
from kerasfeat.text import printable, words

# What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHOWN_TAGS = 3
# What is less probable says nothing in a table for people, unless it is the most probable.
LEAST_SHOWN = 0.1
SOUNDS_FROM_WIDTH = 100  # of a terminal, below which tags say what is heard
SONG = ("artist", "title", "track_id")  # what a song is called by
DESCRIBED = {*MEASURES, *TAGS, "sounds"}
PAGE_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Songs described by kerasfeat</title>
<style>
body { font: 14px system-ui, sans-serif; margin: 1em }
table { border-collapse: collapse }
th, td { padding: 2px 8px; text-align: left; border-bottom: 1px solid #ddd; white-space: nowrap }
th { cursor: pointer; position: sticky; top: 0; background: #fff }
</style></head><body><table>"""
PAGE_END = """
<script>
document.querySelectorAll("th").forEach((head, place) => head.addEventListener("click", () => {
  const body = document.querySelector("tbody");
  const down = head.dataset.down = head.dataset.down ? "" : "1";
  const cell = row => row.cells[place].textContent;
  // Numbers before texts, by their value, which their digits alone don't tell; empty cells last.
  const kind = text => text.trim() === "" ? 2 : isNaN(text) ? 1 : 0;
  const order = (a, b) => kind(a) - kind(b)
    || (kind(a) ? a.localeCompare(b, undefined, {numeric: true}) : a - b);
  const turned = (a, b) => down || kind(a) === 2 || kind(b) === 2 ? order(a, b) : order(b, a);
  [...body.rows].sort((a, b) => turned(cell(a), cell(b))).forEach(row => body.append(row));
}));
</script></body></html>"""


def write_predictions(
    songs: Iterable[Record],
    target: Target,
    form: str,
    columns: Sequence[str],
    for_spreadsheets: bool = False,
) -> None:
    """Print records of songs, but for tables each as soon as it is there.

    Args:
        songs: as of kerasfeat.inference.records.records.
        target: what was predicted.
        form: "table", "csv", "json", or "jsonl".
        columns: of the records' rows, in order.
        for_spreadsheets: whether text of a CSV that looks like a formula gets a ' before it.
    """
    if form == "jsonl":
        for record in songs:
            print_json(record, indent=None)
    elif form == "json":
        _print_json(songs)
    elif form == "csv":
        _print_csv(flat(songs), columns, for_spreadsheets)
    else:
        _print_table(target, flat(songs), "start_s" in columns)


def write_rows(
    rows: Iterable[Record],
    columns: Sequence[str],
    form: str,
    for_spreadsheets: bool = False,
    named: Sequence[str] = (),
) -> None:
    """Print described songs, but for tables and pages each as soon as it is there.

    Args:
        rows: as of kerasfeat.inference.describe.
        columns: of the rows, in order.
        form: "table", "csv", "json", "jsonl", "html", or "parquet".
        for_spreadsheets: whether text of a CSV that looks like a formula gets a ' before it.
        named: columns that were asked by, which a table has too.
    """
    if form == "jsonl":
        for row in rows:
            print_json(row, indent=None)
    elif form == "json":
        _print_json(rows)
    elif form == "csv":
        _print_csv(flat(rows), columns, for_spreadsheets)
    elif form == "parquet":
        _write_parquet(flat(rows), columns)
    elif form == "html":
        _print_html(list(flat(rows)), columns)
    else:
        described = [(_song(row), _described(row, named)) for row in flat(rows)]
        names = list(dict.fromkeys(name for _, cells in described for name in cells))
        if sys.stdout.isatty() and shutil.get_terminal_size().columns < SOUNDS_FROM_WIDTH:
            names = [name for name in names if name != "sounds" or name in named]
        table = [[song, *(cells.get(name, "") for name in names)] for song, cells in described]
        print_table(["song", *names], table)


def print_written(out: str, written: Written, as_json: bool) -> None:
    """Print what --out has got."""
    if as_json:
        print_json({"out": out, "songs": written.songs, "asked": written.asked})
    else:
        failed = written.asked - written.songs
        click.echo(f"{out}: {written.songs:,} songs, {failed:,} with an error; Parquet")


def _print_json(records: Iterable[Record]) -> None:
    """One list, as `print_json` would print it whole."""
    before = "["
    for record in records:
        click.echo(f"{before}\n{indent(json_text(record), '  ')}", nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def _print_csv(rows: Iterable[Record], columns: Sequence[str], for_spreadsheets: bool) -> None:
    """A line a row."""
    if for_spreadsheets:
        rows = ({_harmless(name): _harmless(cell) for name, cell in row.items()} for row in rows)
        columns = [_harmless(name) for name in columns]
    if sys.stdout.isatty():  # where others' titles could do more than be read
        rows = ({name: _printable(cell) for name, cell in row.items()} for row in rows)
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _write_parquet(rows: Iterable[Record], columns: Sequence[str]) -> None:
    import pandas as pd

    if sys.stdout.isatty():
        raise click.UsageError(
            "Parquet is a binary format: send it to a file, as in `... > songs.parquet`."
        )
    rows = ({name: _encodable(cell) for name, cell in row.items()} for row in rows)
    whole = io.BytesIO()
    pd.DataFrame(rows, columns=list(columns)).to_parquet(whole, index=False)
    sys.stdout.buffer.write(whole.getvalue())
    sys.stdout.buffer.flush()


def _print_html(rows: Sequence[Record], columns: Sequence[str]) -> None:
    """A page with one table, whose columns a click sorts by."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    print(PAGE_HEAD + f"<thead><tr>{head}</tr></thead><tbody>")
    for row in rows:
        cells = ("" if row[name] is None else html.escape(str(row[name])) for name in columns)
        print("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    print("</tbody></table>" + PAGE_END)


def _described(row: Record, named: Sequence[str]) -> dict[str, str]:
    """The cells of one described song in a table for people, which are fewer than all columns."""
    if row["error"]:
        return {"": row["error"]}
    cells = {name: _cell(row[name]) for name in named if name not in SONG}
    cells |= {"tempo": _sure(row["tempo"], row["tempo_confidence"], ".1f")}
    key = None if row["key"] is None else KEY_NAMES[row["mode"]][row["key"]]
    cells["key"] = _sure(key, row["key_confidence"], "")
    cells["time_signature"] = _sure(row["time_signature"], row["time_signature_confidence"], "")
    level = row["loudness_lufs"]  # `loudness` is another number: see docs/describe.md
    cells["loudness_lufs"] = "" if level is None else f"{level:.1f}"
    cells["length"] = "{}:{:02}".format(*divmod(round(row["duration_ms"] / 1000), 60))
    tags = {words(name): row[name] for name in TAGS if row.get(name)}
    heard = [f"{name} {tags[name]:.2f}" for name in sorted(tags, key=lambda name: -tags[name])]
    if heard:
        cells["tags"] = ", ".join(_clear(heard[:SHOWN_TAGS]))
    if row.get("sounds"):
        cells["sounds"] = "; ".join(_clear(row["sounds"].split("; ")))
    place = list(row).index("error")
    first = max(list(row).index(name) for name in row if name in DESCRIBED) + 1
    for name in list(row)[first:place]:
        if not name.rpartition(".")[2].startswith("probability_"):
            cells[name] = _cell(row[name])
    return cells


def _clear(heard: Sequence[str]) -> list[str]:
    """What is probable of what was heard, "NAME SHARE" each, the most probable first."""
    return [*heard[:1], *(each for each in heard[1:] if float(each.split()[-1]) >= LEAST_SHOWN)]


def _sure(value: object, confidence: float | None, form: str) -> str:
    """A value with how sure it is, in percent."""
    return "" if value is None else f"{value:{form}} ({confidence:.0%})"


def _printable(cell: Any) -> Any:
    """A cell without control characters."""
    return printable(cell) if isinstance(cell, str) else cell


def _encodable(cell: Any) -> Any:
    """A cell whose bytes of file names that are no text stand as escapes."""
    return encoded(cell).decode() if isinstance(cell, str) else cell


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet computes with; numbers stay what they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _song(row: Record) -> str:
    """What a song is called in a table.

    Files without an artist are called by their path, since several may have the same name.
    """
    if row.get("artist") and row.get("title"):
        return f"{row['artist']} - {row['title']}"
    return str(row["track_id"] if row.get("audio") else row.get("title") or row["track_id"])


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
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
