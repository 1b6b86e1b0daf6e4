"""How much each member of an ensemble says: the weights that its answers on other songs teach."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from kerasfeat.arrays import Array

SMALLEST = 1e-7  # probability, so that its logarithm is finite
# A Dirichlet prior on the weights: each member begins as if this many songs had been its own. On
# few songs the best weights are partly luck, and equal ones are hard to beat.
PRIOR_SONGS = 2.0
LEAST = 1e-6  # weight, so that its logarithm is finite


def by_log_loss(probabilities: Array) -> Array:
    """Weights [members] that make the mean log loss of the mean probability lowest.

    Args:
        probabilities: [members, songs] of what is true of each song.
    """

    def loss(weights: Array) -> float:
        return float(-np.mean(np.log(np.maximum(weights @ probabilities, SMALLEST))))

    return _lowest(loss, *probabilities.shape)


def by_squared_error(values: Array, truth: Array) -> Array:
    """Weights [members] that make the mean squared error of the mean lowest.

    Weights below 0 would fit the songs at hand rather than others (Breiman 1996, "Stacked
    regressions").

    Args:
        values: [members, songs].
        truth: [songs], NaN where missing.
    """
    known = np.isfinite(truth)
    if not known.any():
        return np.full(len(values), 1 / len(values))

    def loss(weights: Array) -> float:
        # As the log loss of normal errors, so that the prior weighs alike whatever the unit.
        error = np.mean(np.square(weights @ values[:, known] - truth[known]))
        return float(np.log(max(error, SMALLEST**2)) / 2)

    return _lowest(loss, len(values), int(known.sum()))


def _lowest(loss: Callable[[Array], float], members: int, songs: int) -> Array:
    """The weights where the mean loss of the songs, and of the prior, is lowest."""

    def penalised(weights: Array) -> float:
        prior = np.log(np.maximum(weights, LEAST)).sum()
        return loss(weights) - PRIOR_SONGS / songs * float(prior)

    equal = np.full(members, 1 / members)
    sums_to_one = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    # Losses of good members are small, and so are their differences.
    options = {"ftol": 1e-12, "maxiter": 1000}
    bounds = [(0, 1)] * members
    optimum = minimize(
        penalised, equal, method="SLSQP", bounds=bounds, constraints=[sums_to_one], options=options
    ).x
    weights = np.clip(optimum, 0, 1)
    return weights / weights.sum()
