"""The folder that a source fills: a table, audio beside it, the answers got so far, and
provenance.json.
"""

import contextlib
import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from kerasfeat import KerasfeatError, __version__
from kerasfeat.datasets.claim import claimed, is_new, locked
from kerasfeat.datasets.croissant import CROISSANT, croissant
from kerasfeat.datasets.http.journal import Journal
from kerasfeat.datasets.provenance import (
    JOURNAL,
    PROVENANCE,
    TABLE,
    Provenance,
    Query,
    absolute,
    provenance_of,
)
from kerasfeat.datasets.rows import Row
from kerasfeat.datasets.tables import table
from kerasfeat.files import encoded, write_bytes
from kerasfeat.progress import say
from kerasfeat.text import count

SHOWN = 5


@dataclass(frozen=True)
class Origin:
    """What provenance.json says of a source.

    Attributes:
        source: its name.
        url: its address.
        licence: of the data.
        notes: for whoever uses the data.
    """

    source: str
    url: str
    licence: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Output:
    """A folder being filled.

    Attributes:
        folder: where.
        origin: where the songs come from.
        query: what was asked for; a folder holds one query's result.
        parents: provenance of the tables that it is made from, without their lists of failures.
    """

    folder: Path
    origin: Origin
    query: Query
    parents: tuple[Provenance, ...] = ()

    @contextlib.contextmanager
    def journal(self) -> Iterator[Journal]:
        """The Journal of answers, closed at the end."""
        journal = Journal(self.folder / JOURNAL)
        try:
            yield journal
        finally:
            journal.close()

    def write(
        self,
        rows: Sequence[Row],
        failed: Mapping[str, str] | None = None,
        *,
        complete: bool = True,
        counts: Mapping[str, int] | None = None,
    ) -> None:
        """Write the table, its provenance, and croissant.json; half of a file is never there.

        Args:
            rows: columns that a row lacks are empty cells.
            failed: {what: why} of what is not there or lacks something.
            complete: whether nothing is left to ask for.
            counts: further numbers for provenance.json.
        """
        failed = failed or {}
        # A service's JSON may name half of a surrogate pair, which is no text.
        content = encoded(table(rows))
        write_bytes(self.folder / TABLE, content)
        provenance = {
            "source": self.origin.source,
            "url": self.origin.url,
            "licence": self.origin.licence,
            "notes": list(self.origin.notes),
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "kerasfeat": __version__,
            "query": self.query,
            "made_from": list(self.parents),
            "complete": complete,
            "counts": {"rows": len(rows), **(counts or {}), "failed": len(failed)},
            "failed": [{"what": what, "why": why} for what, why in failed.items()],
        }
        text = json.dumps(provenance, indent=2, ensure_ascii=False)
        write_bytes(self.folder / PROVENANCE, encoded(text) + b"\n")
        columns = next(csv.reader([content.decode().split("\n", 1)[0]]))
        described = croissant(self.folder.absolute().name, provenance, content, columns)
        write_bytes(self.folder / CROISSANT, encoded(described))

    def relative(self, path: str | Path) -> str:
        """An audio file's path as the table has it: relative to the folder, where that can be."""
        path = Path(path)
        # "Up" from a linked folder leads to where it really lies; a linked file keeps its own name.
        real = path.parent.resolve() / path.name
        try:
            return Path(os.path.relpath(real, self.folder.resolve())).as_posix()
        except ValueError:  # on another drive of Windows
            return str(path)

    def placed(self, rows: Sequence[Row]) -> list[Row]:
        """Rows of another table, whose audio paths are absolute, as this table has them."""
        return [
            {**row, "audio": self.relative(row["audio"])} if "audio" in row else row for row in rows
        ]

    def finish(
        self,
        rows: Sequence[Row],
        missing: Mapping[str, str] | None = None,
        failed: Mapping[str, str] | None = None,
        *,
        what: str = "songs",
        counts: Mapping[str, int] | None = None,
    ) -> int:
        """Write the result and say what is missing for good.

        Args:
            rows, counts: see `write`.
            missing: {what: why} of what the source does not have.
            failed: {what: why} of what could not be got this time.
            what: what they are, such as "songs".

        Returns:
            The number of rows.

        Raises:
            KerasfeatError: there is something in `failed`.
        """
        missing, failed = missing or {}, failed or {}
        self.write(rows, {**missing, **failed}, complete=not failed, counts=counts)
        _say_missing(missing, what)
        if failed:
            reasons = " ".join(list(dict.fromkeys(failed.values()))[:2])
            raise KerasfeatError(
                f"{_count(failed, what)} could not be fetched now: {reasons} What was fetched is "
                f"in {self.folder}; run the same command again to get the rest."
            )
        return len(rows)


@contextlib.contextmanager
def filling(
    folder: str | Path, origin: Origin, query: Query, parents: Sequence[str | Path] = ()
) -> Iterator[Output]:
    """The Output for a new or empty folder, or for one that the same query began to fill.

    What fails before it has anything to keep leaves no trace, so that the folder is free for the
    command in its right form.

    Args:
        folder: made where it is not there.
        origin: where the songs come from.
        query: what is asked for.
        parents: the tables that it is made from.

    Raises:
        KerasfeatError: the folder holds something else, another process fills it, or it can't be
            written.
    """
    folder = absolute(folder)
    empty = Output(folder, origin, query)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Now too, so that no lock is left in a folder of something else.
        is_new(folder, origin.source, query)
        with (
            locked(folder),
            claimed(folder, origin.source, query, lambda: empty.write([], complete=False)),
        ):
            yield Output(folder, origin, query, _without_failures(parents))
    except OSError as error:
        raise KerasfeatError(
            f"can't write to {folder}: {error.strerror or error}. Free some space or choose "
            "another folder, then run the same command again to resume."
        ) from error
    except KeyboardInterrupt:
        say(f"stopped: run the same command again to resume {folder}")
        raise
    finally:
        if made:
            with contextlib.suppress(OSError):  # since there is something in it
                folder.rmdir()


def _without_failures(tables: Sequence[str | Path]) -> tuple[Provenance, ...]:
    known = [provenance for provenance in map(provenance_of, tables) if provenance]
    return tuple(
        {name: value for name, value in provenance.items() if name != "failed"}
        for provenance in known
    )


def _say_missing(missing: Mapping[str, str], what: str) -> None:
    """Which things are missing, by reason, with examples."""
    by_reason: dict[str, list[str]] = {}
    for name, why in missing.items():
        by_reason.setdefault(why, []).append(str(name))
    for why, names in by_reason.items():
        shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
        say(f"{_count(names, what)}: {why} ({shown})")


def _count(things: Sized, what: str) -> str:
    """ "3 songs" or "1 song"; `what` they are is in the plural."""
    return count(len(things), what.removesuffix("s"))
