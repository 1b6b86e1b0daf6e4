"""Any table, under the names that kerasfeat knows."""

from collections.abc import Iterable
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.published import SongRows, tabulate
from kerasfeat.datasets.rows import read_rows
from kerasfeat.datasets.sources import Example, Option, Source
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.songs import schema
from kerasfeat.text import count

ORIGIN = Origin("csv", "your own table", "that of the table")


def make(
    path: Path | str, out: Path | str, map: Iterable[str] = (), name: str | None = None
) -> int:
    """A table with its columns called as `map` says ("COLUMN=FIELD"), or as their names say."""
    renamed = _renamed(map)
    query = {"table": str(absolute(path)), "map": list(map), "name": name}
    return tabulate(out, ORIGIN, query, lambda output: _rows(path, renamed, name, output))


def _renamed(pairs: Iterable[str]) -> dict[str, str]:
    """{column: field}, each of both once."""
    renamed: dict[str, str] = {}
    for pair in pairs:
        column, field = map_pair(pair)
        twice = next(
            (other for other, taken in renamed.items() if column == other or field == taken), None
        )
        if twice is not None:
            raise KerasfeatError(
                f"--map {pair!r} after {f'{twice}={renamed[twice]}'!r}: a column is one field, and "
                "a field one column."
            )
        renamed[column] = field
    return renamed


def map_pair(pair: str) -> tuple[str, str]:
    """(column, field) of "COLUMN=FIELD"; a column's name may have equals signs.

    Raises:
        KerasfeatError: it is no such pair, or the field is unknown.
    """
    column, equals, field = pair.rpartition("=")
    if not equals or not column:
        raise KerasfeatError(f"--map {pair!r} is not COLUMN=FIELD, such as --map 'My mood=mood'.")
    if field not in schema.BY_NAME:
        raise unknown("field", field, schema.BY_NAME)
    return column, field


def _rows(path: Path | str, renamed: dict[str, str], name: str | None, output: Output) -> SongRows:
    rows = output.placed(read_rows(path, renamed))
    if name is None:
        return SongRows([{"source": absolute(path).stem, **row} for row in rows])
    replaced = sum(row.get("source", name) != name for row in rows)
    if replaced:
        say(f"{count(replaced, 'value')} of the table's source replaced by --name {name!r}")
    return SongRows([{**row, "source": name} for row in rows])


SOURCE = Source(
    "Any table (CSV, TSV, Parquet); --map says what its columns are.",
    ORIGIN,
    make,
    Example(
        files={
            "my songs.csv": (
                "ID,Song,Feels,Energy,Danceability\n"
                'x1,"Söng, one",calm,0.31,0.2\n'
                "x2,Other,wild,0.92,\n"
            )
        },
        places=("my songs.csv",),
        options={"map": ("Feels=mood",)},
        rows=(
            {
                "track_id": "x1",
                "title": "Söng, one",
                "mood": "calm",
                "energy": "0.31",
                "source": "my songs",
            },
            {"track_id": "x2", "mood": "wild", "danceability": ""},
        ),
    ),
    places=("TABLE",),
    options=(
        Option(
            "--map",
            "Read a column as a field, such as --map feeling=mood (repeatable).",
            many=True,
            metavar="COLUMN=FIELD",
        ),
        Option(
            "--name",
            "Source of the features, instead of what the table says. [default: what the table "
            "says, or else the file's name]",
            metavar="SOURCE",
        ),
    ),
)
