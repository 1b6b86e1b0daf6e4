"""How the members of a weighted ensemble become one answer, by hand-computed values."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from kerasfeat.networks.blending import Blend, Probabilities, blend_layers
from kerasfeat.targets import Multiclass, Multilabel, Regression
from kerasfeat.targets.member_weights import NORMAL_PRIOR, by_squared_error, log_odds

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
def test_a_temperature_of_one_keeps_the_odds_and_another_changes_the_doubt(exclusive):
    given = np.array([[0.7, 0.3], [0.999, 0.001]], "float32")
    logits = np.log(given) if exclusive else np.log(given / (1 - given))
    np.testing.assert_allclose(Probabilities(1.0, exclusive)(logits), given, atol=1e-6)
    # Of two labels: odds of 7 to 3 become their square.
    surer = np.asarray(Probabilities(0.5, exclusive)(logits))
    np.testing.assert_allclose(surer[0], [49 / 58, 9 / 58], rtol=1e-5)


def test_labels_are_answered_by_products_of_powers():
    target = Multiclass("mood", ("calm", "happy"))
    layers = blend_layers(target, "mood", 0.5, answering=ANSWERING, weights=WEIGHTS)
    found = layers[1](layers[0](list(ANSWERS)))
    # With two in a thousand of doubt, and the square for the temperature.
    doubted = 0.998 * ANSWERS[:, 0] + 0.001
    odds = np.prod((doubted[:, 0] / doubted[:, 1]) ** np.array(WEIGHTS[2])) ** 2
    np.testing.assert_allclose(found[0], [odds / (1 + odds), 1 / (1 + odds)], rtol=1e-5)
    assert np.isfinite(found[1:3]).all() and np.isnan(found[3]).all()


@pytest.mark.parametrize("songs", [20_011])
def test_weights_of_labels_are_the_logistic_regression_of_the_members_logits(songs):
    """Of two labels, without a bias; a fourth member that says the opposite gets none."""
    draw = np.random.default_rng(3)
    odds = draw.normal(size=(songs, 3)) * [2, 1, 0.5]
    truth = (draw.random(songs) < 1 / (1 + np.exp(-odds @ [0.9, 0.3, 1.2]))).astype(int)
    odds = np.column_stack([odds, -odds[:, 2] + draw.normal(size=songs)])
    yes = 1 / (1 + np.exp(-odds.T))  # [members, songs]
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
    oracle = model.fit(odds[:, :3], truth).coef_[0]
    two = Multiclass("mood", ("calm", "happy")).member_weights(np.stack([1 - yes, yes], 2), truth)
    np.testing.assert_allclose(two["mood"][:3], oracle, rtol=0.04)
    assert two["mood"][3] == 0
    several = Multilabel("tags", ("calm",)).member_weights(yes[..., None], truth[:, None] == 1)
    np.testing.assert_allclose(several["tags"], two["mood"], rtol=1e-3, atol=1e-6)


def test_few_songs_leave_the_weights_near_equal_ones():
    draw = np.random.default_rng(4)
    right = draw.random((2, 23)) * 0.2 + [[0.79], [0.05]]  # the second is always wrong
    answers = np.stack([right, 1 - right], axis=2)
    target = Multiclass("mood", ("calm", "happy"))
    few = target.member_weights(answers[:, :3], np.zeros(3, int))["mood"]
    all_of_them = target.member_weights(answers, np.zeros(23, int))["mood"]
    assert 0 < few[1] < 0.5 < few[0] < all_of_them[0]


def test_weights_of_numbers_add_up_to_one():
    draw = np.random.default_rng(5)
    truth = draw.random((61, 1))
    answers = truth + draw.normal(size=(3, 61, 1)) * np.array([0.1, 0.2, 0.4])[:, None, None]
    weights = Regression(("energy",)).member_weights(answers, truth)["energy"]
    assert weights.sum() == pytest.approx(1) and weights[0] > weights[1] > weights[2] > 0


def test_weights_of_numbers_are_where_the_mean_error_is_lowest():
    """By a grid; on a few songs the second member is wrong by far, which squares count most."""
    draw = np.random.default_rng(9)
    truth = draw.random((6011, 1))
    answers = truth + draw.normal(size=(2, 6011, 1)) * np.array([0.2, 0.1])[:, None, None]
    answers[1, ::97] = 3.0
    found = Regression(("energy",)).member_weights(answers, truth)["energy"]
    grid = np.linspace(0, 1, 501)[:, None, None]
    errors = np.abs(grid * answers[0] + (1 - grid) * answers[1] - truth).mean(axis=(1, 2))
    assert found[0] == pytest.approx(grid[errors.argmin(), 0, 0], abs=0.01)
    squares = np.square(grid * answers[0] + (1 - grid) * answers[1] - truth).mean(axis=(1, 2))
    assert grid[squares.argmin(), 0, 0] > found[0] + 0.2


def test_songs_without_a_number_change_no_weight():
    draw = np.random.default_rng(6)
    truth = draw.random((19, 1))
    answers = truth + draw.normal(size=(3, 19, 1)) * np.array([0.1, 0.2, 0.4])[:, None, None]
    found = Regression(("energy",)).member_weights(answers, truth)["energy"]
    more = np.concatenate([answers, draw.random((3, 41, 1))], axis=1)
    holes = np.concatenate([truth, np.full((41, 1), np.nan)])
    same = Regression(("energy",)).member_weights(more, holes)["energy"]
    np.testing.assert_allclose(same, found, atol=1e-6)


def test_labels_of_a_song_are_no_more_songs():
    draw = np.random.default_rng(8)
    truth = draw.random(17)
    values = truth + draw.normal(size=(3, 17)) * np.array([0.1, 0.2, 0.4])[:, None]
    of_five = by_squared_error(np.repeat(values[..., None], 5, 2), np.repeat(truth[:, None], 5, 1))
    np.testing.assert_allclose(of_five, by_squared_error(values, truth), atol=1e-6)


@pytest.mark.parametrize("songs", [5, 83])
def test_weights_of_labels_are_where_the_loss_and_the_prior_are_lowest(songs):
    draw = np.random.default_rng(7)
    truth = draw.random((songs, 3)) < 0.4
    noise = draw.normal(size=(2, songs, 3)) * np.array([1.0, 2.0])[:, None, None]
    odds = np.where(truth, 1.5, -1.5) + noise
    answers = 1 / (1 + np.exp(-odds))
    found = Multilabel("tags", ("a", "b", "c")).member_weights(answers, truth)["tags"]

    def loss(weights):
        own = np.tensordot(weights, log_odds(answers, np), axes=1)  # [songs, labels]
        away = NORMAL_PRIOR / songs * np.square(weights - 1 / 2).sum()
        return np.logaddexp(0, np.where(truth, -own, own)).mean() + away

    lowest = minimize(loss, [0.5, 0.5], method="Nelder-Mead", options={"xatol": 1e-7}).x
    np.testing.assert_allclose(found, lowest, atol=2e-3)
    assert (lowest > 0.01).all()
