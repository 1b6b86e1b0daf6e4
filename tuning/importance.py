"""How much each hyperparameter mattered: a random forest over the trials, and how much worse it
gets when one value is shuffled.
"""

import math
from dataclasses import dataclass

import numpy as np

from kerasfeat.search_ranges import Choices

LEAST = 10  # trials below which a forest says nothing
SHUFFLES = 10


@dataclass(frozen=True)
class Importance:
    """What the forest says.

    Attributes:
        shares: name -> (share of all hyperparameters' importance, its standard deviation over
            shuffles), greatest first.
        explained: R2 of the forest on trials that each tree had not seen: at or below 0 it says
            nothing.
    """

    shares: dict
    explained: float


def place(dimension, value):
    """Where a value lies in its range, 0 to 1."""
    found = dimension.range
    if isinstance(found, Choices):
        return found.values.index(value) / max(1, len(found.values) - 1)
    if found.log:
        return math.log(value / found.low) / math.log(found.high / found.low)
    return (value - found.low) / (found.high - found.low)


def importance(rows, space, objective):
    """Permutation importances (Breiman 2001, section 10) of completed trials; None of fewer than
    LEAST, or of equal ones.

    Args:
        rows: what trials.csv holds.
        space: name -> Dimension.
        objective: name of the column.
    """
    from scipy.stats import rankdata
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    done = [row for row in rows if row["status"] == "COMPLETED"]
    if len(done) < LEAST or len({row[objective] for row in done}) == 1:
        return None
    # Ranks: one trial that went far astray would else be all that there is to explain.
    y = rankdata([row[objective] for row in done])
    x = np.array(
        [[place(dimension, row[name]) for name, dimension in space.items()] for row in done]
    )  # [trials, hyperparameters]
    forest = RandomForestRegressor(150, oob_score=True, random_state=0).fit(x, y)
    found = permutation_importance(forest, x, y, n_repeats=SHUFFLES, random_state=0)
    total = np.maximum(found.importances_mean, 0).sum() or 1.0
    order = np.argsort(-found.importances_mean)
    names = list(space)
    shares = {
        names[i]: (
            float(max(found.importances_mean[i], 0) / total),
            float(found.importances_std[i] / total),
        )
        for i in order
    }
    return Importance(shares, float(forest.oob_score_))
