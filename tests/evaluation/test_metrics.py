import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasfeat.evaluation.metrics import calibration_error, classification, multilabel, regression
from sklearn import metrics as sk

from kerasfeat import KerasfeatError
from kerasfeat.tasks import labels_given

SCALARS = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece")


def test_classification_by_hand():
    true = [0, 0, 0, 1, 1]
    probabilities = [
        [0.8, 0.2, 0.0],
        [0.6, 0.3, 0.1],
        [0.3, 0.5, 0.2],
        [0.1, 0.9, 0.0],
        [0.0, 0.2, 0.8],
    ]
    scores = classification(true, probabilities, ["calm", "happy", "sad"])
    assert set(scores) == {*SCALARS, "per_class", "confusion"}
    assert scores["confusion"] == [[2, 1, 0], [0, 1, 1], [0, 0, 0]]
    assert scores["accuracy"] == 3 / 5
    assert scores["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert scores["macro_f1"] == pytest.approx((0.8 + 0.5 + 0.0) / 3)
    assert scores["log_loss"] == pytest.approx(-np.mean(np.log([0.8, 0.6, 0.3, 0.9, 0.2])))
    assert scores["per_class"]["calm"] == {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "support": 3,
    }
    # No song is sad, but one was called so.
    assert scores["per_class"]["sad"] == {"precision": 0.0, "recall": None, "f1": 0.0, "support": 0}


def test_calibration_error_by_hand():
    # 0.90 and 0.91 share the bin (13/15, 14/15], 0.35 has (5/15, 6/15].
    confidence, correct = np.array([0.90, 0.91, 0.35]), np.array([True, False, False])
    assert calibration_error(confidence, correct) == pytest.approx(
        (2 / 3) * abs(0.5 - 0.905) + (1 / 3) * 0.35
    )
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0


def test_absent_classes_and_one_song_do_not_crash():
    scores = classification([3], [[0.1, 0.1, 0.1, 0.7, 0.0]], list("abcde"))
    assert scores["accuracy"] == scores["macro_f1"] == 1
    assert scores["per_class"]["a"] == {"precision": None, "recall": None, "f1": None, "support": 0}
    json.dumps(scores, allow_nan=False)


def test_float32_probabilities_raise_no_warning(recwarn):
    draw = np.random.default_rng(0)
    probabilities = draw.dirichlet(np.ones(7), 31).astype("float32")
    scores = classification(draw.integers(7, size=31), probabilities, list("abcdefg"))
    assert not recwarn.list
    assert all(isinstance(scores[name], float) for name in SCALARS)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(1, 40), st.integers(0, 1000))
def test_classification_agrees_with_scikit_learn(classes, songs, seed):
    draw = np.random.default_rng(seed)
    true, probabilities = (
        draw.integers(classes, size=songs),
        draw.dirichlet(np.ones(classes), songs),
    )
    scores = classification(true, probabilities, [str(label) for label in range(classes)])
    predicted = probabilities.argmax(axis=1)
    assert scores["macro_f1"] == pytest.approx(sk.f1_score(true, predicted, average="macro"))
    assert scores["log_loss"] == pytest.approx(
        sk.log_loss(true, probabilities, labels=np.arange(classes))
    )
    assert (
        sum(each["support"] for each in scores["per_class"].values())
        == songs
        == np.sum(scores["confusion"])
    )
    assert 0 <= scores["ece"] <= 1
    json.dumps(scores, allow_nan=False)


