"""Simple models in Keras answer what they answer in scikit-learn, whatever a table holds."""

import keras
import numpy as np
import pytest

from kerasfeat.simple.as_keras import as_keras
from kerasfeat.simple.fitting import IN_KERAS, fit_simple
from kerasfeat.targets import Target

from .conftest import Learnt, make

EXACT = 1e-6


def fitted(name: str, learnt: Learnt):
    return fit_simple(name, learnt.target, learnt.songs, learnt.truth, learnt.groups, seed=7)


def answers(model: keras.Model, target: Target, x: np.ndarray) -> np.ndarray:
    found = model(x)
    return np.concatenate([found[head].numpy() for head in target.heads], axis=1)


@pytest.mark.parametrize("name", IN_KERAS)
@pytest.mark.parametrize("seed", range(3))
def test_layers_answer_as_the_fit_does(name, seed, target):
    learnt = make(target, 151 + 40 * seed, seed)
    simple = fitted(name, learnt)
    model = as_keras(simple, target)
    for x in (learnt.songs.x, learnt.others, np.full((1, learnt.others.shape[1]), np.nan)):
        expected = simple.predict(x)
        assert expected.shape == (len(x), len(target.outputs))
        np.testing.assert_allclose(answers(model, target, x), expected, atol=EXACT, rtol=0)
