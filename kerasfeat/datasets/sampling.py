"""A smaller table with as many songs of each class, or of each artist."""

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.rows import Row, read_rows
from kerasfeat.registry import unknown
from kerasfeat.songs.ids import lasting_id

ORIGIN = Origin("sample", "a table of your own", "that of the table")


def sample(
    table: str | Path, out: str | Path, by: str, each: int | None = None, seed: int = 0
) -> dict[str, int]:
    """Fill `out` with some songs of a table, drawn by chance, in the table's order; none is drawn
    twice for one value.

    Args:
        table: the songs.
        out: a new or empty folder.
        by: the column whose values shall have as many songs each, such as mood, genre, artist.
        each: how many songs; as many as the rarest value has by default. A value with fewer keeps
            all it has.
        seed: another seed draws other songs.

    Returns:
        {value: number of songs drawn}.

    Raises:
        KerasfeatError: the table has no such column, or can't be read.
    """
    rows = read_rows(table)
    column = "artists" if by == "artist" and not any("artist" in row for row in rows) else by
    groups = _by_value(rows, column)
    if not groups:
        raise unknown(f"column of {table}", by, dict.fromkeys(name for row in rows for name in row))
    each = each or min(map(len, groups.values()))
    rng = random.Random(seed)
    drawn = {
        value: rng.sample(numbers, min(each, len(numbers)))
        for value, numbers in sorted(groups.items())
    }
    query = {"table": str(absolute(table)), "by": by, "each": each, "seed": seed}
    with filling(out, ORIGIN, query, parents=(table,)) as output:
        chosen = sorted(number for numbers in drawn.values() for number in numbers)
        absent = sum(column not in row for row in rows)
        output.finish(
            output.placed([rows[number] for number in chosen]),
            counts={f"without {by}": absent, "of": len(rows)},
        )
    return {value: len(numbers) for value, numbers in drawn.items()}


def _by_value(rows: Sequence[Row], column: str) -> dict[str, list[int]]:
    """Value of a column -> places of its rows, each song once."""
    groups, known = defaultdict(list), set()
    for number, row in enumerate(rows):
        if column not in row:
            continue
        song = (
            lasting_id(row.get("track_id")),
            row.get("title"),
            row.get("artists") or row.get("artist"),
            row[column],
        )
        if song not in known:
            groups[row[column]].append(number)
        if "track_id" in row:
            known.add(song)
    return groups
