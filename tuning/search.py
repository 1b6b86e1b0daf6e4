"""The search itself: oracle, trials, and what is written after each of them."""

import shutil
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras_tuner
from filelock import FileLock, Timeout
from keras_tuner.engine import base_tuner
from keras_tuner.engine import trial as trials

from kerasfeat import KerasfeatError
from kerasfeat.files import write_json
from kerasfeat.progress import say
from tuning import oracles, results, workers
from tuning.plan import FILE, directory, make_plan
from tuning.spaces import keras_tuner_space
from tuning.trials import RESULT, Bounds, Trainer

IDLE_S = 0.2


class Tuner(base_tuner.BaseTuner):
    """Asks an oracle, here or at the chief's, for trials, and runs them.

    Args:
        oracle: from `oracles.make`.
        trainer: a Trainer.
    """

    def __init__(self, oracle, trainer):
        self.trainer = trainer
        super().__init__(
            oracle=oracle, directory=str(trainer.folder.parent), project_name=trainer.folder.name
        )

    def run_trial(self, trial):
        """{objective: value}; the whole result, or the reason of the failure, is in the trial's
        folder.
        """
        folder = self.trainer.folder / f"trial_{trial.trial_id}"
        if not (folder / "trial.json").exists():
            raise keras_tuner.errors.FatalError(
                f"the chief's trial {folder} can't be seen here: give chief and workers "
                "the same --out."
            )
        # Read from the file, since a trial that was sent over the network has lost the order and
        # the types of some values.
        values = trials.Trial.load(str(folder / "trial.json")).hyperparameters.values
        before = values.get("tuner/trial_id")
        bounds = Bounds(
            values.get("tuner/epochs"), self.trainer.folder / f"trial_{before}" if before else None
        )
        try:
            result = self.trainer.run(
                trial.trial_id,
                {name: value for name, value in values.items() if "/" not in name},
                bounds,
            )
        except Exception as error:
            (folder / "error.txt").write_text(traceback.format_exc())
            write_json(folder / RESULT, {"reason": results.reason(error)})
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        write_json(folder / RESULT, result)
        return {self.oracle.objective.name: result["value"]}

    def pre_create_trial(self):
        """A chief that has nothing to do at the moment would be asked without end."""
        if self._is_worker():
            time.sleep(IDLE_S)

    def on_trial_end(self, trial):
        """Tell the oracle; drop what only a later trial of Hyperband would need."""
        super().on_trial_end(trial)
        if self.trainer.plan.tuner != "hyperband":
            shutil.rmtree(
                self.trainer.folder / f"trial_{trial.trial_id}" / "work", ignore_errors=True
            )

    def save(self):
        """Nothing: the oracle saves itself, and there is nothing else."""

    def reload(self):
        """Nothing: see `save`."""


@dataclass(frozen=True)
class Search:
    """A search that came to its end.

    Attributes:
        folder: its directory.
        plan: its Plan.
        rows: what trials.csv holds, a dict a trial in the order of their ends.
        complete: whether all trials that were asked for have ended.
    """

    folder: Path
    plan: object
    rows: list
    complete: bool


def search(request):
    """Run a search, or go on with it, in this process or in several.

    Returns:
        A Search; None in a worker of a chief on another machine.

    Raises:
        KerasfeatError: for a bad request, three failed trials in a row, or no trial that succeeded.
    """
    plan = make_plan(request)
    folder = directory(plan, request.out)
    role = workers.role()
    if role and request.workers > 1:
        raise KerasfeatError(
            "--workers starts workers on this machine, and KERASTUNER_TUNER_ID makes this "
            "process one: use one of them."
        )
    if role == workers.WORKER:
        work(plan, folder)
        return None
    with _opened(folder, plan) as resumed:
        oracle = make_oracle(plan, folder)
        say(
            f"{'going on with' if resumed else 'writing'} {folder}: "
            f"{len(oracle.end_order)} trials done"
        )
        trainer = Trainer(plan, folder)
        if not _over(oracle):
            _check(trainer, request, new=not oracle.end_order)
            _run(plan, oracle, trainer, request, role)
        rows = results.rows(oracle, plan, folder)
        _refuse(oracle, rows)
        shutil.rmtree(folder / "workers", ignore_errors=True)
        return Search(folder, plan, rows, complete=oracle.stopped is None or _over(oracle))


def work(plan, folder):
    """Run trials for a chief until it has no more."""
    trainer = Trainer(plan, folder)
    trainer.experiment({})  # with the defaults first: they say which songs there are
    tuner = Tuner(make_oracle(plan, folder), trainer)
    with workers.alive(folder / "workers" / tuner.tuner_id):
        tuner.search()


def make_oracle(plan, folder):
    """The search's oracle, with what it has done before."""
    objective = keras_tuner.Objective(plan.objective, plan.direction)
    epochs = plan.hyperparameters.training.epochs
    declared = keras_tuner_space(plan.space)
    oracle = oracles.make(
        plan.tuner, plan.space, declared, objective, plan.settings.seed, epochs, plan.max_trials
    )
    oracle._set_project_dir(str(folder.parent), folder.name)
    if (folder / "oracle.json").exists() and workers.role() != workers.WORKER:
        oracle.reload()
    return oracle


def _check(trainer, request, new):
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


def _over(oracle):
    return oracle.max_trials is not None and len(oracle.end_order) >= oracle.max_trials


def _run(plan, oracle, trainer, request, role):
    """Trials until the oracle has no more."""
    oracle.on_end = lambda trial: results.record(oracle, plan, trainer.folder, trial)
    if request.time_limit_s:
        oracle.deadline = time.monotonic() + request.time_limit_s
    try:
        if role == workers.CHIEF:
            workers.lead(oracle, trainer.folder)
        elif request.workers > 1:
            workers.lead_local(oracle, trainer.folder, request)
        else:
            Tuner(oracle, trainer).search()
    except KeyboardInterrupt:
        oracle.interrupted()
        say(f"stopped after {len(oracle.end_order)} trials; the same command goes on from there")
        raise


def _refuse(oracle, rows):
    if oracle.stopped == "failures":
        raise KerasfeatError(
            f"{oracles.FAILURES} trials in a row failed, and the search stopped. The last: "
            f"{rows[-1]['reason']} "
            "Mend the cause and run the same command again, which goes on from there."
        )
    if not any(row["status"] == "COMPLETED" for row in rows):
        raise KerasfeatError("no trial came to its end within the time limit; give more time.")


@contextmanager
def _opened(folder, plan):
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
            write_json(folder / FILE, {"config": plan.config, "data": str(plan.table.path)})
        yield resumed
    finally:
        lock.release()
