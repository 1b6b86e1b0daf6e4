"""What every target keeps, whatever it learns of a song."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kerasfeat.targets import LOWER_IS_BETTER, Multiclass, Multilabel, Regression, Target, of_run

SONGS = 40


@dataclass(frozen=True)
class Case:
    """A target, a table of songs, and a prediction that is right of all of them."""

    target: Target
    frame: pd.DataFrame
    perfect: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        return self.target.encode(self.frame)

    def worse(self, seed: int) -> np.ndarray:
        """A prediction of the same form that is right of few songs."""
        answers = np.random.default_rng(100 + seed).uniform(0.02, 0.98, self.perfect.shape)
        return (
            answers / answers.sum(axis=1, keepdims=True)
            if isinstance(self.target, Multiclass)
            else answers
        )


def one_label() -> Case:
    labels = np.random.default_rng(1).choice(["calm", "happy", "sad", "wild"], SONGS)
    frame = pd.DataFrame({"mood": labels})
    target = Multiclass("mood").with_songs(frame)
    return Case(target, frame, np.eye(4)[target.encode(frame)])


def several_labels() -> Case:
    has = np.random.default_rng(2).random((SONGS, 3)) < [0.4, 0.5, 0.6]
    names = np.array(["folk", "jazz", "polka"])
    frame = pd.DataFrame({"genres": [tuple(names[own]) for own in has]})
    target, _ = Multilabel("genres").with_table(frame)
    return Case(target, frame, has.astype(float))


def numbers() -> Case:
    values = np.random.default_rng(3).uniform([1, 0], [9, 100], (SONGS, 2))
    values[:3, 0], values[2:4, 1] = np.nan, np.nan
    frame = pd.DataFrame(values, columns=["arousal", "popularity"])
    target = Regression(("arousal", "popularity"), (1.0, 0.0), (9.0, 100.0))
    return Case(target, frame, np.nan_to_num(target.encode(frame), nan=0.5))


@pytest.fixture(params=[one_label, several_labels, numbers], ids=lambda make: make.__name__)
def case(request) -> Case:
    return request.param()


def test_arrays_have_a_row_a_song_and_a_column_an_output(case):
    target, truth = case.target, case.truth
    assert len(truth) == SONGS
    assert case.perfect.shape == (SONGS, len(target.outputs))
    assert target.head_errors(truth, case.perfect).shape == (SONGS, len(target.heads))
    assert target.song_error(truth, case.perfect).shape == target.known(truth).shape == (SONGS,)
    assert target.strata(truth).shape == target.knows(case.frame).shape == (SONGS,)
    assert target.label_truth(truth).shape == (
        SONGS,
        len(target.outputs) if target.has_labels else 0,
    )
    assert list(target.arrays(truth)) == list(target.heads)
    for targets, weights in target.arrays(truth).values():
        assert (len(targets), weights.shape) == (SONGS, (SONGS,))
        assert np.isfinite(targets).all()
    assert len(target.outputs) % len(target.heads) == 0
    assert len(target.to_columns(truth, case.perfect)) == SONGS


def test_scores_have_every_name_that_is_promised(case):
    target, prediction = case.target, case.worse(0)
    scores = target.score(case.truth, prediction)
    assert {
        target.main_metric,
        target.song_metric,
        *target.objectives,
        *target.shown_metrics,
    } <= set(scores)
    compared = target.compared_scorer(case.truth, prediction)(np.ones(SONGS))
    assert {target.main_metric, *target.compared_metrics} <= set(compared)
    assert next(iter(target.song_scores(case.truth, prediction))) == target.song_metric
    json.dumps(scores, allow_nan=False)


def test_the_perfect_prediction_has_the_smallest_errors_and_the_best_scores(case):
    target, truth, known = case.target, case.truth, case.target.known(case.truth)
    best, errors = target.score(truth, case.perfect), target.head_errors(truth, case.perfect)
    np.testing.assert_allclose(errors[np.isfinite(errors)], 0, atol=1e-9)
    for seed in range(5):
        other = case.worse(seed)
        assert (np.isnan(errors) == np.isnan(target.head_errors(truth, other))).all()
        assert (target.head_errors(truth, other) >= errors)[np.isfinite(errors)].all()
        assert (target.song_error(truth, other) > target.song_error(truth, case.perfect))[
            known
        ].all()
        scores = target.score(truth, other)
        for name in {*target.objectives, *target.shown_metrics}:
            assert (
                (scores[name] > best[name])
                if name in LOWER_IS_BETTER
                else (scores[name] < best[name])
            ), name


def test_the_score_is_the_mean_of_the_songs(case):
    target, prediction = case.target, case.worse(1)
    whole = target.known(case.truth) & ~np.isnan(target.head_errors(case.truth, prediction)).any(
        axis=1
    )
    truth, prediction = case.truth[whole], prediction[whole]
    scores = target.score(truth, prediction)
    for name, each in target.song_scores(truth, prediction).items():
        assert each.mean() == pytest.approx(scores[name])


def test_equal_weights_change_no_score(case):
    once = case.target.score(case.truth, case.worse(2))
    assert case.target.score(case.truth, case.worse(2), np.full(SONGS, 3.0)) == {
        name: value if isinstance(value, (dict, list)) else pytest.approx(value)
        for name, value in once.items()
    }


def test_bands_part_the_songs_with_a_known_truth(case):
    target, truth = case.target, case.truth
    for place, head in enumerate(target.heads):
        known = ~np.isnan(target.head_errors(truth, case.perfect)[:, place])
        times = np.sum([inside for _, inside in target.bands(truth, head)], axis=0)
        if isinstance(target, Multilabel):
            np.testing.assert_array_equal(times, truth.sum(axis=1))
        else:
            np.testing.assert_array_equal(times, known.astype(int))


def test_predictions_come_back_from_their_file_and_their_unit(case, through_file):
    target, truth, prediction = case.target, case.truth, case.worse(3)
    found = through_file(target, truth, prediction)
    assert target.same_truth(found.truth, truth).all()
    np.testing.assert_allclose(found.prediction, prediction, atol=1e-12)
    np.testing.assert_allclose(target.from_unit(target.in_unit(prediction)), prediction, atol=1e-12)
    low, high = target.limits
    assert low <= target.in_unit(prediction).min() and target.in_unit(prediction).max() <= high
    some = found[np.array([7, 3])]
    assert target.same_truth(some.truth, truth[[7, 3]]).all()
    np.testing.assert_allclose(some.prediction, prediction[[7, 3]], atol=1e-12)


def test_a_run_keeps_it(case):
    state = json.loads(
        json.dumps({"task": case.target.columns[0], **case.target.to_json()}, allow_nan=False)
    )
    assert of_run(state) == case.target
    np.testing.assert_array_equal(of_run(state).encode(case.frame), case.truth)


def test_people_are_told_the_truth_by_the_perfect_prediction(case):
    target, truth = case.target, case.truth
    for song in range(4, SONGS):
        assert target.told_answer(case.perfect[song]) == target.told_truth(truth[song])
    told = target.named(target.in_unit(case.worse(4))[0])
    json.dumps(told, allow_nan=False)
    assert set(target.heads) <= set(told)


def test_the_member_that_is_right_says_most(case):
    answers = np.stack([case.worse(5), case.perfect, case.worse(6)])
    many, truth = np.concatenate([answers] * 503, axis=1), np.concatenate([case.truth] * 503)
    found = case.target.member_weights(many, truth)
    assert list(found) == list(case.target.heads)
    for weights in found.values():
        assert weights.shape == (3,) and weights.min() >= 0
        assert weights[1] > 4 * max(weights[0], weights[2])
        assert case.target.has_labels or weights.sum() == pytest.approx(1)
