"""What runs the trials, in this process or in a worker's: keras-tuner's loop over an oracle."""

import shutil
import time
import traceback
from pathlib import Path

import keras_tuner
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial

from kerasfeat.files import write_json
from tuning import oracles, results
from tuning.durable import Durable
from tuning.keras_tuner_internals import set_folder
from tuning.plan import Plan
from tuning.roles import WORKER, alive, role
from tuning.trials import RESULT, Bounds, Trainer

IDLE_S = 0.2


class Tuner(BaseTuner):
    """Asks an oracle, here or at the chief's, for trials, and runs them.

    Args:
        oracle: from `make_oracle`.
        trainer: of the search.
    """

    def __init__(self, oracle: Durable, trainer: Trainer) -> None:
        self.trainer = trainer
        super().__init__(
            oracle=oracle, directory=str(trainer.folder.parent), project_name=trainer.folder.name
        )

    def run_trial(self, trial: Trial) -> dict[str, float]:
        """Run one trial; the whole result, or why it failed, is in its folder.

        Args:
            trial: from the oracle.

        Returns:
            The objective's name -> value.

        Raises:
            keras_tuner.errors.FailedTrialError: the trial failed.
            keras_tuner.errors.FatalError: the chief writes to another folder.
        """
        folder = self.trainer.folder / f"trial_{trial.trial_id}"
        if not (folder / "trial.json").exists():
            raise keras_tuner.errors.FatalError(
                f"the chief's trial {folder} can't be seen here: give chief and workers "
                "the same --out."
            )
        # Read from the file, since a trial that was sent over the network has lost the order and
        # the types of some values.
        values = Trial.load(str(folder / "trial.json")).hyperparameters.values
        earlier = values.get("tuner/trial_id")
        bounds = Bounds(
            values.get("tuner/epochs"),
            self.trainer.folder / f"trial_{earlier}" if earlier else None,
        )
        own = {name: value for name, value in values.items() if "/" not in name}
        try:
            result = self.trainer.run(trial.trial_id, own, bounds)
        except Exception as error:
            (folder / "error.txt").write_text(traceback.format_exc())
            write_json(folder / RESULT, {"reason": results.reason(error)})
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        write_json(folder / RESULT, result)
        return {self.oracle.objective.name: result["value"]}

    def pre_create_trial(self) -> None:
        """A chief that has nothing to do at the moment would be asked without end."""
        if role() == WORKER:
            time.sleep(IDLE_S)

    def on_trial_end(self, trial: Trial) -> None:
        """Tell the oracle; drop what only a later trial of Hyperband would need."""
        super().on_trial_end(trial)
        if self.trainer.plan.tuner != "hyperband":
            work = self.trainer.folder / f"trial_{trial.trial_id}" / "work"
            shutil.rmtree(work, ignore_errors=True)

    def save(self) -> None:
        """Nothing: the oracle saves itself, and there is nothing else."""

    def reload(self) -> None:
        """Nothing: see `save`."""


def make_oracle(plan: Plan, folder: Path) -> Durable:
    """The search's oracle, with what it has done before."""
    oracle = oracles.make(
        plan.tuner,
        plan.space,
        keras_tuner.Objective(plan.objective, plan.direction),
        seed=plan.setup.spec.seed,
        epochs=plan.setup.hyperparameters.training.epochs,
        max_trials=plan.max_trials,
    )
    set_folder(oracle, folder)
    if (folder / "oracle.json").exists() and role() != WORKER:
        oracle.reload()
    return oracle


def work(plan: Plan, folder: Path) -> None:
    """Run trials for a chief until it has no more."""
    trainer = Trainer(plan, folder)
    trainer.experiment({})  # with the defaults first: they say which songs there are
    tuner = Tuner(make_oracle(plan, folder), trainer)
    with alive(folder / "workers" / tuner.tuner_id):
        tuner.search()
