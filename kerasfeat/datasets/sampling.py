"""A smaller table with as many songs of each class, or of each artist."""

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.rows import ARTISTS, Row, Table, read_table
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.songs import headers
from kerasfeat.songs.ids import lasting_id
from kerasfeat.songs.labels import one_spelling
from kerasfeat.songs.parsing import label_texts
from kerasfeat.songs.problems import describe
from kerasfeat.text import count

ORIGIN = Origin("sample", "your own table", "that of the table")


def sample(
    table: str | Path, out: str | Path, by: str, each: int | None = None, seed: int = 0
) -> dict[str, int]:
    """Fill `out` with some songs of a table, drawn by chance, in the table's order; none is drawn
    twice for one value.

    Args:
        table: the songs.
        out: a new or empty folder.
        by: the column whose values shall have as many songs each, such as mood, genre, artist, by
            its name here or in the file. Values that differ in case, spaces or marks alone are one,
            and those that say that there is none, none, as where they are learnt.
        each: how many songs; as many as the rarest value has by default. A value with fewer keeps
            all it has.
        seed: another seed draws other songs.

    Returns:
        {value: number of songs drawn}.

    Raises:
        KerasfeatError: the table has no such column, or none with values, or can't be read.
    """
    given = read_table(table)
    rows, labels = given.rows, _labels(given, by, table)
    groups = _by_label(rows, labels)
    if not groups:
        raise KerasfeatError(
            f"{table} has no value in {by!r}: give a column with values, such as mood."
        )
    absent = labels.count(None)
    if absent:
        say(f"{count(absent, 'song')} without {by} left out")
    each = each or min(map(len, groups.values()))
    rng = random.Random(seed)
    drawn = {
        value: rng.sample(numbers, min(each, len(numbers)))
        for value, numbers in sorted(groups.items())
    }
    query = {"table": str(absolute(table)), "by": by, "each": each, "seed": seed}
    with filling(out, ORIGIN, query, parents=(table,)) as output:
        chosen = sorted(number for numbers in drawn.values() for number in numbers)
        output.finish(
            output.placed([rows[number] for number in chosen]),
            counts={f"without {by}": absent, "of": len(rows)},
        )
    return {value: len(numbers) for value, numbers in drawn.items()}


def _labels(table: Table, by: str, path: str | Path) -> list[str | None]:
    """[rows] what each song has in a column, read as labels are that are learnt; None where it has
    nothing.

    Args:
        table: the songs.
        by: the column's name, here or in the file.
        path: the table's, for messages.

    Raises:
        KerasfeatError: there is no such column.
    """
    columns = dict.fromkeys(name for row in table.rows for name in row)
    called = table.names | {name: name for name in columns}
    if "artists" in columns:
        called.setdefault("artist", "artists")
    column = headers.named(by, called)
    if column is None:
        raise unknown(f"column of {path}", by, columns)
    names = (column, *ARTISTS) if column in ARTISTS else (column,)
    cells = [next((row[name] for name in names if name in row), None) for row in table.rows]
    texts = label_texts(pd.Series(cells, name=by, dtype=object))
    labels, problems = one_spelling(texts, by, table.lines)
    for line in describe(problems):
        say(f"{Path(path).name}: {line}")
    return labels.to_list()


def _by_label(rows: Sequence[Row], labels: Sequence[str | None]) -> dict[str, list[int]]:
    """Label -> places of its rows, each song once."""
    groups, known = defaultdict(list), set()
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        if label is None:
            continue
        song = (
            lasting_id(row.get("track_id")),
            row.get("title"),
            row.get("artists") or row.get("artist"),
            label,
        )
        if song not in known:
            groups[label].append(number)
        if "track_id" in row:
            known.add(song)
    return groups
