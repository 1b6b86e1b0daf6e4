"""Numbers: how they are read, scored, written, and told, each within its own range."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk
from target_assertions import SEEDS, assert_counting_equals_repeating, counted

from kerasfeat import KerasfeatError
from kerasfeat.targets import Regression, of_run

PAIR = Regression(("energy", "valence"))
# Ratings from 1 to 9, as in DEAM and PMEmo's sources, beside a number of percent.
RATED = Regression(("arousal", "popularity"), (1.0, 0.0), (9.0, 100.0))
METRICS = {"mae", "mse", "rmse", "r2", "pearson", "spearman"}


def one(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def drawn(seed: int, songs: int, names: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(truth, values, how often each song counts).

    The first number has ties, and some songs lack one or all.
    """
    draw = np.random.default_rng(seed)
    truth = draw.random((songs, names))
    truth[:, 0] = truth[:, 0].round(1)
    prediction = truth + draw.normal(0, 0.2, truth.shape)
    truth[1:][draw.random((songs - 1, names)) < 0.2] = np.nan
    return truth, prediction, counted(draw, songs)


def test_scores_by_hand():
    truth = np.array([[0.2, 0.0], [np.nan, 0.5], [0.4, 1.0]])
    prediction = np.array([[0.2, 0.1], [9.0, 0.5], [0.6, 0.8]])
    scores = PAIR.score(truth, prediction)
    assert scores["valence/mae"] == pytest.approx(0.1)
    assert scores["valence/mse"] == pytest.approx(0.05 / 3)
    assert scores["valence/rmse"] == pytest.approx((0.05 / 3) ** 0.5)
    assert scores["valence/r2"] == pytest.approx(1 - 0.05 / 0.5)
    assert scores["energy/mae"] == pytest.approx(0.1)  # the song without energy does not count
    assert scores["mae"] == pytest.approx(0.1)
    assert scores["spearman"] == pytest.approx(1)
    assert {name.split("/")[-1] for name in scores} == METRICS


def test_undefined_scores_are_none_and_strict_json():
    target, truth = Regression(("valence",)), one(0.1, 0.4, 0.3)
    constant = target.score(truth, np.full((3, 1), 0.2, dtype="float32"))
    assert constant["pearson"] is None and constant["spearman"] is None
    assert constant["r2"] < 0
    assert target.score(truth[:1], truth[:1])["r2"] is None
    json.dumps(constant, allow_nan=False)


def test_a_collapsed_head_cannot_raise_the_mean():
    truth = np.tile(one(0.1, 0.4, 0.3), (1, 2))
    scores = PAIR.score(truth, np.stack([np.full(3, 0.2), truth[:, 1]], axis=1))
    assert scores["valence/pearson"] == pytest.approx(1)
    assert scores["pearson"] is None


def test_a_number_without_truth_is_left_out():
    truth = np.array([[np.nan, 0.1], [np.nan, 0.4], [np.nan, 0.3]])
    scores = PAIR.score(truth, truth[:, [1, 1]] + 0.1)
    assert scores["energy/mae"] is None
    assert scores["mae"] == pytest.approx(0.1)
    assert PAIR.numbers_without_song(truth) == ("energy",)
    json.dumps(scores, allow_nan=False)


def test_a_number_none_of_whose_songs_counts_is_undefined():
    truth = np.array([[0.2, 0.1], [np.nan, 0.4], [np.nan, 0.3]])
    scores = PAIR.score(truth, np.nan_to_num(truth) + 0.1, [0, 2, 1])
    assert {scores[f"energy/{metric}"] for metric in METRICS} == {None}
    assert scores["valence/mae"] == pytest.approx(0.1)
    json.dumps(scores, allow_nan=False)


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        (
            np.full((3, 2), np.nan),
            np.zeros((3, 2)),
            "every true value of energy, valence is missing",
        ),
        (np.zeros((0, 2)), np.zeros((0, 2)), "no song to score"),
        (
            np.zeros((2, 2)),
            np.array([[0.1, np.inf], [0.1, 0.2]]),
            "1 of 2 predicted numbers are not finite",
        ),
    ],
)
def test_what_cannot_be_scored_says_why(truth, prediction, message):
    with pytest.raises(KerasfeatError, match=message):
        PAIR.score(truth, prediction)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 40), st.booleans(), st.sampled_from([PAIR, RATED]))
