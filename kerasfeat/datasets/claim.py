"""Whose a folder is: one process fills it, and one query's result lies in it."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from kerasfeat import KerasfeatError
from kerasfeat.datasets.provenance import JOURNAL, LOCK, PROVENANCE, Query, provenance_of
from kerasfeat.files import is_leftover, remove_leftovers


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from filling the folder.

    Raises:
        KerasfeatError: one does.
    """
    lock = FileLock(folder / LOCK)
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
def claimed(
    folder: Path, source: str, query: Query, write_mark: Callable[[], None]
) -> Iterator[None]:
    """Mark a new folder as the query's, and take the mark away after an error before anything came.

    What killed processes were writing there is removed; the caller has locked the folder.

    Args:
        folder: what is filled.
        source, query: what is asked for of whom, as the mark says it.
        write_mark: writes provenance.json.

    Raises:
        KerasfeatError: the folder holds something else.
    """
    new = is_new(folder, source, query)
    remove_leftovers(folder)
    if new:
        write_mark()
    marked = _written(folder)
    try:
        yield
    except BaseException:
        if new and _written(folder) == marked:
            for name in (*marked, JOURNAL, LOCK):
                with contextlib.suppress(OSError):  # Windows keeps a lock that is held
                    (folder / name).unlink()
        raise


def _written(folder: Path) -> dict[str, int]:
    """{name: when it was written, nanoseconds} of what is in a folder.

    The lock and a journal of no answers are left out.
    """
    entries = {entry.name: entry.lstat() for entry in folder.iterdir() if entry.name != LOCK}
    return {
        name: entry.st_mtime_ns
        for name, entry in entries.items()
        if name != JOURNAL or entry.st_size
    }


def is_unused(folder: Path) -> bool:
    """Whether a folder holds at most the lock, and what killed processes were writing."""
    return all(entry.name == LOCK or is_leftover(entry) for entry in folder.iterdir())


def is_new(folder: Path, source: str, query: Query) -> bool:
    """Whether a folder is new rather than one that a query has begun to fill.

    Raises:
        KerasfeatError: it holds something else.
    """
    if (folder / PROVENANCE).exists():
        provenance = provenance_of(folder) or {}
        asked = (source, json.loads(json.dumps(query)))
        if (provenance.get("source"), provenance.get("query")) == asked:
            return False
    elif is_unused(folder):
        return True
    raise KerasfeatError(
        f"{folder} is not empty and holds something other than what this command makes. "
        "Choose a new or empty folder, or repeat the command that it was made with (its "
        f"{PROVENANCE} says which)."
    )
