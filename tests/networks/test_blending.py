"""How the members of a weighted ensemble become one answer, by hand-computed values."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from kerasfeat.networks.blending import Blend, Sharpened
from kerasfeat.targets import Multiclass, Multilabel, Regression

# [members, songs, labels]: of the second song the first member says nothing, of the third the
# second, and of the fourth nobody anything.
ANSWERS = np.array(
    [
        [[0.6, 0.4], [np.nan] * 2, [0.9, 0.1], [np.nan] * 2],
        [[0.2, 0.8], [0.5, 0.5], [np.nan] * 2, [np.nan] * 2],
        [[0.1, 0.9], [0.3, 0.7], [np.nan] * 2, [np.nan] * 2],
    ],
    "float32",
)
ANSWERING = [[1, 0, 0], [0, 1, 1], [1, 1, 1]]
WEIGHTS = [[1.0, 0.0, 0.0], [0.0, 0.25, 0.75], [0.5, 0.2, 0.3]]


def test_each_set_of_answering_members_has_its_own_weights():
    found = np.asarray(Blend(ANSWERING, WEIGHTS)(list(ANSWERS)))
    np.testing.assert_allclose(found[0], [0.3 + 0.04 + 0.03, 0.2 + 0.16 + 0.27], rtol=1e-5)
    np.testing.assert_allclose(found[1], [0.125 + 0.225, 0.125 + 0.525], rtol=1e-5)
    np.testing.assert_allclose(found[2], [0.9, 0.1], rtol=1e-5)
    assert np.isnan(found[3]).all()


def test_members_that_no_weights_are_for_together_do_not_answer():
    blend = Blend([[1, 1, 1]], [[0.5, 0.2, 0.3]])
    found = np.asarray(blend(list(ANSWERS)))
    assert np.isfinite(found[0]).all() and np.isnan(found[1:]).all()


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_temperature_of_one_changes_nothing_and_another_the_doubt(exclusive):
    given = np.array([[0.7, 0.3], [0.999, 0.001], [1.0, 0.0]], "float32")
    same = np.asarray(Sharpened(1.0, exclusive)(given))
    np.testing.assert_allclose(same, given, atol=1e-6)
    surer = np.asarray(Sharpened(0.5, exclusive)(given))
    # Of two labels: odds of 7 to 3 become their square.
    np.testing.assert_allclose(surer[0], [49 / 58, 9 / 58], rtol=1e-5)
    np.testing.assert_allclose(np.asarray(Sharpened(2.0, exclusive)(surer)), given, atol=1e-5)


def test_the_temperature_is_the_logistic_regression_of_the_logits():
    """Of two labels it is 1 / the weight of a regression on the log odds, without a bias; 50 songs
    more would say 1.
    """
    draw = np.random.default_rng(3)
    odds = draw.normal(size=407) * 2
    truth = (draw.random(407) < 1 / (1 + np.exp(-odds / 1.7))).astype(int)
    yes = 1 / (1 + np.exp(-odds))
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
    oracle = 1 / model.fit(odds[:, None], truth).coef_[0, 0]
    oracle **= 407 / 457
    two = Multiclass("mood", ("calm", "happy"))
    found = two.temperature(truth, np.stack([1 - yes, yes], axis=1))
    assert found == pytest.approx(oracle, rel=1e-3)
    several = Multilabel("tags", ("calm",))
    assert several.temperature(truth[:, None] == 1, yes[:, None]) == pytest.approx(oracle, rel=1e-3)


def test_numbers_have_no_temperature():
    numbers = Regression(("energy",))
    assert numbers.temperature(np.full((5, 1), 0.3), np.full((5, 1), 0.9)) == 1.0
