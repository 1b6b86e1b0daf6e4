"""The oracles that propose trials: keras-tuner's, made durable (tuning.durable).

What keras-tuner 1.4 does otherwise, and what is done about it here:
- its grid search forgets where it was, and lets workers wait for each other: here a combination is
  told from its number;
- its Bayesian search may propose what was tried: here it then tries something new.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner import oracles
from keras_tuner.engine.trial import TrialStatus
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from tuning.durable import Durable
from tuning.spaces import Dimension, keras_tuner_space

NOISE = 0.1  # share of the objective's variance that Bayesian search takes for noise


class Random(Durable, oracles.RandomSearchOracle):
    """Random search."""


class Bayesian(Durable, oracles.BayesianOptimizationOracle):
    """Bayesian optimisation by a Gaussian process."""

    @threadpool_limits.wrap(limits=1)  # its matrices are too small to share among threads
    def populate_space(self, trial_id: str) -> dict[str, Any]:
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

    def __init__(self, space: Mapping[str, Dimension], **options: Any) -> None:
        super().__init__(**options)
        self._grid = {name: dimension.grid for name, dimension in space.items()}

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The combination whose number is that of the trial, in the mixed radix of the grid's
        dimensions.
        """
        number, values = len(self.start_order), {}
        for name, choices in reversed(self._grid.items()):
            number, digit = divmod(number, len(choices))
            values[name] = choices[digit]
        if number:
            return {"status": TrialStatus.STOPPED, "values": None}
        return {"status": TrialStatus.RUNNING, "values": values}


def make(
    name: str,
    space: Mapping[str, Dimension],
    objective: keras_tuner.Objective,
    *,
    seed: int,
    epochs: int,
    max_trials: int | None,
) -> Durable:
    """The oracle of a search.

    Args:
        name: one of kerasfeat.choices.TUNERS.
        space: name -> Dimension.
        objective: with its direction.
        seed: of the search.
        epochs: at most, of a trial.
        max_trials: at most; None for as many as the search makes.
    """
    options = {
        "objective": objective,
        "hyperparameters": keras_tuner_space(space),
        "tune_new_entries": False,
        "allow_new_entries": False,
        "seed": seed + 1,  # keras-tuner takes 0 for none
    }
    oracle = _made(name, space, epochs, options)
    oracle.max_trials = max_trials
    oracle.verbose = 0
    return oracle


def _made(
    name: str, space: Mapping[str, Dimension], epochs: int, options: dict[str, Any]
) -> Durable:
    if name == "random":
        return Random(**options)
    if name == "bayesian":
        # keras-tuner's own three points a dimension would leave a short search nothing but random
        # points; and of the objective's variance, more is the seed's and the songs' than its
        # 0.0001, with which the process learns that noise by heart.
        return Bayesian(num_initial_points=max(3, len(space)), alpha=NOISE, **options)
    if name == "hyperband":
        return Hyperband(max_epochs=epochs, **options)
    return Grid(space, **options)
