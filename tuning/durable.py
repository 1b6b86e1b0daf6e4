"""keras-tuner's oracles, made to survive a kill at any moment, a worker's death, and failed trials.

What keras-tuner 1.4 does otherwise, and what is done about it here:
- it writes its files in place: here they are written whole under another name and renamed;
- it reloads a trial that had ended as unfinished if the kill came before the oracle's own file was
  written, and counts one that had not begun for ever: here the trials' files and the oracle's are
  brought to agree;
- the third failure in a row raises within the chief's server, which keeps its lock and hangs: here
  it ends the search with the reason.

keras-tuner has no public methods for these: those that begin with "_" are its own, overridden.
"""

import time
from collections.abc import Callable
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from kerasfeat.files import write_json

# keras_tuner.Oracle's own decorator: one call at a time, from whichever thread.
synchronized = keras_tuner.synchronized
ENDED = ("COMPLETED", "FAILED")
FAILURES = 3  # in a row end the search
ATTEMPTS = 3  # starts of a trial in whose course the process dies each time


class Durable(keras_tuner.Oracle):
    """What comes before one of keras-tuner's oracles in a class: see the module's description.

    Attributes:
        trials, end_order: keras-tuner's own: by id, and the ids of those that have ended.
        deadline: time.monotonic() after which no trial starts, or None.
        stopped: why the search ended early, or None.
        on_end: called with each trial that has ended.
    """

    trials: dict[str, Trial]
    end_order: list[str]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.deadline: float | None = None
        self.stopped: str | None = None
        self.on_end: Callable[[Trial], None] | None = None
        self._failures = 0
        self._attempts: dict[str, int] = {}  # trial id -> how often it was started

    def save(self) -> None:
        """Write the oracle's file."""
        write_json(self._get_oracle_fname(), self.get_state())

    def _save_trial(self, trial: Trial) -> None:
        write_json(f"{self._get_trial_dir(trial.trial_id)}/trial.json", trial.get_state())

    def get_state(self) -> dict[str, Any]:
        """What the oracle's file holds."""
        return {**super().get_state(), "attempts": self._attempts}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` gave."""
        super().set_state(state)
        self._attempts = state["attempts"]

    def reload(self) -> None:
        """Load what an earlier process wrote; what it had not finished comes first."""
        super().reload()
        started = set(self.start_order)
        # The kill came between the files of a trial and of the oracle: the trial never began, and
        # will be made again.
        self.trials = {name: self.trials[name] for name in sorted(self.trials) if name in started}
        ended = [name for name in self.start_order if self.trials[name].status in ENDED]
        self.end_order = [name for name in self.end_order if name in ended]
        self.end_order += [name for name in ended if name not in self.end_order]
        self._retry_queue = [name for name in reversed(self.start_order) if name not in ended]
        for name in self._retry_queue:
            self._restart(self.trials[name])
            if self._attempts.get(name, 0) >= ATTEMPTS:
                self._fail(self.trials[name], f"the process died in it {ATTEMPTS} times")
        self._retry_queue = [
            name for name in self._retry_queue if self.trials[name].status not in ENDED
        ]

    def _restart(self, trial: Trial) -> None:
        trial.status = TrialStatus.RUNNING
        # What an unfinished attempt reported would be averaged with the next one's.
        trial.metrics = type(trial.metrics)()

    def _fail(self, trial: Trial, reason: str) -> None:
        trial.status, trial.message = TrialStatus.FAILED, reason
        self.end_order.append(trial.trial_id)
        self._save_trial(trial)

    @synchronized
    def create_trial(self, tuner_id: str) -> Trial:
        """A trial to run; STOPPED at the end of the search, of its time, or after failures."""
        late = self.deadline is not None and time.monotonic() > self.deadline
        if self.stopped or (late and tuner_id not in self.ongoing_trials):
            self.stopped = self.stopped or "time"
            self.tuner_ids.discard(tuner_id)
            return Trial(self.get_space(), trial_id="", status=TrialStatus.STOPPED)
        if tuner_id in self.ongoing_trials:  # a worker that was started again, under its old name
            self._restart(self.ongoing_trials[tuner_id])
        trial = super().create_trial(tuner_id)
        if trial.status == TrialStatus.RUNNING:
            self._attempts[trial.trial_id] = self._attempts.get(trial.trial_id, 0) + 1
            self.save()
        return trial

    @synchronized
    def end_trial(self, trial: Trial) -> None:
        """Record a trial's end; one that was given up meanwhile stays as it is."""
        known = self.trials[trial.trial_id]
        if trial.trial_id in self.end_order:
            return
        if trial.trial_id in self._retry_queue:
            # Its worker lived through the end of an earlier chief.
            self._retry_queue.remove(trial.trial_id)
        trial.hyperparameters = known.hyperparameters
        super().end_trial(trial)
        self._ended(known)

    @synchronized
    def lose(self, tuner_id: str, reason: str) -> None:
        """Give up the trial of a worker that has died."""
        self.tuner_ids.discard(tuner_id)
        trial = self.ongoing_trials.pop(tuner_id, None)
        if trial is not None:
            self._fail(trial, reason)
            self._ended(trial)

    def interrupted(self) -> None:
        """Note that the running trials are not to blame for the end of the process."""
        for trial in self.ongoing_trials.values():
            self._attempts[trial.trial_id] = 0
        self.save()

    def _ended(self, trial: Trial) -> None:
        self.save()
        self._failures = self._failures + 1 if trial.status == TrialStatus.FAILED else 0
        if self.on_end:
            self.on_end(trial)
        if self._failures == FAILURES:
            self.stopped = "failures"

    def _check_consecutive_failures(self) -> None:
        """Left to `_ended`: see the module's description."""

    def _random_values(self) -> dict[str, Any]:
        """The defaults first, so that the search's result is never worse than they are; then random
        values.
        """
        if not self.start_order:
            return {hp.name: hp.default for hp in self.hyperparameters.space}
        return super()._random_values()