def test_scores_agree_with_scikit_learn_and_scipy(seed, songs, weighted, target):
    truth, prediction, counts = drawn(seed, songs)
    scores = target.score(truth, prediction, counts if weighted else None)
    weights = counts if weighted else np.ones(songs, int)
    for place, name in enumerate(target.names):
        rows = np.isfinite(truth[:, place]) & (weights > 0)
        true, predicted, own = truth[rows, place], prediction[rows, place], weights[rows]
        found = {metric: scores[f"{name}/{metric}"] for metric in METRICS}
        if not rows.any():
            assert set(found.values()) == {None}
            continue
        assert found["mae"] == pytest.approx(
            sk.mean_absolute_error(true, predicted, sample_weight=own)
        )
        assert found["mse"] == pytest.approx(
            sk.mean_squared_error(true, predicted, sample_weight=own)
        )
        assert found["rmse"] == pytest.approx(
            sk.root_mean_squared_error(true, predicted, sample_weight=own)
        )
        if np.ptp(true) == 0:
            assert found["r2"] is found["pearson"] is found["spearman"] is None
            continue
        assert found["r2"] == pytest.approx(sk.r2_score(true, predicted, sample_weight=own))
        # SciPy has no weights.
        true, predicted = np.repeat(true, own), np.repeat(predicted, own)
        assert found["pearson"] == pytest.approx(stats.pearsonr(true, predicted).statistic)
        assert found["spearman"] == pytest.approx(stats.spearmanr(true, predicted).statistic)
    for metric in METRICS:
        each = [
            scores[f"{name}/{metric}"]
            for place, name in enumerate(target.names)
            if np.isfinite(truth[:, place]).any()
        ]
        assert scores[metric] == (None if None in each else pytest.approx(np.mean(each)))
    json.dumps(scores, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 40))
def test_counting_songs_equals_repeating_them(seed, songs):
    truth, prediction, weights = drawn(seed, songs)
    assert_counting_equals_repeating(
        Regression(("energy",)), truth[:, :1], prediction[:, :1], weights
    )
    known = np.isfinite(truth).all(axis=1)
    assert_counting_equals_repeating(PAIR, truth[known], prediction[known], weights[known])


def test_runs_are_compared_by_the_side_of_the_middle_too():
    truth, prediction = one(0.1, 0.9, 0.6, np.nan), one(0.4, 0.8, 0.5, 0.9)
    found = Regression(("valence",)).compared_scorer(truth, prediction)
    assert found(np.ones(4))["accuracy"] == pytest.approx(2 / 3)
    assert found(np.array([1, 0, 2, 5.0]))["accuracy"] == pytest.approx(1 / 3)
    assert found(np.ones(4))["mae"] == pytest.approx((0.3 + 0.1 + 0.1) / 3)


def test_how_wrong_a_song_is():
    truth = np.array([[0.5, 0.5], [0.5, np.nan], [np.nan, np.nan]])
    prediction = np.array([[0.6, 0.2], [0.1, 0.1], [0.3, 0.3]])
    nan = np.nan
    np.testing.assert_allclose(
        PAIR.head_errors(truth, prediction), [[0.1, 0.3], [0.4, nan], [nan, nan]]
    )
    np.testing.assert_allclose(PAIR.song_error(truth, prediction), [0.2, 0.4, nan])
    assert PAIR.known(truth).tolist() == [True, True, False]
    known = PAIR.known(truth)
    np.testing.assert_allclose(PAIR.song_scores(truth[known], prediction[known])["mae"], [0.2, 0.4])


def test_numbers_are_shares_of_a_range_of_their_own():
    frame = pd.DataFrame(
        {"popularity": [0, 50, 100, np.nan], "arousal": [1, 5, 9, 3.4], "other": 7}
    )
    truth = RATED.encode(frame)
    np.testing.assert_allclose(truth, [[0, 0], [0.5, 0.5], [1, 1], [0.3, np.nan]])
    prediction = np.nan_to_num(truth, nan=0.2) + [0.1, -0.05]
    scores = RATED.score(truth, prediction)
    assert scores["arousal/mae"] == pytest.approx(0.1)
    assert scores["popularity/mae"] == pytest.approx(0.05)
    columns = RATED.to_columns(truth, prediction)
    np.testing.assert_allclose(columns["true_arousal"], frame["arousal"])
    np.testing.assert_allclose(columns["predicted_arousal"], frame["arousal"] + 0.8)
    np.testing.assert_allclose(columns["true_popularity"], frame["popularity"])
    np.testing.assert_allclose(columns["predicted_popularity"], frame["popularity"].fillna(20) - 5)
    assert RATED.told_truth(truth[3]) == [3.4, None]
    assert RATED.told_answer(prediction[1]) == [5.8, 45.0]
    assert RATED.named(RATED.in_unit(prediction[1])) == {"arousal": 5.8, "popularity": 45.0}
    np.testing.assert_allclose(RATED.from_unit(RATED.in_unit(prediction)), prediction)
    assert RATED.limits == (0.0, 100.0)


