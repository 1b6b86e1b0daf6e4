"""One label of several: how it is read, scored, written, and told."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from target_assertions import (
    SEEDS,
    assert_counting_equals_repeating,
    calibration_error,
    counted,
    scalars,
)

from kerasfeat import KerasfeatError
from kerasfeat.targets import Multiclass, Regression, of_run

MOOD = Multiclass("mood", ("calm", "happy", "sad"))
SCORES = {"accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece"}
# The third and the last song are answered wrongly; no song is sad, but one is called so.
TRUTH = np.array([0, 0, 0, 1, 1])
PREDICTION = np.array(
    [[0.8, 0.2, 0.0], [0.6, 0.3, 0.1], [0.3, 0.5, 0.2], [0.1, 0.9, 0.0], [0.0, 0.2, 0.8]]
)


def named(labels: int) -> Multiclass:
    return Multiclass("genre", tuple(f"genre {label}" for label in range(labels)))


def drawn(seed: int, labels: int, songs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(truth, probabilities, how often each song counts); the last label may have no song."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(max(1, labels - 1), size=songs)
    return truth, draw.dirichlet(np.ones(labels) / 2 + 0.1, songs), counted(draw, songs)


def test_scores_by_hand():
    scores = MOOD.score(TRUTH, PREDICTION)
    assert set(scores) == {*SCORES, "per_class", "confusion"}
    assert scores["confusion"] == [[2, 1, 0], [0, 1, 1], [0, 0, 0]]
    assert scores["accuracy"] == 3 / 5
    assert scores["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert scores["macro_f1"] == pytest.approx((0.8 + 0.5 + 0.0) / 3)
    assert scores["log_loss"] == pytest.approx(-np.mean(np.log([0.8, 0.6, 0.3, 0.9, 0.2])))
    calm = {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "support": 3,
    }
    assert scores["per_class"]["calm"] == calm
    assert scores["per_class"]["sad"] == {"precision": 0.0, "recall": None, "f1": 0.0, "support": 0}


def test_weighted_scores_by_hand():
    scores = MOOD.score(TRUTH, PREDICTION, [1, 0, 2, 3, 0])
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert scores["balanced_accuracy"] == pytest.approx((1 / 3 + 1) / 2)
    # Calm: one hit, two missed; happy: three hits, given five times. Sad has no song that counts.
    assert scores["macro_f1"] == pytest.approx((2 / 4 + 6 / 8) / 2)
    assert scores["log_loss"] == pytest.approx(-np.dot([1, 2, 3], np.log([0.8, 0.3, 0.9])) / 6)


def test_calibration_error_by_hand():
    # 0.90 and 0.91 share the bin (13/15, 14/15], 0.35 has (5/15, 6/15].
    prediction = np.array([[0.90, 0.1, 0, 0], [0.91, 0.09, 0, 0], [0.35, 0.25, 0.2, 0.2]])
    scores = named(4).score(np.array([0, 1, 3]), prediction)
    assert scores["ece"] == pytest.approx((2 / 3) * abs(0.5 - 0.905) + (1 / 3) * 0.35)
    assert named(4).score(np.array([0, 3]), np.eye(4)[[0, 3]])["ece"] == 0


@pytest.mark.parametrize(("other", "wanted"), [(0.58, 0.59 - 0.5), (0.62, (0.4 + 0.62) / 2)])
def test_a_confidence_on_the_edge_of_a_bin_belongs_below_it(other, wanted):
    # 0.6 is 9/15; the first answer is right, the second wrong.
    prediction = np.array([[0.6, 0.4], [other, 1 - other]])
    assert named(2).score(np.array([0, 1]), prediction)["ece"] == pytest.approx(wanted)


def test_absent_labels_and_one_song_do_not_crash():
    scores = Multiclass("mood", tuple("abcde")).score(
        np.array([3]), np.array([[0.1, 0.1, 0.1, 0.7, 0.0]])
    )
    assert scores["accuracy"] == scores["macro_f1"] == 1
    assert scores["per_class"]["a"] == {"precision": None, "recall": None, "f1": None, "support": 0}
    json.dumps(scores, allow_nan=False)


def test_an_impossible_truth_costs_much_but_not_without_end():
    scores = MOOD.score(np.array([2, 0]), np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert 10 < scores["log_loss"] < 100
    json.dumps(scores, allow_nan=False)


def test_float32_probabilities_raise_no_warning(recwarn):
    truth, prediction, _ = drawn(0, 7, 31)
    scores = named(7).score(truth, prediction.astype("float32"))
    assert not recwarn.list
    assert all(isinstance(scores[name], float) for name in SCORES)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(2, 6), st.integers(1, 40), st.booleans())
def test_scores_agree_with_scikit_learn(seed, labels, songs, weighted):
    truth, prediction, counts = drawn(seed, labels, songs)
    weights = counts if weighted else np.ones(songs)
    target, predicted = named(labels), prediction.argmax(axis=1)
    scores = target.score(truth, prediction, counts if weighted else None)
    there = weights > 0  # to scikit-learn a label of songs that do not count is there
    given, answered, own = truth[there], predicted[there], weights[there]
    assert scores["accuracy"] == pytest.approx(
        sk.accuracy_score(given, answered, sample_weight=own)
    )
    recall = sk.recall_score(
        given, answered, labels=np.unique(given), average="macro", sample_weight=own
    )
    assert scores["balanced_accuracy"] == pytest.approx(recall)
    assert scores["macro_f1"] == pytest.approx(
        sk.f1_score(given, answered, average="macro", sample_weight=own)
    )
    loss = sk.log_loss(given, prediction[there], labels=np.arange(labels), sample_weight=own)
    assert scores["log_loss"] == pytest.approx(loss)
    assert scores["ece"] == pytest.approx(
        calibration_error(prediction.max(axis=1), predicted == truth, weights)
    )
    assert (
        scores["confusion"]
        == sk.confusion_matrix(truth, predicted, labels=np.arange(labels)).tolist()
    )
    parts = sk.precision_recall_fscore_support(
        truth, predicted, labels=np.arange(labels), zero_division=np.nan
    )
    for place, own in enumerate(scores["per_class"].values()):
        for name, all_labels in zip(("precision", "recall", "f1", "support"), parts, strict=True):
            assert (np.nan if own[name] is None else own[name]) == pytest.approx(
                all_labels[place], nan_ok=True
            )


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(2, 6), st.integers(1, 40))
def test_counting_songs_equals_repeating_them(seed, labels, songs):
    truth, prediction, weights = drawn(seed, labels, songs)
    assert_counting_equals_repeating(named(labels), truth, prediction, weights)


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        (np.zeros(0, int), np.zeros((0, 3)), "no song to score"),
        (
            np.array([0]),
            np.array([[np.nan, 1.0, 0.0]]),
            "1 of 3 predicted numbers are not finite.*Lower the learning rate",
        ),
    ],
)
def test_what_cannot_be_scored_says_why(truth, prediction, message):
    with pytest.raises(KerasfeatError, match=message):
        MOOD.score(truth, prediction)


def test_how_wrong_a_song_is():
    wanted = [0.2, 0.4, 0.7, 0.1, 0.8]
    np.testing.assert_allclose(MOOD.head_errors(TRUTH, PREDICTION), np.array(wanted)[:, None])
    np.testing.assert_allclose(MOOD.song_error(TRUTH, PREDICTION), wanted)
    scores, songs = scalars(MOOD.score(TRUTH, PREDICTION)), MOOD.song_scores(TRUTH, PREDICTION)
    assert songs["accuracy"].tolist() == [1, 1, 0, 1, 0]
    for name, each in songs.items():
        assert each.mean() == pytest.approx(scores[name])


# As they stand in tables: whatever people write, without line breaks.
LABEL = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=9)


@settings(max_examples=40, deadline=None)
@given(st.lists(LABEL, min_size=2, max_size=5, unique=True), SEEDS, st.integers(1, 9))
def test_predictions_come_back_from_their_columns(through_file, labels, seed, songs):
    target = Multiclass("mood", tuple(sorted(labels)))
    truth, prediction, _ = drawn(seed, len(labels), songs)
    columns = target.to_columns(truth, prediction)
    for again in (target.from_columns(columns), target.from_columns(columns.astype(str))):
        np.testing.assert_array_equal(again[0], truth)
        np.testing.assert_allclose(again[1], prediction, atol=1e-12)
    found = through_file(target, truth, prediction)
    np.testing.assert_array_equal(found.truth, truth)
    np.testing.assert_allclose(found.prediction, prediction, atol=1e-12)


@pytest.mark.parametrize(
    "labels", [("NA", "None", "nan"), ("01", "1", "1.0"), ("", "a,b", 'a"b'), (" x", "x", "x ")]
)
def test_labels_that_look_like_something_else_are_labels(through_file, labels):
    target = Multiclass("mood", labels)
    found = through_file(target, np.array([0, 1, 2]), np.eye(3)[[1, 2, 0]])
    assert found.truth.tolist() == [0, 1, 2]
    assert found.songs["true_mood"].tolist() == list(labels)
    assert found.songs["predicted_mood"].tolist() == [labels[1], labels[2], labels[0]]


@pytest.mark.parametrize(
    "target",
    [
        MOOD,
        Multiclass("level", ("high", "low", "medium"), (0.25, 0.5), 1.0, 9.0),
        Multiclass("mood", ("NA", "ü,\n")),
    ],
)
def test_a_run_tells_its_target(target):
    state = json.loads(json.dumps({"task": "of no matter", **target.to_json()}, allow_nan=False))
    assert of_run(state) == target
    assert of_run(state).to_json() == target.to_json()


@pytest.mark.parametrize(
    ("low", "high", "edges", "numbers", "wanted"),
    [
        (0, 1, (0.5,), [0, 0.5, 0.5000001, 1], ["low", "low", "high", "high"]),
        (
            0,
            100,
            (0.33, 0.66),
            [0, 33, 33.01, 66, 67, 100],
            ["low", "low", "medium", "medium", "high", "high"],
        ),
        (1, 9, (0.5,), [1, 4.9, 5, 5.1, 9], ["low", "low", "low", "high", "high"]),
        (
            1,
            9,
            (0.25, 0.75),
            [1, 3, 3.1, 7, 7.1, 9],
            ["low", "low", "medium", "medium", "high", "high"],
        ),
        (-60, 0, (0.5,), [-60, -30, -29, 0], ["low", "low", "high", "high"]),
    ],
)
def test_a_number_on_an_edge_belongs_below_it(low, high, edges, numbers, wanted):
    target = Regression(("level",), (low,), (high,)).as_labels(edges)
    frame = target.binned(pd.DataFrame({"level": numbers, "other": 7}))
    assert frame["level"].tolist() == wanted
    assert frame["other"].tolist() == [7] * len(numbers)
    fitted = target.with_songs(frame)
    assert fitted.labels == tuple(sorted(set(wanted)))
    # A run that is read back bins other songs as it did its own.
    again = of_run(json.loads(json.dumps(fitted.to_json())))
    assert again.binned(pd.DataFrame({"level": numbers}))["level"].tolist() == wanted


def test_what_has_labels_already_is_not_binned():
    frame = pd.DataFrame({"mood": ["sad", "calm"]})
    assert MOOD.binned(frame) is frame
    assert MOOD.as_labels((0.5,)) is MOOD
    with pytest.raises(
        KerasfeatError,
        match="energy, valence are several numbers, and only one becomes low and high",
    ):
        Regression(("energy", "valence")).as_labels((0.5,))
    with pytest.raises(
        KerasfeatError,
        match="'level' has labels that are made of numbers; --label applies to tasks",
    ):
        Regression(("level",)).as_labels((0.5,)).read_labels(pd.DataFrame({"feel": ["a"]}), "feel")
    with pytest.raises(
        KerasfeatError, match="'mood' has labels; --target applies to tasks that predict numbers"
    ):
        MOOD.only(("calm",))


def test_labels_are_those_of_the_songs():
    target = Multiclass("mood").with_songs(pd.DataFrame({"mood": ["sad", "calm", "sad", "Ärger"]}))
    assert target.labels == target.outputs == ("calm", "sad", "Ärger")
    songs = pd.DataFrame({"mood": ["calm", "wild", "Ärger", "calm"]})
    assert target.knows(songs).tolist() == [True, False, True, True]
    truth = target.encode(songs[target.knows(songs)])
    assert truth.tolist() == [0, 2, 0]
    assert target.labels_without_song(truth) == ("sad",)
    assert target.spread(songs) == {"classes": {"calm": 2, "wild": 1, "Ärger": 1}}
    np.testing.assert_array_equal(target.label_truth(truth), np.eye(3, dtype=bool)[truth])
    with pytest.raises(
        KerasfeatError, match="every song has the mood 'calm': there is nothing to tell apart"
    ):
        Multiclass("mood").with_songs(songs.head(1))


def test_what_keras_learns():
    targets, weights = MOOD.arrays(TRUTH)["mood"]
    assert targets.tolist() == TRUTH.tolist()
    assert weights.tolist() == [1] * 5
    np.testing.assert_array_equal(MOOD.arrays(TRUTH, shares=True)["mood"][0], np.eye(3)[TRUTH])
    # Of four training songs three are calm: calm and happy count alike.
    found = MOOD.class_weights(TRUTH, np.array([0, 1, 2, 3]))
    np.testing.assert_allclose(found, np.array([4 / 9, 4 / 9, 4 / 9, 4 / 3, 4 / 3]), rtol=1e-6)


def test_people_are_told_labels_and_probabilities():
    told = MOOD.named(PREDICTION[2])
    assert told == {"mood": "happy", "probabilities": {"calm": 0.3, "happy": 0.5, "sad": 0.2}}
    json.dumps(told, allow_nan=False)
    assert (MOOD.told_truth(TRUTH[4]), MOOD.told_answer(PREDICTION[4])) == ("happy", "sad")


def test_members_are_weighed_by_the_lowest_loss():
    # Of two labels the members' odds are multiplied, each to the power of its weight. The first is
    # right 3 times of 4 and says 9 to 1, so that the square root of its odds is right; the second
    # says nothing.
    truth = np.tile([2, 2, 2, 0], 2003)
    sure = np.tile([0.1, 0.0, 0.9], (len(truth), 1))
    answers = np.stack([sure, np.tile([0.5, 0.0, 0.5], (len(truth), 1))])
    weights = MOOD.member_weights(answers, truth)["mood"]
    assert weights[0] == pytest.approx(0.5, abs=0.02)
    # Four songs alone tell little: the weights stay near equal ones.
    few = MOOD.member_weights(answers[:, :4], truth[:4])["mood"]
    np.testing.assert_allclose(few, [0.5, 0.5], atol=0.05)
    # One that always rules the truth out gets nothing, and does not break the loss.
    answers = np.stack([sure, np.tile([0.0, 1.0, 0.0], (len(truth), 1))])
    assert MOOD.member_weights(answers, truth)["mood"][1] == pytest.approx(0, abs=1e-6)
