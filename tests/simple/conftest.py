"""Random tables as simple models read them."""

from dataclasses import dataclass

import numpy as np
import pytest

from kerasfeat.simple.pooled import Pooled
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

NAMES = ("tempo", "energy", "key", "loudness", "valence", "duration_ms", "liveness")
HEARD = frozenset(("tempo", "valence", "energy", "liveness"))  # as if pooled from audio


@dataclass(frozen=True)
class Learnt:
    """What a simple model learns from, and songs that it has not seen."""

    target: Target
    songs: Pooled
    truth: np.ndarray
    groups: np.ndarray
    others: np.ndarray


def make(target: Target, songs: int, seed: int) -> Learnt:
    """A table with ties, holes, a category, a constant column, and one that is never known."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(songs + 211, len(NAMES)))
    x[:, 1] = x[:, 1].round(1)
    x[:, 2] = draw.integers(12, size=len(x))
    x[:, 3] = -7.3
    x[:, 5] = 1e5 * np.exp(x[:, 5])
    score = np.stack([x[:, 0] - x[:, 1], x[:, 1] * x[:, 4], np.log(x[:, 5]) - 11], axis=1)
    x[draw.random(x.shape) < 0.1] = np.nan
    x[:songs, 6] = np.nan  # known of others alone
    x = x.astype("float32")
    truth = _truth(target, score + 0.3 * draw.normal(size=score.shape), draw)[:songs]
    groups = draw.integers(songs // 3, size=songs)
    return Learnt(target, Pooled(x[:songs], NAMES, HEARD), truth, groups, x[songs:])


def _truth(target: Target, score: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    outputs = len(target.outputs)
    mixed = score @ draw.normal(size=(3, outputs))  # [songs, outputs]
    if isinstance(target, Multiclass):
        return (mixed - 99 * (np.arange(outputs) == 1)).argmax(axis=1)  # none has the second
    if isinstance(target, Multilabel):
        return mixed > np.r_[99, -99, np.zeros(outputs - 2)]  # one of none, one of all
    shares = 1 / (1 + np.exp(-3 * mixed))
    shares[:5, 0] = np.nan
    return shares


TARGETS = {
    "two labels": Multiclass("mood", ("a", "b", "c")),  # that any song has
    "labels": Multiclass("genre", tuple("abcdef")),
    "many labels": Multiclass("genre", tuple("abcdefghijklmnopqrst")),
    "several labels": Multilabel("tags", tuple("abcdefg")),
    "a number": Regression(("valence",)),
    "numbers": Regression(("valence", "energy", "arousal", "tempo")),
}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    """Each kind of target."""
    return TARGETS[request.param]
