"""The run directory: what one `fit` writes, safe against a kill at any moment."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from errno import EACCES, ENOTDIR
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.run_files import RUN, damage_told, load_run
from kerasfeat.experiment.spec import Spec
from kerasfeat.files import disk_told, expanded, is_leftover, remove_leftovers, write_json
from kerasfeat.progress import say

# A run is "scored" when only its report is missing.
RUNNING, SCORED, COMPLETE = "running", "scored", "complete"
LOCK = "lock"  # in the work folder


class RunDirectory:
    """A run directory. Later commands need only its path."""

    def __init__(self, path: Path | str) -> None:
        self.path = expanded(path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def work(self) -> Path:
        """What is needed only until the run is complete: checkpoints and the folds' predictions."""
        return self.path / "work"

    @property
    def holds_work(self) -> bool:
        """Whether something was trained, or begun to be."""
        own = {entry.name for entry in self.path.iterdir()} - {"run.json", self.work.name}
        return bool(own) or any(entry.is_dir() for entry in self.work.iterdir())

    @property
    def learnt_validation(self) -> bool:
        """Whether the model was fitted to validation songs too, or a part of it was.

        Raises:
            KerasfeatError: run.json does not say so.
        """
        with damage_told(self / RUN):
            return bool(self.read()["learnt_validation"])

    def read(self) -> dict[str, Any]:
        """run.json."""
        try:
            state = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            lacks = "it is a file" if self.path.is_file() else "it has no run.json"
            raise KerasfeatError(
                f"{self.path} is not a run: {lacks}. Name a directory that `kerasfeat fit` wrote. "
                "The run comes first, then songs or the output path."
            ) from None
        except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
            why = getattr(error, "strerror", None) or error
            raise KerasfeatError(f"{self.path / 'run.json'} can't be read: {why}.") from error
        known = {"status", "config"} <= state.keys() if isinstance(state, dict) else False
        if not known or state["status"] not in (RUNNING, SCORED, COMPLETE):
            raise KerasfeatError(
                f"{self.path / 'run.json'} is not one that `kerasfeat fit` wrote. Name a "
                "directory that it wrote."
            )
        return state

    def update(self, **content: Any) -> None:
        """Add to run.json."""
        write_json(self.path / "run.json", {**self.read(), **content})

    def complete(self) -> None:
        """Mark the run as finished and drop the work folder."""
        self.update(status=COMPLETE)
        shutil.rmtree(self.work, ignore_errors=True)


def load(path: Path | str) -> RunDirectory:
    """A finished run.

    Raises:
        KerasfeatError: if it is none, or not finished.
    """
    run = RunDirectory(path)
    if run.read()["status"] != COMPLETE:
        raise KerasfeatError(
            f"{run.path} is not finished: resume it with `kerasfeat fit --resume {run.path}`."
        )
    with damage_told(run.path / RUN):
        Spec.from_json(load_run(run.path)["config"])
    return run


