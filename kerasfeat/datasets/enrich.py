"""Ask a service about each song of a table, and join what it says."""

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.crawl import collect
from kerasfeat.datasets.output import absolute, filling
from kerasfeat.datasets.rows import called, read_rows


def enrich(place, out, origin, limit, *, key_of, needs, asker, join, why, **how):
    """A folder `out` with the table at `place`, each song joined with the service's answer.

    Args:
        place: a table.
        out: folder to fill.
        origin: an Origin.
        limit: only so many songs; None for all.
        key_of: gives the key by which the service knows a row, or None.
        needs: what that key is, in words, for songs that have none.
        asker: called once as asker(output, journal); returns the `ask` of crawl.
        join: gives the row of a song as join(row, answer or None).
        why: why an answer has nothing for the song, or "" where it has.
        how: further arguments of crawl.

    Returns:
        The number of songs.
    """
    rows = read_rows(place)[:limit]
    keys = [key_of(row) for row in rows]
    asked = [key for key in keys if key]
    if not asked:
        raise KerasfeatError(
            f"no song of {place} has {needs}, by which {origin.source} finds songs."
        )
    with (
        filling(
            out, origin, {"table": str(absolute(place)), "limit": limit}, parents=(place,)
        ) as output,
        output.journal() as journal,
    ):
        ask = asker(output, journal)
        rows = output.placed(rows)

        def build():
            return [
                join(row, journal.answers.get(key)) for row, key in zip(rows, keys, strict=True)
            ]

        failed = collect(output, journal, build, asked, ask, **how)
        absent = {key: why(journal.answers[key]) for key in asked if key in journal.answers}
        missing = {key: reason for key, reason in absent.items() if reason}
        counts = {"asked": len(set(asked)), "found": len(absent) - len(missing)}
        keyless = {
            called(row, number): f"no {needs}"
            for number, (row, key) in enumerate(zip(rows, keys, strict=True), start=1)
            if not key
        }
        return output.finish(build(), missing | keyless, failed, what=how["unit"], counts=counts)
