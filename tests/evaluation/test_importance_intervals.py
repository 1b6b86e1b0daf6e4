"""Intervals of permutation importance are over artists."""

import numpy as np
import pandas as pd

from kerasfeat.evaluation import permutation_importance


def clear_share(artists: int, of_one: int, known: bool) -> float:
    """The share of columns without any effect that clearly matter, in percent.

    Songs of an artist gain or lose alike by a shuffle.
    """
    draw, columns = np.random.default_rng(3), 400
    group = np.repeat(np.arange(artists), of_one)
    alike = draw.normal(size=(1 + columns, artists))[:, group]
    lost = np.sign(alike + draw.normal(size=alike.shape)) * (draw.random(alike.shape) < 0.2)
    names = [f"column {number}" for number in range(columns)]
    songs = pd.DataFrame({"group": group if known else np.arange(len(group))})
    found = permutation_importance.summary(names, [], {"accuracy": lost}, songs)
    clear = [row["accuracy"]["ci95"][0] > 0 for row in found["columns"]]
    return 100 * float(np.mean(clear))


def test_of_forty_columns_that_mean_nothing_one_seems_to_matter():
    assert clear_share(36, 20, known=True) < 5
    assert clear_share(36, 20, known=False) > 8
