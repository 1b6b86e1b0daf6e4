"""What simple models learn, whatever a table holds and however its columns are ordered."""

import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.simple.fitting import BOOSTING, CONSTANT, NAMES, SUPPORT_VECTORS, fit_simple
from kerasfeat.simple.inner import folds, some_groups
from kerasfeat.simple.pooled import Pooled
from kerasfeat.targets import Multiclass, Multilabel, Regression

from .conftest import NAMES as COLUMNS
from .conftest import Learnt, make

SOUND = frozenset(("tempo", "energy", "valence"))


def fitted(name: str, learnt: Learnt, songs: Pooled | None = None):
    return fit_simple(name, learnt.target, songs or learnt.songs, learnt.truth, learnt.groups, 3)


def heard(songs: Pooled) -> Pooled:
    """As if some columns were pooled from audio."""
    return Pooled(songs.x, songs.columns, SOUND)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_columns_changes_nothing(name, target):
    learnt = make(target, 149, 1)
    other = np.random.default_rng(2).permutation(len(COLUMNS))
    names = tuple(COLUMNS[place] for place in other)
    first = fitted(name, learnt, heard(learnt.songs))
    second = fitted(name, learnt, heard(Pooled(learnt.songs.x[:, other], names)))
    np.testing.assert_allclose(
        second.predict(learnt.others[:, other]), first.predict(learnt.others), atol=1e-5
    )


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_within_bounds_and_learn(name, target, recwarn):
    learnt = make(target, 307, 4)
    songs = heard(learnt.songs)
    answer = fitted(name, learnt, songs).predict(songs.x)
    assert answer.shape == (307, len(target.outputs))
    assert answer.min() >= 0 and answer.max() <= 1
    if isinstance(target, Multiclass):
        assert answer.sum(axis=1) == pytest.approx(1)
        assert not answer[:, 1].any()  # the label that no song has
    if name != CONSTANT:
        of_all = fitted(CONSTANT, learnt).predict(songs.x)
        metric = target.fine_metric
        score, worse = (target.score(learnt.truth, a)[metric] for a in (answer, of_all))
        assert score < worse
    assert not recwarn.list


@pytest.mark.parametrize("name", NAMES)
def test_songs_of_one_label_or_of_one_value_are_answered_alike(name):
    for target, truth in (
        (Multiclass("mood", ("a", "b", "c")), np.full(23, 2)),
        (Regression(("valence",)), np.full((23, 1), 0.3)),
    ):
        learnt = make(target, 23, 5)
        simple = fit_simple(name, target, learnt.songs, truth, learnt.groups)
        expected = [0, 0, 1] if isinstance(target, Multiclass) else [0.3]
        np.testing.assert_allclose(simple.predict(learnt.others), [expected] * 211, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_a_dozen_songs_by_one_artist_are_enough(name):
    target = Multiclass("mood", ("a", "b"))
    learnt = make(target, 12, 6)
    simple = fit_simple(name, target, heard(learnt.songs), np.arange(12) % 2, np.zeros(12, int))
    assert np.isfinite(simple.predict(learnt.others)).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("labels", ["aaab", "aabbc", "abcabcc"])
def test_very_few_songs_by_an_artist_each_are_enough(name, labels):
    target = Multiclass("mood", tuple("abc"))
    learnt = make(target, len(labels), 8)
    truth = np.array([target.labels.index(label) for label in labels])
    simple = fit_simple(name, target, heard(learnt.songs), truth, np.arange(len(labels)))
    assert np.isfinite(simple.predict(learnt.others)).all()


def test_what_there_is_not_is_told():
    learnt = make(Regression(("valence", "energy")), 31, 7)
    unknown = np.where([True, False], learnt.truth, np.nan)
    with pytest.raises(KerasfeatError, match="31 training songs has a value of 'energy'"):
        fit_simple(BOOSTING, learnt.target, learnt.songs, unknown, learnt.groups)
    with pytest.raises(KerasfeatError, match="Did you mean gradient_boosting"):
        fit_simple("gradient_bosting", learnt.target, learnt.songs, learnt.truth, learnt.groups)


def test_inner_folds_keep_groups_together_and_samples_too():
    groups = np.random.default_rng(0).integers(37, size=211)
    held = []
    for train, left in folds(groups):
        assert not set(groups[train]) & set(groups[left])
        held += left.tolist()
    assert sorted(held) == list(range(211))
    some = some_groups(groups, 50, seed=1)
    assert 50 <= len(some) < 211 and not set(groups[some]) & set(np.delete(groups, some))
    assert list(folds(np.zeros(9))) == []


def test_support_vectors_are_no_surer_of_the_songs_that_they_learnt_than_of_others():
    """Of labels that have nothing to do with the sound."""
    target, truth = Multiclass("mood", ("a", "b")), np.random.default_rng(9).integers(2, size=223)
    learnt = make(target, 223, 9)
    songs = heard(learnt.songs)
    answer = fit_simple(SUPPORT_VECTORS, target, songs, truth, learnt.groups).predict(songs.x)
    np.testing.assert_allclose(answer[:, 1], truth.mean(), atol=0.2)


def test_support_vectors_answer_the_share_of_a_label_that_one_artist_alone_has():
    target, draw = Multilabel("tags", ("a", "b")), np.random.default_rng(9)
    learnt = make(target, 200, 9)
    groups = np.repeat(np.arange(20), 10)
    sound = learnt.songs.x.copy()
    sound[groups == 3, 0] += 4.0  # as that artist alone sounds
    truth = np.stack([groups == 3, draw.random(200) < 0.5], axis=1)
    songs = heard(Pooled(sound, learnt.songs.columns))
    answer = fit_simple(SUPPORT_VECTORS, target, songs, truth, groups).predict(learnt.others)
    np.testing.assert_allclose(answer[:, 0], 0.05, atol=1e-6)
