"""keras-tuner's oracles, made to survive a kill at any moment, a worker's death, and failed trials.

What keras-tuner 1.4 does otherwise, and what is done about it here:
- it writes its files in place: here they are written whole under another name and renamed;
- it reloads a trial that had ended as unfinished if the kill came before the oracle's own file was
written, and counts one that had not
  begun for ever: here the trials' files and the oracle's are brought to agree;
- the third failure in a row raises within the chief's server, which keeps its lock and hangs: here
it ends the search with the reason;
- its grid search forgets where it was, and lets workers wait for each other: here a combination is
told from its number;
- its Bayesian search may propose what was tried: here it then tries something new.
"""

import time
import warnings

import keras_tuner
from keras_tuner import oracles
from keras_tuner.engine import trial as trials
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from kerasfeat.files import write_json

# keras_tuner.Oracle's own decorator: one call at a time, from whichever thread.
synchronized = keras_tuner.synchronized
ENDED = ("COMPLETED", "FAILED")
FAILURES = 3  # in a row end the search
NOISE = 0.1  # share of the objective's variance that Bayesian search takes for noise
ATTEMPTS = 3  # starts of a trial in whose course the process dies each time


class Durable:
    """Mixed into an oracle: see the module's description.

    Attributes:
        deadline: time.monotonic() after which no trial starts, or None.
        stopped: why the search ended early, or None.
        on_end: called with each trial that has ended.
    """

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.deadline = self.stopped = self.on_end = None
        self._failures = 0
        self._attempts = {}  # trial id -> how often it was started

    def save(self):
        write_json(self._get_oracle_fname(), self.get_state())

    def _save_trial(self, trial):
        write_json(f"{self._get_trial_dir(trial.trial_id)}/trial.json", trial.get_state())

    def get_state(self):
        return {**super().get_state(), "attempts": self._attempts}

    def set_state(self, state):
        super().set_state(state)
        self._attempts = state["attempts"]

    def reload(self):
        """Load what an earlier process wrote, and put what it had not finished first in the queue."""
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

    def _restart(self, trial):
        trial.status = trials.TrialStatus.RUNNING
        # What an unfinished attempt reported would be averaged with the next one's.
        trial.metrics = type(trial.metrics)()

    def _fail(self, trial, reason):
        trial.status, trial.message = trials.TrialStatus.FAILED, reason
        self.end_order.append(trial.trial_id)
        self._save_trial(trial)

    @synchronized
    def create_trial(self, tuner_id):
        """A trial to run; STOPPED at the end of the search, of its time, or after failures."""
        late = self.deadline is not None and time.monotonic() > self.deadline
        if self.stopped or (late and tuner_id not in self.ongoing_trials):
            self.stopped = self.stopped or "time"
            self.tuner_ids.discard(tuner_id)
            return trials.Trial(self.get_space(), trial_id="", status=trials.TrialStatus.STOPPED)
        if tuner_id in self.ongoing_trials:  # a worker that was started again, under its old name
            self._restart(self.ongoing_trials[tuner_id])
        trial = super().create_trial(tuner_id)
        if trial.status == trials.TrialStatus.RUNNING:
            self._attempts[trial.trial_id] = self._attempts.get(trial.trial_id, 0) + 1
            self.save()
        return trial

    @synchronized
    def end_trial(self, trial):
        """Record a trial's end; one that was given up meanwhile stays as it is."""
        known = self.trials[trial.trial_id]
        if trial.trial_id in self.end_order:
            return
        if (
            trial.trial_id in self._retry_queue
        ):  # its worker lived through the end of an earlier chief
            self._retry_queue.remove(trial.trial_id)
        trial.hyperparameters = known.hyperparameters
        super().end_trial(trial)
        self._ended(known)

    @synchronized
    def lose(self, tuner_id, reason):
        """Give up the trial of a worker that has died."""
        self.tuner_ids.discard(tuner_id)
        trial = self.ongoing_trials.pop(tuner_id, None)
        if trial is not None:
            self._fail(trial, reason)
            self._ended(trial)

    def interrupted(self):
        """Note that the running trials are not to blame for the end of the process."""
        for trial in self.ongoing_trials.values():
            self._attempts[trial.trial_id] = 0
        self.save()

    def _ended(self, trial):
        self.save()
        self._failures = self._failures + 1 if trial.status == trials.TrialStatus.FAILED else 0
        if self.on_end:
            self.on_end(trial)
        if self._failures == FAILURES:
            self.stopped = "failures"

    def _check_consecutive_failures(self):
        """Left to `_ended`: see the module's description."""

    def _random_values(self):
        """The defaults first, so that the search's result is never worse than they are; then random
        values.
        """
        if not self.start_order:
            return {hp.name: hp.default for hp in self.hyperparameters.space}
        return super()._random_values()


class Random(Durable, oracles.RandomSearchOracle):
    """Random search."""


class Bayesian(Durable, oracles.BayesianOptimizationOracle):
    """Bayesian optimisation by a Gaussian process."""

    @threadpool_limits.wrap(limits=1)  # its matrices are too small to share among threads
    def populate_space(self, trial_id):
        """As keras-tuner, but never what was tried."""
        with warnings.catch_warnings():
            # Few trials leave a kernel's length undetermined, which the user can do nothing about.
            warnings.simplefilter("ignore", ConvergenceWarning)
            response = super().populate_space(trial_id)
        values = response.get("values")
        return self._random_populate_space() if values and self._duplicate(values) else response


class Hyperband(Durable, oracles.HyperbandOracle):
    """Hyperband (Li et al. 2018): many trials of few epochs, the best of which go on."""


class Grid(Durable, oracles.GridSearchOracle):
    """Every combination, the defaults' first."""

    def __init__(self, space, **options):
        super().__init__(**options)
        self._grid = {name: dimension.grid for name, dimension in space.items()}

    def populate_space(self, trial_id):
        """The combination whose number is that of the trial, in the mixed radix of the grid's
        dimensions.
        """
        number, values = len(self.start_order), {}
        for name, choices in reversed(self._grid.items()):
            number, place = divmod(number, len(choices))
            values[name] = choices[place]
        if number:
            return {"status": trials.TrialStatus.STOPPED, "values": None}
        return {"status": trials.TrialStatus.RUNNING, "values": values}


def make(name, space, declared, objective, seed, epochs, max_trials):
    """The oracle of a search.

    Args:
        name: one of TUNERS.
        space: name -> Dimension; `declared` is the same as keras_tuner.HyperParameters.
        objective: a keras_tuner.Objective.
        seed: of the search.
        epochs: at most, of a trial.
        max_trials: at most; None for as many as the search makes.
    """
    options = {
        "objective": objective,
        "hyperparameters": declared,
        "tune_new_entries": False,
        "allow_new_entries": False,
        "seed": seed + 1,  # keras-tuner takes 0 for none
    }
    oracle = {
        "random": lambda: Random(**options),
        # keras-tuner's own three points a dimension would leave a short search nothing but random
        # points; and of the objective's variance, more is the seed's and the songs' than its
        # 0.0001, with which the process learns that noise by heart.
        "bayesian": lambda: Bayesian(num_initial_points=max(3, len(space)), alpha=NOISE, **options),
        "hyperband": lambda: Hyperband(max_epochs=epochs, **options),
        "grid": lambda: Grid(space, **options),
    }[name]()
    oracle.max_trials = max_trials
    oracle.verbose = 0
    return oracle


TUNERS = ("bayesian", "random", "hyperband", "grid")
