"""The run directory: what one `fit` writes, safe against a kill at any moment."""

import contextlib
import json
import shutil
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from kerasfeat import KerasfeatError
from kerasfeat.files import write_json

# A run is "scored" when only its report is missing.
RUNNING, SCORED, COMPLETE = "running", "scored", "complete"


class Run:
    """A run directory. Later commands need only its path."""

    def __init__(self, path):
        self.path = Path(path)

    def __truediv__(self, name):
        return self.path / name

    @property
    def work(self):
        """What is needed only until the run is complete: checkpoints and the folds' predictions."""
        return self.path / "work"

    def read(self):
        """run.json."""
        try:
            state = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise KerasfeatError(
                f"{self.path} is not a run: it has no run.json. Name a directory that "
                "`kerasfeat fit` wrote."
            ) from None
        except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
            raise KerasfeatError(f"{self.path / 'run.json'} can't be read: {error}.") from error
        if not isinstance(state, dict) or not {"status", "config"} <= state.keys():
            raise KerasfeatError(
                f"{self.path / 'run.json'} is not one that `kerasfeat fit` wrote. Name a "
                "directory that it wrote."
            )
        return state

    def update(self, **content):
        """Add to run.json."""
        write_json(self.path / "run.json", {**self.read(), **content})

    def complete(self):
        """Mark the run as finished and drop the work folder."""
        self.update(status=COMPLETE)
        shutil.rmtree(self.work, ignore_errors=True)


def load(path):
    """A finished run.

    Raises:
        KerasfeatError: if it is none, or not finished.
    """
    run = Run(path)
    if run.read()["status"] != COMPLETE:
        raise KerasfeatError(
            f"{run.path} is not finished: `kerasfeat fit --resume {run.path}` goes on with it."
        )
    return run


def start(config, out=None, resume=False, runs=Path("runs")):
    """Open a run directory for `config`: a new one, or the unfinished one of the same
    configuration.

    Args:
        config: JSON dict that tells what is run; equal ones are the same experiment.
        out: directory; None for `runs/<task>-<time>`, or the newest unfinished run there with the
            same configuration.
        resume: `out` must be an unfinished run.

    Returns:
        (Run, lock held until the process ends, whether it goes on with earlier work).

    Raises:
        KerasfeatError: if the directory holds something else, or another process is at work in it.
    """
    config = json.loads(json.dumps(config))  # tuples to lists, as they are read back
    run = Run(out) if out else _unfinished(config, runs)
    if run is None:
        run = Run(runs / f"{config['task']}-{datetime.now():%Y%m%d-%H%M%S}")
        while run.path.exists():
            run = Run(run.path.with_name(f"{run.path.name}-1"))
    _check_name(run.path)
    resumed = _check(run, config, resume)
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        run.work.mkdir(exist_ok=True)
    except OSError as error:
        raise KerasfeatError(
            f"can't make the run directory {run.path}: {error.strerror}. Choose another with --out."
        ) from error
    lock = _lock(run)
    if not resumed:
        write_json(
            run / "run.json",
            {
                "status": RUNNING,
                "config": config,
                "started": datetime.now().astimezone().isoformat("T", "seconds"),
            },
        )
    return run, lock, resumed


def _check_name(path: Path) -> None:
    """Refuse a directory that TensorFlow can't write to."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise KerasfeatError(
            f"{path.absolute()} can't be the run directory: its name is no valid UTF-8, "
            "which TensorFlow needs. Choose another with --out."
        ) from None


def _check(run, config, resume):
    """Whether the directory holds this experiment, unfinished; anything else in it is refused."""
    if not run.path.exists() and not resume:
        return False
    if (
        run.path.is_dir()
        and not resume
        and not any(p for p in run.path.iterdir() if p.name != "work")
    ):
        return False
    if not run.path.is_dir() or not (run / "run.json").exists():
        wanted = "an unfinished run" if resume else "a new or empty directory"
        raise KerasfeatError(f"{run.path} is not {wanted}; choose another.")
    state = run.read()
    if state["status"] == COMPLETE:
        raise KerasfeatError(
            f"{run.path} holds a finished run, which is never overwritten. Choose another "
            "directory with --out."
        )
    there = state["config"]
    differing = sorted(
        key for key in there.keys() | config.keys() if there.get(key) != config.get(key)
    )
    if differing:
        changes = "; ".join(
            f"{key}: {there.get(key)!r} there, {config.get(key)!r} now" for key in differing
        )
        raise KerasfeatError(
            f"{run.path} holds an unfinished run of another experiment ({changes}). Choose "
            "another directory with --out."
        )
    return True


def _unfinished(config, runs):
    """The newest unfinished run of the same configuration that no process is at work in."""
    candidates = (
        sorted(
            (p.parent for p in runs.glob("*/run.json")),
            key=lambda p: p.stat().st_mtime,
            reverse=True,
        )
        if runs.is_dir()
        else []
    )
    for run in map(Run, candidates):
        with contextlib.suppress(
            KerasfeatError
        ):  # it is damaged or none, or a process is at work in it
            state = run.read()
            if state["status"] != COMPLETE and state["config"] == config:
                _lock(run).release()
                return run
    return None


def _lock(run):
    lock = FileLock(run.work / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise KerasfeatError(
            f"another process is at work in {run.path}. Wait for it, or choose another "
            "directory with --out."
        ) from None
    return lock
