"""Any number of labels: how they are read, scored, written, and told."""

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
from kerasfeat.targets import Multilabel, of_run

GENRES = Multilabel("genres", ("polka", "pop", "rock"))
# No song is a polka, but one is called so.
TRUTH = np.array([[0, 1, 1], [0, 1, 0], [0, 0, 0], [0, 0, 1]], bool)
PREDICTION = np.array([[0.2, 0.9, 0.4], [0.7, 0.6, 0.1], [0.1, 0.7, 0.4], [0.1, 0.1, 0.8]])


def named(labels: int) -> Multilabel:
    return Multilabel("genres", tuple(f"genre {label}" for label in range(labels)))


def drawn(seed: int, labels: int, songs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(truth, probabilities with ties, how often each song counts).

    Some labels have no song, or every one.
    """
    draw = np.random.default_rng(seed)
    truth = draw.random((songs, labels)) < draw.choice([0.0, 0.1, 0.5, 1.0], labels)
    return truth, (0.6 * draw.random((songs, labels)) + 0.4 * truth).round(1), counted(draw, songs)


def test_scores_by_hand():
    scores = GENRES.score(TRUTH, PREDICTION)
    # Pop: of the pairs (0.9, 0.6) x (0.7, 0.1) three are in order; of rock's (0.4, 0.8) x (0.1,
    # 0.4) one is equal.
    assert (scores["pop/roc_auc"], scores["polka/roc_auc"], scores["rock/roc_auc"]) == (
        3 / 4,
        None,
        3.5 / 4,
    )
    assert scores["roc_auc"] == pytest.approx((3 / 4 + 3.5 / 4) / 2)
    # Pop by falling probability: yes, no, yes, no; rock: yes, then one of two at once, no.
    assert scores["pop/average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert scores["rock/average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert scores["polka/average_precision"] is None
    pop = {"precision": pytest.approx(2 / 3), "recall": 1.0, "f1": pytest.approx(0.8), "support": 2}
    assert scores["per_class"]["pop"] == pop
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
    json.dumps(scores, allow_nan=False)


def test_labels_that_no_song_has_or_is_given():
    target = named(2)
    scores = target.score(np.zeros((5, 2), bool), np.full((5, 2), 0.1))
    assert (
        scores["roc_auc"]
        is scores["average_precision"]
        is scores["macro_f1"]
        is scores["micro_f1"]
        is None
    )
    assert scores["ece"] == pytest.approx(0.1)
    with pytest.raises(KerasfeatError, match="no song to score"):
        target.score(np.zeros((0, 2), bool), np.zeros((0, 2)))
    with pytest.raises(
        KerasfeatError, match="1 of 2 predicted numbers are not finite: training has diverged"
    ):
        target.score(np.zeros((1, 2), bool), np.array([[0.1, np.nan]]))


def area(has: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> float:
    return (
        sk.roc_auc_score(has, probability, sample_weight=weights)
        if len(np.unique(has)) > 1
        else np.nan
    )


def precision(has: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> float:
    return (
        sk.average_precision_score(has, probability, sample_weight=weights) if has.any() else np.nan
    )


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(2, 5), st.integers(1, 40), st.booleans())
def test_scores_agree_with_scikit_learn(seed, labels, songs, weighted):
    truth, prediction, counts = drawn(seed, labels, songs)
    target, weights = named(labels), counts if weighted else np.ones(songs)
    scores = target.score(truth, prediction, counts if weighted else None)
    there = weights > 0
    has, probability, own = truth[there], prediction[there], weights[there]
    for name, oracle in (("roc_auc", area), ("average_precision", precision)):
        each = [oracle(has[:, place], probability[:, place], own) for place in range(labels)]
        found = [scores[f"{label}/{name}"] for label in target.labels]
        assert [np.nan if score is None else score for score in found] == pytest.approx(
            each, nan_ok=True
        )
        mean = (
            np.mean([score for score in each if not np.isnan(score)])
            if np.isfinite(each).any()
            else None
        )
        assert scores[name] == (mean if mean is None else pytest.approx(mean))
    decided = probability > 0.5
    occurs = [place for place in range(labels) if has[:, place].any() or decided[:, place].any()]
    for name, average in (("macro_f1", "macro"), ("micro_f1", "micro")):
        wanted = (
            sk.f1_score(has, decided, labels=occurs, average=average, sample_weight=own)
            if occurs
            else None
        )
        assert scores[name] == (wanted if wanted is None else pytest.approx(wanted))
    decisions = np.repeat(own, labels)
    loss = sk.log_loss(
        has.ravel(), probability.ravel(), labels=[False, True], sample_weight=decisions
    )
    assert scores["log_loss"] == pytest.approx(loss)
    assert scores["ece"] == pytest.approx(
        calibration_error(probability.ravel(), has.ravel(), decisions)
    )
    json.dumps(scores, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(2, 5), st.integers(1, 40))
def test_counting_songs_equals_repeating_them(seed, labels, songs):
    truth, prediction, weights = drawn(seed, labels, songs)
    assert_counting_equals_repeating(named(labels), truth, prediction, weights)


def test_how_wrong_a_song_is():
    wanted = -np.log([[0.8, 0.9, 0.4], [0.3, 0.6, 0.9], [0.9, 0.3, 0.6], [0.9, 0.9, 0.8]]).mean(
        axis=1
    )
    np.testing.assert_allclose(GENRES.head_errors(TRUTH, PREDICTION), wanted[:, None])
    np.testing.assert_allclose(GENRES.song_error(TRUTH, PREDICTION), wanted)
    assert wanted.mean() == pytest.approx(GENRES.score(TRUTH, PREDICTION)["log_loss"])


LABEL = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=9)


@settings(max_examples=40, deadline=None)
@given(st.lists(LABEL, min_size=2, max_size=5, unique=True), SEEDS, st.integers(1, 9))
def test_predictions_come_back_from_their_columns(through_file, labels, seed, songs):
    target = Multilabel("genres", tuple(sorted(labels)))
    truth, prediction, _ = drawn(seed, len(labels), songs)
    columns = target.to_columns(truth, prediction)
    for again in (target.from_columns(columns), target.from_columns(columns.astype(str))):
        np.testing.assert_array_equal(again[0], truth)
        np.testing.assert_allclose(again[1], prediction, atol=1e-12)
    found = through_file(target, truth, prediction)
    assert found.truth.dtype == bool
    np.testing.assert_array_equal(found.truth, truth)
    np.testing.assert_allclose(found.prediction, prediction, atol=1e-12)


@pytest.mark.parametrize("target", [GENRES, Multilabel("tags", ("1990", "NA", "drum & bass"))])
def test_a_run_tells_its_target(target):
    state = json.loads(json.dumps({"task": target.name, **target.to_json()}, allow_nan=False))
    assert of_run(state) == target
    assert of_run(state).to_json() == target.to_json()


def test_rare_labels_are_left_out_and_told():
    songs = [("rock", "pop")] * 10 + [("rock",)] * 3 + [("polka", "ska")] + [("ska",)] * 2
    target, told = Multilabel("genres").with_table(pd.DataFrame({"genres": songs}))
    assert target.labels == target.outputs == ("pop", "rock")
    assert told == ["labels of fewer than 10 songs are left out: ska (3), polka (1)"]
    few = pd.DataFrame({"genres": [("rock",)] * 11 + [("pop",)] * 9})
    with pytest.raises(
        KerasfeatError,
        match=r"1 of 2 labels have 10 songs or more, and two are needed; fewer: pop \(9\)",
    ):
        Multilabel("genres").with_table(few)
    many = pd.DataFrame({"genres": [("rock", "pop", f"rare {song:02}") for song in range(14)]})
    (told,) = Multilabel("genres").with_table(many)[1]
    assert told.endswith("rare 08 (1), rare 09 (1) and 4 more")


def test_a_song_has_the_labels_that_its_cell_lists():
    cells = pd.Series(
        ["rock; pop", "['rock', 'hip hop']", "rock|pop|rock", "pop, drum & bass", "", "[]", None]
    )
    frame = pd.DataFrame({"cells": cells, "track_id": [f"id{row}" for row in range(len(cells))]})
    frame = frame.assign(genres=GENRES.read_labels(frame, "cells"))
    assert frame["genres"].isna().tolist() == [False] * 4 + [True] * 3
    songs = frame.head(4)
    wanted = [[False, True, True], [False, False, True], [False, True, True], [False, True, False]]
    assert GENRES.encode(songs).tolist() == wanted
    assert GENRES.uncounted(songs) == ["drum & bass", "hip hop"]
    assert GENRES.spread(songs) == {"labels": {"rock": 3, "pop": 3, "hip hop": 1, "drum & bass": 1}}
    assert GENRES.common(["rock", "polka", "ska"]).labels == ("polka", "rock")


def test_people_are_told_the_labels_that_are_more_likely_than_not():
    assert GENRES.told_answer(PREDICTION[1]) == ["polka", "pop"]
    assert GENRES.told_answer(np.array([0.5, 0.5, 0.50001])) == ["rock"]
    assert GENRES.told_truth(TRUTH[0]) == ["pop", "rock"]
    told = GENRES.named(PREDICTION[3])
    assert told == {"genres": ["rock"], "probabilities": {"polka": 0.1, "pop": 0.1, "rock": 0.8}}
    json.dumps(told, allow_nan=False)


def test_two_readings_agree_where_all_labels_do():
    other = TRUTH.copy()
    other[2, 1] = True
    assert GENRES.same_truth(TRUTH, other).tolist() == [True, True, False, True]


def test_members_are_weighed_by_the_lowest_loss():
    # Right 3 times of 4 at odds of 9 to 1, the square root of which is right; the second says
    # nothing.
    target = named(2)
    truth = np.tile([[True, False], [True, False], [True, False], [False, True]], (2003, 1))
    sure, unsure = np.tile([0.9, 0.1], (len(truth), 1)), np.full((len(truth), 2), 0.5)
    found = target.member_weights(np.stack([sure, unsure]), truth)
    assert list(found) == ["genres"]
    assert found["genres"][0] == pytest.approx(0.5, abs=0.02)


def test_scores_of_one_label_are_among_the_scalar_ones():
    names = {
        f"{label}/{score}" for label in GENRES.labels for score in ("roc_auc", "average_precision")
    }
    means = {"roc_auc", "average_precision", "macro_f1", "micro_f1", "log_loss", "ece"}
    assert set(scalars(GENRES.score(TRUTH, PREDICTION))) == names | means
