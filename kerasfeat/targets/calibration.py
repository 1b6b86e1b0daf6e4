"""How far probabilities are from how often they are right: one temperature for all of them.

Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

SMALLEST = 1e-12  # a probability whose logarithm is finite
LEAST, MOST = 0.25, 4.0  # temperatures
# As if this many songs had said that 1 is right: few songs tell little.
PRIOR_SONGS = 50


def best_temperature(loss: Callable[[float], float], songs: int) -> float:
    """The temperature under which `loss` is lowest, LEAST to MOST; of few songs nearer to 1.

    Args:
        loss: the mean loss of some songs under a temperature.
        songs: how many they are.
    """
    found = minimize_scalar(
        lambda exponent: loss(float(np.exp(exponent))),
        bounds=(np.log(LEAST), np.log(MOST)),
        method="bounded",
    )
    return float(np.exp(found.x * songs / (songs + PRIOR_SONGS)))
