"""How much each member of an ensemble says: the weights that its answers on other songs teach."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from kerasfeat.arrays import Array, Tensor

# The share of an answer that is doubt: no member alone rules a label out.
DOUBT = 2e-3
# On few songs the best weights are partly luck, and equal ones are hard to beat: weights begin at
# those. Of labels by a normal prior of this strength, of numbers by a Dirichlet prior, as if so
# many songs had been shared out evenly.
NORMAL_PRIOR = 10.0
DIRICHLET_SONGS = 6.0
LEAST_SUM = 0.05  # of weights: members that know nothing still answer
SMALLEST = 1e-7  # an error whose logarithm is finite
LEAST = 1e-6  # weight, so that its logarithm is finite


def log_probabilities(probabilities: Tensor, library: ModuleType) -> Tensor:
    """Their logarithms with some doubt, [..., labels], by numpy or keras.ops."""
    return library.log((1 - DOUBT) * probabilities + DOUBT / probabilities.shape[-1])


def log_odds(probabilities: Tensor, library: ModuleType) -> Tensor:
    """Of labels that a song may have beside others, with some doubt; by numpy or keras.ops."""
    yes = (1 - DOUBT) * probabilities + DOUBT / 2
    return library.log(yes) - library.log(1 - yes)


def by_log_loss(logs: Array, truth: Array, songs: int) -> Array:
    """Weights [members] of logarithms of probabilities, under which the log loss is lowest.

    A weighted sum of them is the logarithm of a product of powers of the members' answers, scaled
    to 1 (Genest and Zidek 1986, "Combining probability distributions", section 4): members that
    know different things make each other surer, which a mean of probabilities never does. Weights
    are 0 or more; where their sum is not 1 it calibrates the answer, being 1 / a temperature (Guo
    et al. 2017, "On Calibration of Modern Neural Networks", section 4.2).

    Args:
        logs: [members, decisions, labels], for any constant of each member and decision.
        truth: [decisions], the place of the right label.
        songs: how many are decided.
    """
    members, decisions = len(logs), np.arange(len(truth))
    right = logs[:, decisions, truth]  # [members, decisions]
    strength = NORMAL_PRIOR / songs

    def loss(weights: Array) -> tuple[float, Array]:
        """The loss, and its slope [members]."""
        own = log_softmax(np.tensordot(weights, logs, axes=1), axis=1)  # [decisions, labels]
        slope = np.einsum("dl,mdl->m", np.exp(own), logs) / len(truth) - right.mean(axis=1)
        away = weights - 1 / members
        value = -own[decisions, truth].mean() + strength * away @ away
        return float(value), slope + 2 * strength * away

    equal, bounds = np.full(members, 1 / members), [(0, None)] * members
    weights = minimize(loss, equal, jac=True, bounds=bounds).x
    return weights if weights.sum() >= LEAST_SUM else LEAST_SUM * equal


def by_absolute_error(values: Array, truth: Array) -> Array:
    """Weights [members] that make the mean absolute error of the mean lowest; their sum is 1.

    It is what verdicts on numbers go by, and few songs that all members miss by far count for less
    than by the squared error. Weights below 0 would fit the songs at hand rather than others
    (Breiman 1996, "Stacked regressions").

    Args:
        values: [members, songs].
        truth: [songs], NaN where missing.
    """

    def error(weights: Array, values: Array, truth: Array) -> float:
        return float(np.log(max(np.abs(weights @ values - truth).mean(), SMALLEST)))

    return _where_lowest(error, values, truth)


def by_squared_error(values: Array, truth: Array) -> Array:
    """Weights [members] that make the mean squared error of the mean lowest; their sum is 1.

    Args:
        values: [members, songs, labels].
        truth: as the answers of one member.
    """

    def error(weights: Array, values: Array, truth: Array) -> float:
        squared = np.square(weights @ values - truth).mean()
        return float(np.log(max(squared, SMALLEST**2)) / 2)

    return _where_lowest(error, values, truth)


def _where_lowest(
    error: Callable[[Array, Array, Array], float], values: Array, truth: Array
) -> Array:
    """The weights where an error of the known answers is lowest.

    Args:
        error: function from weights [members], values [members, answers] and truth [answers] to the
            logarithm of a mean error: so the prior weighs alike whatever the unit.
        values, truth: of songs, as of `by_squared_error`.
    """
    known = np.isfinite(truth)
    if not known.any():
        return np.full(len(values), 1 / len(values))
    songs = known.reshape(len(known), -1).any(axis=1).sum()
    own, right = values[:, known], truth[known]
    return _lowest(lambda weights: error(weights, own, right), len(values), int(songs))


def _lowest(loss: Callable[[Array], float], members: int, songs: int) -> Array:
    """The weights where the mean loss of the songs, and of the prior, is lowest."""

    def penalised(weights: Array) -> float:
        prior = np.log(np.maximum(weights, LEAST)).mean()
        return loss(weights) - DIRICHLET_SONGS / songs * float(prior)

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
