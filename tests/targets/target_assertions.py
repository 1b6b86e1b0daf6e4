"""Oracles for the scores of targets."""

import json

import numpy as np
from hypothesis import strategies as st

from kerasfeat.targets import Target

# How many songs, which of them, and how often each counts.
SEEDS = st.integers(0, 10_000)


def scalars(scores: dict) -> dict[str, float | None]:
    """The scores without tables, which must be strict JSON."""
    json.dumps(scores, allow_nan=False)
    return {name: value for name, value in scores.items() if not isinstance(value, (dict, list))}


def counted(draw: np.random.Generator, songs: int) -> np.ndarray:
    """How often each song counts: some not at all, the first at least once."""
    weights = draw.integers(4, size=songs)
    weights[0] += 1
    return weights


def assert_counting_equals_repeating(
    target: Target, truth: np.ndarray, prediction: np.ndarray, weights: np.ndarray
) -> None:
    """A song that counts three times is three songs."""
    counted = scalars(target.score(truth, prediction, weights))
    rows = np.repeat(np.arange(len(truth)), weights)
    assert_same(counted, scalars(target.score(truth[rows], prediction[rows])))


def assert_same(found: dict, wanted: dict) -> None:
    """Equal scores, undefined ones included."""
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert (found[name] is None) == (value is None), name
        if value is not None:
            np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-9, err_msg=name)


def calibration_error(confidence: np.ndarray, correct: np.ndarray, weights: np.ndarray) -> float:
    """Expected calibration error by its definition, in 15 bins (Guo et al. 2017, equation 3)."""
    total = 0.0
    for low in range(15):
        inside = (confidence > low / 15) & (confidence <= (low + 1) / 15)
        if weights[inside].sum():
            gap = np.average(correct[inside], weights=weights[inside]) - np.average(
                confidence[inside], weights=weights[inside]
            )
            total += weights[inside].sum() * abs(gap)
    return total / weights.sum()