def test_several_labels_by_hand():
    true = [[1, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 1]]
    probabilities = [[0.9, 0.2, 0.4], [0.6, 0.7, 0.1], [0.7, 0.1, 0.4], [0.1, 0.1, 0.8]]
    scores = multilabel(np.array(true, bool), np.array(probabilities), ["pop", "polka", "rock"])
    # pop: of the pairs (0.9, 0.6) x (0.7, 0.1) three are in order; rock: (0.4, 0.8) x (0.1, 0.4),
    # one of them equal.
    assert (scores["pop/roc_auc"], scores["polka/roc_auc"], scores["rock/roc_auc"]) == (
        3 / 4,
        None,
        3.5 / 4,
    )
    assert scores["roc_auc"] == pytest.approx((3 / 4 + 3.5 / 4) / 2)
    # pop by falling probability: yes, no, yes, no; rock: yes, then one of two at once, no.
    assert scores["pop/average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert scores["rock/average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert scores["polka/average_precision"] is None
    assert scores["per_class"]["pop"] == {
        "precision": pytest.approx(2 / 3),
        "recall": 1.0,
        "f1": pytest.approx(0.8),
        "support": 2,
    }
    # No song is a polka, but one was called so.
    assert scores["per_class"]["polka"] == {
        "precision": 0.0,
        "recall": None,
        "f1": 0.0,
        "support": 0,
    }
    assert scores["macro_f1"] == pytest.approx((0.8 + 0 + 2 / 3) / 3)
    assert scores["micro_f1"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    right = [0.9, 0.8, 0.4, 0.6, 0.3, 0.9, 0.3, 0.9, 0.6, 0.9, 0.9, 0.8]
    assert scores["log_loss"] == pytest.approx(-np.mean(np.log(right)))
    assert labels_given(["pop", "polka", "rock"], probabilities[1]) == ["pop", "polka"]
    json.dumps(scores, allow_nan=False)


def test_several_labels_that_no_song_has_or_is_given():
    scores = multilabel(np.zeros((5, 2), bool), np.full((5, 2), 0.1), ["a", "b"])
    assert (
        scores["roc_auc"]
        is scores["average_precision"]
        is scores["macro_f1"]
        is scores["micro_f1"]
        is None
    )
    assert scores["ece"] == pytest.approx(0.1)
    with pytest.raises(KerasfeatError, match="no song to score"):
        multilabel(np.zeros((0, 2), bool), np.zeros((0, 2)), ["a", "b"])
    with pytest.raises(KerasfeatError, match="training has diverged"):
        multilabel(np.zeros((1, 2), bool), np.array([[0.1, np.nan]]), ["a", "b"])


def test_regression_by_hand():
    true = {"valence": np.array([0.0, 0.5, 1.0]), "energy": np.array([0.2, np.nan, 0.4])}
    predicted = {"valence": np.array([0.1, 0.5, 0.8]), "energy": np.array([0.2, 9.0, 0.6])}
    scores = regression(true, predicted)
    assert scores["valence/mae"] == pytest.approx(0.1)
    assert scores["valence/mse"] == pytest.approx(0.05 / 3)
    assert scores["valence/rmse"] == pytest.approx((0.05 / 3) ** 0.5)
    assert scores["valence/r2"] == pytest.approx(1 - 0.05 / 0.5)
    assert scores["energy/mae"] == pytest.approx(0.1)  # the song without energy does not count
    assert scores["mae"] == pytest.approx(0.1)
    assert scores["spearman"] == pytest.approx(1)
    assert {name.split("/")[-1] for name in scores} == {
        "mae",
        "mse",
        "rmse",
        "r2",
        "pearson",
        "spearman",
    }


def test_undefined_scores_are_none_and_strict_json():
    truth = np.array([0.1, 0.4, 0.3])
    constant = regression({"valence": truth}, {"valence": np.full(3, 0.2, dtype="float32")})
    assert constant["pearson"] is None and constant["spearman"] is None
    assert constant["r2"] < 0
    assert regression({"valence": truth[:1]}, {"valence": truth[:1]})["r2"] is None
    json.dumps(constant, allow_nan=False)


def test_a_collapsed_head_cannot_raise_the_mean():
    truth = np.array([0.1, 0.4, 0.3])
    scores = regression(
        {"valence": truth, "energy": truth}, {"valence": truth, "energy": np.full(3, 0.2)}
    )
    assert scores["valence/pearson"] == pytest.approx(1)
    assert scores["pearson"] is None


def test_a_target_without_truth_is_left_out():
    truth = np.array([0.1, 0.4, 0.3])
    scores = regression(
        {"valence": truth, "energy": np.full(3, np.nan)}, {"valence": truth + 0.1, "energy": truth}
    )
    assert scores["energy/mae"] is None
    assert scores["mae"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda: classification([], np.zeros((0, 3)), list("abc")), "no song to score"),
        (lambda: classification([0], [[np.nan, 1.0]], list("ab")), "Lower the learning rate"),
        (lambda: regression({"valence": [np.nan]}, {"valence": [0.1]}), "no song to score"),
        (lambda: regression({"valence": [0.1]}, {"valence": [np.inf]}), "not finite"),
    ],
)
def test_what_cannot_be_scored_says_why(score, message):
    with pytest.raises(KerasfeatError, match=message):
        score()
