"""Ask a service about each song of a table, and join what it says."""

from collections.abc import Callable
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.collecting import Collection
from kerasfeat.datasets.http.crawl import Ask
from kerasfeat.datasets.http.journal import Answer, Journal
from kerasfeat.datasets.output import Origin, Output, filling
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.rows import Row, called, read_rows


def enrich(
    table: str | Path,
    out: str | Path,
    origin: Origin,
    limit: int | None,
    *,
    key_of: Callable[[Row], str | None],
    needs: str,
    asker: Callable[[Output, Journal], Ask],
    join: Callable[[Row, Answer | None], Row],
    why: Callable[[Answer], str],
    unit: str,
    title: str = "asking",
    batch: int = 1,
    workers: int = 1,
) -> int:
    """Fill a folder with the songs of a table, each joined with a service's answer.

    Args:
        table: the songs.
        out: a new or empty folder, or one that the same query began to fill.
        origin: of the answers.
        limit: only so many songs; None for all.
        key_of: gives the key by which the service knows a row, or None.
        needs: what that key is, in words, for songs that have none.
        asker: called once with the output and its journal; returns the `ask` of crawl.
        join: gives the row of a song from its row in the table and the answer, None without one.
        why: why an answer has nothing for the song, or "" where it has.
        unit, title, batch, workers: see `crawl`.

    Returns:
        The number of songs.

    Raises:
        KerasfeatError: no song has a key, or some answers could not be got this time.
    """
    rows = read_rows(table)[:limit]
    keys = [key_of(row) for row in rows]
    asked = [key for key in keys if key]
    if not asked:
        raise KerasfeatError(
            f"no song of {table} has {needs}, by which {origin.source} finds songs."
        )
    query = {"table": str(absolute(table)), "limit": limit}
    with (
        filling(out, origin, query, parents=(table,)) as output,
        output.journal() as journal,
    ):
        ask = asker(output, journal)
        rows = output.placed(rows)

        def build() -> list[Row]:
            answers = (journal.answers.get(key) if key else None for key in keys)
            return [join(row, answer) for row, answer in zip(rows, answers, strict=True)]

        failed = Collection(output, journal, build).collect(
            asked, ask, unit=unit, title=title, batch=batch, workers=workers
        )
        reasons = {key: why(journal.answers[key]) for key in asked if key in journal.answers}
        missing = {key: reason for key, reason in reasons.items() if reason}
        counts = {"asked": len(set(asked)), "found": len(reasons) - len(missing)}
        numbered = enumerate(zip(rows, keys, strict=True), start=1)
        keyless = {called(row, number): f"no {needs}" for number, (row, key) in numbered if not key}
        return output.finish(build(), missing | keyless, failed, what=unit, counts=counts)
