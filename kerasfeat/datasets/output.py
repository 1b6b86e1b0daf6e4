"""The folder that a source fills: a table, audio beside it, the answers got so far, and
provenance.json.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from kerasfeat import KerasfeatError, __version__
from kerasfeat.datasets.http.journal import Journal
from kerasfeat.datasets.tables import table
from kerasfeat.files import encoded, write_bytes
from kerasfeat.progress import say

TABLE = "tracks.csv"
PROVENANCE = "provenance.json"
JOURNAL = "answers.jsonl"
LOCK = ".lock"
SHOWN = 5


@dataclass(frozen=True)
class Origin:
    """What provenance.json says of a source: its name, address, licence, and notes for whoever uses
    the data.
    """

    source: str
    url: str
    licence: str
    notes: tuple = ()


@dataclass(frozen=True)
class Output:
    """A folder being filled.

    Attributes:
        folder: where.
        origin: an Origin.
        query: what was asked for; a folder holds one query's result.
        parents: provenance of the tables that it is made from, without their lists of failures.
    """

    folder: Path
    origin: Origin
    query: dict
    parents: tuple = ()

    @contextlib.contextmanager
    def journal(self):
        """The Journal of answers, closed at the end."""
        journal = Journal(self.folder / JOURNAL)
        try:
            yield journal
        finally:
            journal.close()

    def write(self, rows, failed=None, *, complete=True, counts=None):
        """Write the table and its provenance; half of a file is never there.

        Args:
            rows: dicts of column to value; None and absent are empty cells.
            failed: {what: why} of what is not there or lacks something.
            complete: whether nothing is left to ask for.
            counts: further numbers for provenance.json.
        """
        failed = failed or {}
        write_bytes(self.folder / TABLE, encoded(table(rows)))
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

    def relative(self, path):
        """An audio file's path as the table has it: relative to the folder, where that can be."""
        path = Path(path)
        # "Up" from a linked folder leads to where it really lies; a linked file keeps its own name.
        real = path.parent.resolve() / path.name
        try:
            return Path(os.path.relpath(real, self.folder.resolve())).as_posix()
        except ValueError:  # on another drive of Windows
            return str(path)

    def placed(self, rows):
        """Rows of another table, whose audio paths are absolute, as this table has them."""
        return [
            {**row, "audio": self.relative(row["audio"])} if "audio" in row else row for row in rows
        ]

    def finish(self, rows, missing=None, failed=None, *, what="songs", counts=None):
        """Write the result and say what is missing for good; returns the number of rows.

        Args:
            rows, counts: see `write`.
            missing: {what: why} of what the source does not have.
            failed: {what: why} of what could not be had this time.
            what: what they are, such as "songs".

        Raises:
            KerasfeatError: there is something in `failed`.
        """
        missing, failed = missing or {}, failed or {}
        self.write(rows, missing | failed, complete=not failed, counts=counts)
        _say_missing(missing, what)
        if failed:
            reasons = " ".join(list(dict.fromkeys(failed.values()))[:2])
            raise KerasfeatError(
                f"{_count(failed, what)} could not be had this time: {reasons} What there "
                f"is lies in {self.folder}; run the same command "
                "again to get the rest."
            )
        return len(rows)


def absolute(place):
    """A path that means the same in whatever folder the command is given again: such a one stands
    in provenance.json.
    """
    return Path(place).expanduser().absolute()


@contextlib.contextmanager
def filling(folder, origin, query, parents=()):
    """The Output for a new or empty folder, or for one that the same query began to fill; `parents`
    are the tables that it is made from.

    What fails before it has anything to keep leaves no trace, so that the folder is free for the
    command in its right form.

    Raises:
        KerasfeatError: the folder holds something else, another process fills it, or it can't be
            written.
    """
    folder = absolute(folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _held(FileLock(folder / LOCK), folder), _claimed(folder, origin, query):
            known = [provenance for provenance in map(provenance_of, parents) if provenance]
            short = tuple(
                {name: value for name, value in provenance.items() if name != "failed"}
                for provenance in known
            )
            yield Output(folder, origin, query, short)
    except OSError as error:
        raise KerasfeatError(
            f"can't write to {folder}: {error.strerror or error}. Free some space or "
            "choose another folder, then run the same command "
            "again: it goes on where it stopped."
        ) from error
    finally:
        if made:
            with contextlib.suppress(OSError):  # since there is something in it
                folder.rmdir()


def provenance_of(place):
    """The provenance.json of a folder or beside a table; None where there is none that can be read."""
    place = absolute(place)
    path = (place if place.is_dir() else place.parent) / PROVENANCE
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


@contextlib.contextmanager
def _held(lock, folder):
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise KerasfeatError(
            f"another process is filling {folder}: wait for it, or choose another folder."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _claimed(folder, origin, query):
    """Mark a new folder as this query's, and take the mark away after an error before anything
    came; refuse any other folder.
    """
    new = _claim(folder, origin, query)
    marked = _written(folder)
    try:
        yield
    except BaseException:
        if new and _written(folder) == marked:
            for name in (*marked, JOURNAL, LOCK):
                with contextlib.suppress(OSError):  # Windows keeps a lock that is held
                    (folder / name).unlink()
        raise


def _written(folder):
    """{name: when it was written} of what is in a folder, without the lock and a journal of no
    answers.
    """
    found = {entry.name: entry.lstat() for entry in folder.iterdir() if entry.name != LOCK}
    return {
        name: entry.st_mtime_ns for name, entry in found.items() if name != JOURNAL or entry.st_size
    }


def _claim(folder, origin, query):
    """Whether the folder is new to this query, and marked as its own now; any other's is refused."""
    mark = folder / PROVENANCE
    if mark.exists():
        found = provenance_of(folder) or {}
        if (found.get("source"), found.get("query")) == (
            origin.source,
            json.loads(json.dumps(query)),
        ):
            return False
    elif not any(entry.name != LOCK for entry in folder.iterdir()):
        Output(folder, origin, query).write([], complete=False)
        return True
    raise KerasfeatError(
        f"{folder} is not empty and holds something other than what this command makes. "
        "Choose a new or empty folder, or repeat the "
        f"command that it was made with (its {PROVENANCE} says which)."
    )


def _say_missing(missing, what):
    """Which things are missing, by reason, with examples."""
    by_reason = {}
    for name, why in missing.items():
        by_reason.setdefault(why, []).append(str(name))
    for why, names in by_reason.items():
        shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
        say(f"{_count(names, what)}: {why} ({shown})")


def _count(things, what):
    """ "3 songs", "1 song"."""
    return f"{len(things):,} {what if len(things) != 1 else what.removesuffix('s')}"
