"""How much each member of an ensemble says: the weights that its answers on other songs teach."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from kerasfeat.arrays import Array

SMALLEST = 1e-7  # probability, so that its logarithm is finite


def by_log_loss(probabilities: Array) -> Array:
    """Weights [members] that make the mean log loss of the mean probability lowest.

    Args:
        probabilities: [members, songs] of what is true of each song.
    """

    def loss(weights: Array) -> float:
        return float(-np.mean(np.log(np.maximum(weights @ probabilities, SMALLEST))))

    return _lowest(loss, len(probabilities))


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
        return float(np.mean(np.square(weights @ values[:, known] - truth[known])))

    return _lowest(loss, len(values))


def _lowest(loss: Callable[[Array], float], members: int) -> Array:
    equal = np.full(members, 1 / members)
    sums_to_one = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    # Losses of good members are small, and so are their differences.
    options = {"ftol": 1e-12, "maxiter": 1000}
    bounds = [(0, 1)] * members
    optimum = minimize(
        loss, equal, method="SLSQP", bounds=bounds, constraints=[sums_to_one], options=options
    ).x
    weights = np.clip(optimum, 0, 1)
    return weights / weights.sum()
