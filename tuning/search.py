"""The search itself: its directory, its processes, and how it ends."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kerasfeat import KerasfeatError
from kerasfeat.files import write_json
from kerasfeat.progress import say
from tuning import results, workers
from tuning.durable import FAILURES, Durable
from tuning.plan import FILE, Plan, Request, directory, make_plan
from tuning.results import Row
from tuning.roles import CHIEF, WORKER, role
from tuning.trials import Trainer
from tuning.tuner import Tuner, make_oracle, work


@dataclass(frozen=True)
class Search:
    """A search that came to its end.

    Attributes:
        request: what was asked for.
        folder: its directory.
        plan: what was searched.
        rows: what trials.csv holds, in the order of the trials' ends.
        complete: whether all trials that were asked for have ended.
    """

    request: Request
    folder: Path
    plan: Plan
    rows: list[Row]
    complete: bool


def search(request: Request) -> Search | None:
    """Run a search, or go on with it, in this process or in several.

    Returns:
        None in a worker of a chief on another machine.

    Raises:
        KerasfeatError: for a bad request, three failed trials in a row, or no trial that succeeded.
    """
    plan = make_plan(request)
    folder = directory(plan, request.out)
    own_role = role()
    if own_role and request.workers > 1:
        raise KerasfeatError(
            "--workers starts workers on this machine, and KERASTUNER_TUNER_ID makes this "
            "process one: use one of them."
        )
    if own_role == WORKER:
        work(plan, folder)
        return None
    with _opened(folder, plan) as resumed:
        oracle = make_oracle(plan, folder)
        say(
            f"{'going on with' if resumed else 'writing'} {folder}: "
            f"{len(oracle.end_order)} trials done"
        )
        trainer = Trainer(plan, folder)
        if not _is_over(oracle):
            _check(trainer, request, new=not oracle.end_order)
            _run(oracle, trainer, request)
        rows = results.rows(oracle, plan, folder)
        _refuse_failure(oracle, rows)
        shutil.rmtree(folder / "workers", ignore_errors=True)
        is_complete = oracle.stopped is None or _is_over(oracle)
        return Search(request, folder, plan, rows, is_complete)


def _check(trainer: Trainer, request: Request, new: bool) -> None:
    """Train one epoch with the defaults, unless trials have shown before that everything works."""
    if not new:
        trainer.experiment({})
        return
    least_s = trainer.rehearse()
    if request.time_limit_s and request.time_limit_s < least_s:
        raise KerasfeatError(
            f"the time limit of {request.time_limit_s:g} s is shorter than one trial: with "
            f"the defaults it takes at least {least_s:.0f} s. "
            "Give more time, or train fewer epochs with --set epochs=5."
        )


def _is_over(oracle: Durable) -> bool:
    return oracle.max_trials is not None and len(oracle.end_order) >= oracle.max_trials


def _run(oracle: Durable, trainer: Trainer, request: Request) -> None:
    """Trials until the oracle has no more."""
    plan, folder = trainer.plan, trainer.folder
    oracle.on_end = lambda trial: results.record(oracle, plan, folder, trial)
    if request.time_limit_s:
        oracle.deadline = time.monotonic() + request.time_limit_s
    try:
        if role() == CHIEF:
            workers.lead(oracle, folder)
        elif request.workers > 1:
            workers.lead_local(oracle, folder, request)
        else:
            Tuner(oracle, trainer).search()
    except KeyboardInterrupt:
        oracle.interrupted()
        say(f"stopped after {len(oracle.end_order)} trials; run the same command again to resume")
        raise


def _refuse_failure(oracle: Durable, rows: list[Row]) -> None:
    if oracle.stopped == "failures":
        raise KerasfeatError(
            f"{FAILURES} trials in a row failed, and the search stopped. The last: "
            f"{rows[-1]['reason']} "
            "Fix the cause and run the same command again to resume."
        )
    if not any(row["status"] == "COMPLETED" for row in rows):
        raise KerasfeatError("no trial finished within the time limit; give more time.")


@contextmanager
def _opened(folder: Path, plan: Plan) -> Iterator[bool]:
    """Hold the search's directory; yields whether it was there before."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise KerasfeatError(
            f"another process is at work in {folder}. Wait for it, or choose another "
            "folder with --out."
        ) from None
    except OSError as error:
        raise KerasfeatError(
            f"can't make the directory {folder}: {error.strerror}. Choose another folder "
            "with --out."
        ) from error
    try:
        resumed = (folder / FILE).exists()
        if not resumed:
            write_json(folder / FILE, {"config": plan.config, "data": str(plan.setup.songs.path)})
        yield resumed
    finally:
        lock.release()
