"""Simple models of columns whose numbers are small."""

import numpy as np
import pytest
from scaled import NAMES, TINY, table

from kerasfeat.simple.as_keras import as_keras
from kerasfeat.simple.fitting import BOOSTING, EXTRA_TREES, LINEAR, SUPPORT_VECTORS, fit_simple
from kerasfeat.simple.pooled import Pooled
from kerasfeat.targets import Multiclass


@pytest.mark.parametrize("name", [LINEAR, EXTRA_TREES, BOOSTING, SUPPORT_VECTORS])
def test_a_column_that_decides_does_so_on_a_small_scale_too(name):
    target, groups, learnt = Multiclass("mood", ("a", "b")), np.arange(200) // 3, slice(200)
    truth = (np.nan_to_num(table(1)[:, 0]) > 0.5).astype(int)
    answers = []
    for scale in (1, TINY):
        songs, others = Pooled(table(scale)[learnt], NAMES, frozenset(NAMES)), table(scale)[200:]
        fitted = fit_simple(name, target, songs, truth[learnt], groups)
        answers.append(fitted.predict(others))
        in_keras = as_keras(fitted, target).predict(others, verbose=0)["mood"]
        np.testing.assert_allclose(in_keras, answers[-1], atol=1e-6 if name != LINEAR else 1e-5)
    assert np.mean(answers[1].argmax(axis=1) == truth[200:]) > 0.9
    np.testing.assert_allclose(answers[1], answers[0], atol=1e-4)