@dataclass(frozen=True)
class Started:
    """A run directory that is being worked in.

    Attributes:
        directory: the run's.
        lock: held until the work ends, unless the run is finished.
        resumed: whether it goes on with earlier work.
        made: whether the directory was not there before.
        finished: whether nothing is left to do.
    """

    directory: RunDirectory
    lock: BaseFileLock
    resumed: bool
    made: bool = False
    finished: bool = False

    @property
    def said(self) -> str:
        """How the work begins, in words."""
        if self.finished:
            return f"{self.directory.path} holds this very run, finished: nothing is left to do"
        return f"{'going on with' if self.resumed else 'writing'} {self.directory.path}"

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Hold the directory until the end; what stops the work is told with how to go on.

        What fails before anything was trained leaves nothing; a directory that was there before
        stays.

        Raises:
            KerasfeatError: the disk is full.
        """
        with _released(self.lock), disk_told(self.directory.path):
            try:
                yield
            except KeyboardInterrupt:
                say(f"stopped: run the same command again to resume {self.directory.path}")
                raise
            except KerasfeatError:
                if not self.resumed and not self.directory.holds_work:
                    self._undo()
                raise

    def _undo(self) -> None:
        """Remove what `start` wrote."""
        shutil.rmtree(self.directory.work, ignore_errors=True)
        with contextlib.suppress(OSError):  # Windows keeps a lock that is held
            (self.directory / "run.json").unlink(missing_ok=True)
            if self.made:
                self.directory.path.rmdir()


def named_directory(out: Path | str | None, resume: Path | str | None) -> Path | str | None:
    """The directory that `out` or `resume` names; None where neither does.

    Raises:
        KerasfeatError: both do.
    """
    if out is not None and resume is not None:
        raise KerasfeatError(
            f"--resume {resume} names the run directory, and so does --out {out}: leave --out out."
        )
    return out if resume is None else resume


def require_usable(
    spec: Spec, out: Path | str | None = None, resume: bool = False, runs: Path = Path("runs")
) -> None:
    """Refuse a directory that `start` would refuse, and write nothing.

    Args:
        spec, out, resume, runs: of `start`.

    Raises:
        KerasfeatError: the directory holds something else, or can't be made.
    """
    run = RunDirectory(out or runs / "new")
    _check_name(run.path)
    if out:
        _status(run, spec, resume)
    nearest = next(path for path in (run.path, *run.path.absolute().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise _not_made(run.path, os.strerror(EACCES if nearest.is_dir() else ENOTDIR))


def _not_made(path: Path, reason: str | None) -> KerasfeatError:
    return KerasfeatError(
        f"can't make the run directory {path}: {reason}. Choose another with --out."
    )


def start(
    spec: Spec, out: Path | str | None = None, resume: bool = False, runs: Path = Path("runs")
) -> Started:
    """Open a run directory for an experiment: a new one, or its own, finished or not.

    Args:
        spec: what is run.
        out: directory; None for `runs/<task>-<time>`, or the newest unfinished run there of the
            same experiment.
        resume: `out` must be a run.
        runs: where directories without a name go.

    Raises:
        KerasfeatError: the directory holds something else, or another process is at work in it.
    """
    run = RunDirectory(out) if out else _unfinished(spec, runs)
    if run is None:
        run = RunDirectory(runs / f"{spec.task}-{datetime.now():%Y%m%d-%H%M%S}")
        while run.path.exists():
            run = RunDirectory(run.path.with_name(f"{run.path.name}-1"))
    _check_name(run.path)
    status = _status(run, spec, resume)
    resumed = status is not None
    if status == COMPLETE:
        return Started(run, FileLock(run.work / LOCK), resumed, finished=True)
    made = not run.path.exists()
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        run.work.mkdir(exist_ok=True)
    except OSError as error:
        raise _not_made(run.path, error.strerror) from error
    lock = _lock(run)
    try:
        remove_leftovers(run.path)
        if not resumed:
            started = datetime.now().astimezone().isoformat("T", "seconds")
            state = {"status": RUNNING, "config": spec.to_json(), "started": started}
            write_json(run / "run.json", state)
    except BaseException:
        lock.release()
        raise
    return Started(run, lock, resumed, made)


def _check_name(path: Path) -> None:
    """Refuse a directory that TensorFlow can't write to."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise KerasfeatError(
            f"{path.absolute()} can't be the run directory: its name is not valid UTF-8, "
            "which TensorFlow needs. Choose another with --out."
        ) from None


def _status(run: RunDirectory, spec: Spec, resume: bool) -> str | None:
    """The status of this experiment's run in a directory, None where it is new; anything else in
    it is refused.
    """
    if not resume and not _holds_anything(run.path):
        return None
    if not run.path.is_dir() or not (run / "run.json").exists():
        wanted = "a run" if resume else "a new or empty directory"
        raise KerasfeatError(f"{run.path} is not {wanted}; choose another.")
    state = run.read()
    is_finished = state["status"] == COMPLETE
    there, now = state["config"], spec.to_json()
    differing = sorted(name for name in now if there.get(name) != now[name])
    if differing:
        changes = "; ".join(
            f"{name}: {there.get(name)!r} there, {now[name]!r} now" for name in differing
        )
        what = "a finished run, which is never overwritten," if is_finished else "an unfinished run"
        raise KerasfeatError(
            f"{run.path} holds {what} of another experiment ({changes}). Choose another directory "
            "with --out."
        )
    return state["status"]


def _holds_anything(path: Path) -> bool:
    """Whether there is anything but what a killed `fit` leaves before it has written run.json."""
    if not path.is_dir():
        return path.exists()
    work = RunDirectory(path).work
    entries = [entry for entry in path.iterdir() if entry != work or not _is_unused(work)]
    return not all(map(is_leftover, entries))


def _is_unused(work: Path) -> bool:
    """Whether a work folder holds at most the lock."""
    return work.is_dir() and {entry.name for entry in work.iterdir()} <= {LOCK}


def _unfinished(spec: Spec, runs: Path) -> RunDirectory | None:
    """The newest unfinished run of the same experiment that no process is at work in."""
    folders = [path.parent for path in runs.glob("*/run.json")] if runs.is_dir() else []
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
        run = RunDirectory(folder)
        # It is damaged or none, or a process is at work in it.
        with contextlib.suppress(KerasfeatError):
            state = run.read()
            if state["status"] != COMPLETE and state["config"] == spec.to_json():
                _lock(run).release()
                return run
    return None


@contextlib.contextmanager
def _released(lock: BaseFileLock) -> Iterator[None]:
    """Release a lock at the end: a traceback that a notebook keeps would hold it on."""
    try:
        yield
    finally:
        lock.release()


def _lock(run: RunDirectory) -> BaseFileLock:
    lock = FileLock(run.work / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise KerasfeatError(
            f"another process is at work in {run.path}. Wait for it, or choose another "
            "directory with --out."
        ) from None
    return lock
