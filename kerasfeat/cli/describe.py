from typing import TYPE_CHECKING

import click

from kerasfeat.choices import DECODERS, SOUNDFILE
from kerasfeat.cli._codes import fail_if_most_failed
from kerasfeat.cli._options import printed_form, with_engine, with_json, with_parts
from kerasfeat.silence import import_tensorflow
from kerasfeat.text import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kerasfeat.engines import Engine
    from kerasfeat.inference.records import Record

FORMS = ("table", "csv", "json", "jsonl", "html", "parquet")


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--run",
    "runs",
    metavar="RUN",
    multiple=True,
    help="Add the predictions of this run's model (repeatable).",
)
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@click.option(
    "--spreadsheet",
    is_flag=True,
    help="In CSV, put a ' before text that a spreadsheet would read as a formula.",
)
@click.option(
    "--where", metavar="CONDITION", help='Keep only matching songs: "tempo > 110 and rock > 0.3".'
)
@click.option("--sort", metavar="COLUMN", help="Sort by a column; -COLUMN puts the highest first.")
@click.option("--playlist", metavar="FILE.m3u8", help="Also write these songs as a playlist.")
@click.option(
    "--write-tags",
    is_flag=True,
    help="Show how tempo, key, mood and genre would change in the files' tags; see --yes.",
)
@click.option("--yes", is_flag=True, help="With --write-tags: write the changes.")
@click.option(
    "--decoder",
    type=click.Choice(DECODERS),
    default=SOUNDFILE,
    show_default=True,
    help="Library that decodes audio files.",
)
@with_parts
@with_engine
@with_json
def command(
    paths: tuple[str, ...],
    runs: tuple[str, ...],
    form: str,
    spreadsheet: bool,
    where: str | None,
    sort: str | None,
    playlist: str | None,
    write_tags: bool,
    yes: bool,
    decoder: str,
    out: str | None,
    engine: "Engine",
    as_json: bool,
) -> None:
    """Describe songs without labels: tempo, key, loudness, tags.

    PATHs are audio files, folders, or tables with a column of audio files.
    """
    if yes and not write_tags:
        raise click.UsageError("--yes belongs to --write-tags.")
    if out and (where or sort or playlist or write_tags):
        raise click.UsageError(
            "--out writes all songs in their order: leave out --where, --sort, --playlist and "
            "--write-tags."
        )
    form = printed_form(form, as_json, spreadsheet, out)
    import_tensorflow(lean=True)
    from kerasfeat.cli._output import print_written, write_rows
    from kerasfeat.cli._songs import songs_named
    from kerasfeat.inference.conditions import column_named, condition
    from kerasfeat.inference.describe import Describer
    from kerasfeat.inference.playlist import write_playlist
    from kerasfeat.inference.records import Counted
    from kerasfeat.progress import say

    describer = Describer(runs, decoder=decoder)
    frame = songs_named(paths, describer.percent, describer.columns_read, describer.ranges)
    if out:
        written = describer.write(frame, out, engine)
        print_written(out, written, as_json)
        fail_if_most_failed(written.songs, written.asked)
        return
    names = describer.columns(frame)
    holds = condition(where, names) if where else None
    by = column_named(sort.removeprefix("-"), names) if sort else None
    every = Counted(describer.rows(frame, engine))
    rows: Iterator[Record] = filter(holds, every)
    if by:
        rows = _sorted(rows, by, descending=str(sort).startswith("-"))
    passing = _Passing(rows, keep=bool(playlist or write_tags))
    named = [*([by] if by else []), *(holds.columns if holds else ())]
    write_rows(passing, names, form, spreadsheet, named)
    every.say_unheard(frame)
    if playlist:
        say(f"playlist: {playlist}, {count(write_playlist(playlist, passing.rows), 'song')}")
    if write_tags:
        _write_tags(passing.rows, yes)
    if not passing.seen:
        say("no song matches --where")
    fail_if_most_failed(every.count, len(frame))


class _Passing:
    """Rows on their way to stdout, which are kept if something else needs them later."""

    def __init__(self, rows: "Iterable[Record]", keep: bool) -> None:
        self._passing, self._keep = rows, keep
        self.rows: list[Record] = []
        self.seen = 0

    def __iter__(self) -> "Iterator[Record]":
        for row in self._passing:
            self.seen += 1
            if self._keep:
                self.rows.append(row)
            yield row


def _sorted(rows: "Iterable[Record]", column: str, descending: bool) -> "Iterator[Record]":
    """Rows by a column, numbers before texts, those without a value last."""

    def place(row: "Record") -> tuple[bool, float, str]:
        value = row[column]
        is_number = isinstance(value, int | float)
        return (not is_number, value if is_number else 0.0, "" if is_number else str(value))

    every = list(rows)
    known = [row for row in every if row[column] is not None]
    yield from sorted(known, key=place, reverse=descending)
    yield from (row for row in every if row[column] is None)


def _write_tags(rows: "list[Record]", write: bool) -> None:
    """Tell what would change in the files' tags, or change it."""
    from kerasfeat import KerasfeatError
    from kerasfeat.inference.file_tags import tag_changes
    from kerasfeat.progress import say

    changed = 0
    for change in tag_changes(rows, write):
        say(str(change), "red" if isinstance(change, KerasfeatError) else None)
        changed += not isinstance(change, KerasfeatError)
    done = "changed" if write else "would change; nothing is written without --yes"
    say(f"tags: {count(changed, 'value')} {done}")
