"""How much each hyperparameter mattered: a random forest over the trials, and how much worse it
gets when one value is shuffled.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasfeat.search_ranges import Choices
from tuning.results import Row
from tuning.spaces import Dimension

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

    shares: dict[str, tuple[float, float]]
    explained: float


def position(dimension: Dimension, value: Any) -> float:
    """How far a value lies along its range, 0 to 1."""
    searched = dimension.range
    if isinstance(searched, Choices):
        return searched.values.index(value) / max(1, len(searched.values) - 1)
    if searched.log:
        return math.log(value / searched.low) / math.log(searched.high / searched.low)
    return (value - searched.low) / (searched.high - searched.low)


def importance(
    rows: Sequence[Row], space: Mapping[str, Dimension], objective: str
) -> Importance | None:
    """Permutation importances of completed trials (Breiman 2001, "Random forests", section 10).

    Args:
        rows: what trials.csv holds.
        space: name -> Dimension.
        objective: name of the column.

    Returns:
        None of fewer than LEAST trials, or of equal ones.
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
        [[position(dimension, row[name]) for name, dimension in space.items()] for row in done]
    )  # [trials, hyperparameters]
    forest = RandomForestRegressor(150, oob_score=True, random_state=0).fit(x, y)
    shuffled = permutation_importance(forest, x, y, n_repeats=SHUFFLES, random_state=0)
    means, deviations = shuffled.importances_mean, shuffled.importances_std
    total = np.maximum(means, 0).sum() or 1.0
    names = list(space)
    shares = {
        names[i]: (float(max(means[i], 0) / total), float(deviations[i] / total))
        for i in np.argsort(-means)
    }
    return Importance(shares, float(forest.oob_score_))