def test_bands_are_of_the_unit_and_hold_every_song_with_a_value():
    truth = np.array(
        [[0.0, 0.05], [0.0999, np.nan], [0.1, 0.95], [1.0, 0.0], [0.55, 1.0], [np.nan, 0.5]]
    )
    bands = RATED.bands(truth, "arousal")
    assert [band for band, _ in bands][:2] == [pytest.approx([1.0, 1.8]), pytest.approx([1.8, 2.6])]
    assert bands[-1][0] == pytest.approx([8.2, 9.0])
    assert [np.flatnonzero(inside).tolist() for _, inside in bands] == [
        [0, 1],
        [2],
        [],
        [],
        [],
        [4],
        [],
        [],
        [],
        [3],
    ]
    assert [np.flatnonzero(inside).tolist() for _, inside in RATED.bands(truth, "popularity")][
        :1
    ] == [[0, 3]]
    assert RATED.bands(truth, "popularity")[3][0] == pytest.approx([30.0, 40.0])


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 9), st.floats(-100, 100), st.floats(0.01, 1000))
def test_predictions_come_back_from_their_columns(through_file, seed, songs, low, width):
    target = Regression(("energy", "valence"), (low, 0.0), (low + width, 1.0))
    truth, prediction, _ = drawn(seed, songs)
    columns = target.to_columns(truth, prediction)
    again = target.from_columns(columns)
    found = through_file(target, truth, prediction)
    tolerance = 1e-12 * (1 + abs(low) / width)
    for true, predicted in (again, (found.truth, found.prediction)):
        np.testing.assert_allclose(true, truth, atol=tolerance)
        np.testing.assert_allclose(predicted, prediction, atol=tolerance)
        assert target.same_truth(true, truth).all()


def test_two_readings_agree_where_all_numbers_do():
    truth = np.array([[0.5, np.nan], [0.5, np.nan], [0.5, 0.1]])
    other = np.array([[0.5 + 1e-9, np.nan], [0.5, 0.3], [0.5, 0.1001]])
    assert PAIR.same_truth(truth, other).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "target",
    [PAIR, RATED, Regression(("valence",)), Regression(("a", "b", "c"), (0, -1, 2), (1, 1, 7))],
)
def test_a_run_tells_its_target(target):
    state = json.loads(json.dumps({"task": "of no matter", **target.to_json()}, allow_nan=False))
    assert of_run(state) == target
    assert of_run(state).to_json() == target.to_json()


def test_some_of_the_numbers_keep_their_ranges_and_order():
    target = Regression(("a", "b", "c"), (0.0, -1.0, 2.0), (1.0, 1.0, 7.0))
    assert target.only(("c", "a")) == Regression(("a", "c"), (0.0, 2.0), (1.0, 7.0))
    assert target.common(["b"]) == Regression(("b",), (-1.0,), (1.0,))
    with pytest.raises(KerasfeatError, match="unknown target 'd'"):
        target.only(("a", "d"))
    with pytest.raises(
        KerasfeatError, match="a, b, c are numbers; --label applies to tasks that learn labels"
    ):
        target.read_labels(pd.DataFrame({"feel": ["x"]}), "feel")


def test_what_keras_learns():
    truth = np.array([[0.25, np.nan], [np.nan, 0.5]])
    arrays = PAIR.arrays(truth)
    assert list(arrays) == ["energy", "valence"]
    for head, targets, weights in (
        ("energy", [[0.25], [0]], [1, 0]),
        ("valence", [[0], [0.5]], [0, 1]),
    ):
        np.testing.assert_array_equal(arrays[head][0], targets)
        np.testing.assert_array_equal(arrays[head][1], weights)


def test_members_are_weighed_by_the_lowest_loss():
    # Errors of 3 and -1, -1 and 1: w (3, -1) + (1 - w) (-1, 1) has the sizes |4 w - 1| and
    # |1 - 2 w|, whose sum is lowest at w = 1 / 4. Squares would be at w = 3 / 10.
    answers, truth = np.array([[[8.0], [6.0], [0.0]], [[4.0], [8.0], [9.0]]]), one(5.0, 7.0, np.nan)
    answers, truth = np.tile(answers, (1, 2003, 1)), np.tile(truth, (2003, 1))
    np.testing.assert_allclose(
        Regression(("energy",)).member_weights(answers, truth)["energy"], [0.25, 0.75], atol=5e-3
    )
    # Each number has weights of its own; without a known value, members count alike.
    both = np.concatenate([answers, answers[::-1]], axis=2)
    found = PAIR.member_weights(both, np.concatenate([truth, truth], axis=1))
    np.testing.assert_allclose(found["valence"], found["energy"][::-1], atol=1e-4)
    unknown = Regression(("energy",)).member_weights(np.ones((4, 3, 1)), np.full((3, 1), np.nan))
    np.testing.assert_allclose(unknown["energy"], np.full(4, 0.25))
