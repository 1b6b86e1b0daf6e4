"""Any table, under the names that kerasfeat knows."""

from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.output import Origin, absolute
from kerasfeat.datasets.published import SongRows, tabulate
from kerasfeat.datasets.rows import read_rows
from kerasfeat.datasets.sources import Option, Source, sources
from kerasfeat.registry import unknown
from kerasfeat.songs import schema

ORIGIN = Origin("csv", "a table of your own", "the table's own")


def make(place, out, map=(), name=None):
    """The table at `place` with its columns called as `map` says ("COLUMN=FIELD"), and as their own
    names say.
    """
    renamed = _renamed(map)
    query = {"table": str(absolute(place)), "map": list(map), "name": name}
    return tabulate(out, ORIGIN, query, lambda output: _rows(place, renamed, name, output))


def _renamed(pairs):
    """{column: field}, each of both once."""
    renamed = {}
    for pair in pairs:
        column, field = map_pair(pair)
        twice = next(
            (other for other, taken in renamed.items() if column == other or field == taken), None
        )
        if twice is not None:
            raise KerasfeatError(
                f"--map {pair!r} after {f'{twice}={renamed[twice]}'!r}: a column is one "
                "field, and a field one column."
            )
        renamed[column] = field
    return renamed


def map_pair(pair):
    """(column, field) of "COLUMN=FIELD"; a column's name may have equals signs."""
    column, equals, field = pair.rpartition("=")
    if not equals or not column:
        raise KerasfeatError(f"--map {pair!r} is not COLUMN=FIELD, such as --map 'My mood=mood'.")
    if field not in schema.BY_NAME:
        raise unknown("field", field, schema.BY_NAME)
    return column, field


def _rows(place, renamed, name, output):
    source = name or Path(place).stem
    rows = output.placed(read_rows(place, renamed))
    return SongRows([{"source": source, **row} for row in rows])


sources.add(
    "csv",
    Source(
        "csv",
        "Any table (CSV, TSV, Parquet), its columns named by --map.",
        ORIGIN,
        make,
        places=("TABLE",),
        options=(
            Option(
                "--map",
                "A column and the field that it is, such as --map feeling=mood.",
                many=True,
                metavar="COLUMN=FIELD",
            ),
            Option(
                "--name",
                "Where the features come from; the file's name by default.",
                metavar="SOURCE",
            ),
        ),
    ),
)
