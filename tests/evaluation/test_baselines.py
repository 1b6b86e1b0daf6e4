import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.model_selection import GroupKFold

from kerasfeat import KerasfeatError
from kerasfeat.evaluation import baselines
from kerasfeat.simple.pooled import Pooled
from kerasfeat.targets import Multiclass, Multilabel, Regression

SONGS, COLUMNS, TEST = 61, 13, 17
NAMES = [
    "constant",
    "logistic_regression",
    "extra_trees",
    "gradient_boosting",
    "simple_blend",
]
MOOD = Multiclass("mood", tuple("abcd"))


def fit_baselines(target, x_train, truth, x_test, seed=0, categorical=()):
    """With a group for each song, and a key in place of columns that are a category."""
    columns = tuple("key" if i in categorical else f"c{i:02}" for i in range(x_train.shape[1]))
    train, test = (Pooled(x.astype("float32"), columns) for x in (x_train, x_test))
    return baselines.fit_baselines(
        target, train, truth, np.arange(len(truth)), test=test, seed=seed
    )


@pytest.fixture
def table():
    """Training and test columns with holes, a category in column 3, and nothing in column 5."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(SONGS + TEST, COLUMNS))
    y = (x[:, 0] > 0).astype(int) + 2 * (x[:, 1] > 0.8)
    x[:, 3] = draw.integers(12, size=len(x))
    x[draw.random(x.shape) < 0.1] = np.nan
    x[:, 5] = np.nan
    return x[:SONGS], y[:SONGS], x[SONGS:], y[SONGS:]


def test_probabilities_cover_all_labels_in_order(table, recwarn):
    x_train, y_train, x_test, _ = table
    target = Multiclass("mood", tuple("abcde"))  # the last is never seen
    found = fit_baselines(target, x_train, y_train, x_test, 0, (3,))
    assert list(found) == NAMES
    for probabilities in found.values():
        assert probabilities.shape == (TEST, 5)
        assert probabilities.sum(axis=1) == pytest.approx(1)
        assert not probabilities[:, 4].any()
    assert found["constant"][0] == pytest.approx(np.bincount(y_train, minlength=5) / SONGS)
    assert not recwarn.list


def test_a_class_missing_in_the_middle_keeps_the_order(table):
    x_train, y_train, x_test, _ = table
    kept = y_train != 1
    found = fit_baselines(MOOD, x_train[kept], y_train[kept], x_test, 0)
    for probabilities in found.values():
        assert not probabilities[:, 1].any()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_models_learn_and_the_constant_does_not(table):
    x_train, y_train, x_test, y_test = table
    found = fit_baselines(MOOD, x_train, y_train, x_test, 0, (3,))
    accuracy = {
        name: MOOD.score(y_test, probabilities)["accuracy"] for name, probabilities in found.items()
    }
    assert accuracy["logistic_regression"] > accuracy["constant"] + 0.1


def test_each_of_several_labels_has_baselines_of_its_own(table, recwarn):
    x_train, y_train, x_test, y_test = table
    has = np.stack(
        [y_train % 2 == 1, y_train > 1, y_train < 0, y_train >= 0], axis=1
    )  # the last two: no song, every song
    found = fit_baselines(
        Multilabel("genres", tuple("abcd")), x_train, has, x_test, seed=0, categorical=(3,)
    )
    assert list(found) == NAMES
    for probabilities in found.values():
        assert probabilities.shape == (TEST, 4)
        assert not probabilities[:, 2].any() and (probabilities[:, 3] == 1).all()
    assert found["constant"][0] == pytest.approx(has.mean(axis=0))
    alone = fit_baselines(
        Multiclass("b", ("no", "yes")), x_train, has[:, 1].astype(int), x_test, 0, (3,)
    )
    np.testing.assert_allclose(
        found["gradient_boosting"][:, 1], alone["gradient_boosting"][:, 1], atol=1e-12
    )
    assert not recwarn.list


def test_a_class_of_one_song_among_many():
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(10_007, 2)).round(), draw.integers(2, size=10_007)
    y[17] = 2
    found = fit_baselines(Multiclass("mood", tuple("abc")), x, y, x[:TEST])
    assert found["gradient_boosting"].shape == (TEST, 3) and found["gradient_boosting"].sum(
        axis=1
    ) == pytest.approx(1)


def test_values_of_several_targets_with_missing_truth(table):
    x_train, _, x_test, _ = table
    y = expit(np.stack([np.nan_to_num(x_train[:, 0]), np.nan_to_num(-x_train[:, 1])], axis=1))
    y[:9, 1] = np.nan
    found = fit_baselines(
        Regression(("valence", "energy")), x_train, y, x_test, seed=0, categorical=(3,)
    )
    assert list(found) == [name.replace("logistic_regression", "ridge") for name in NAMES]
    assert found["constant"] == pytest.approx(np.tile(np.nanmean(y, axis=0), (TEST, 1)))
    for name in ("ridge", "gradient_boosting"):
        assert found[name].shape == (TEST, 2)
        valence, energy = found[name].T
        assert np.corrcoef(valence, np.nan_to_num(x_test[:, 0]))[0, 1] > 0.7
        assert np.corrcoef(energy, np.nan_to_num(-x_test[:, 1]))[0, 1] > 0.5


def test_the_same_seed_gives_the_same_predictions(table):
    x_train, y_train, x_test, _ = table
    first, second = (fit_baselines(MOOD, x_train, y_train, x_test, 7, (3,)) for _ in range(2))
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


def test_the_test_songs_do_not_reach_the_training(table):
    x_train, y_train, x_test, _ = table
    whole = fit_baselines(MOOD, x_train, y_train, x_test, 0, (3,))
    alone = fit_baselines(MOOD, x_train, y_train, x_test[:1], 0, (3,))
    for name in whole:
        np.testing.assert_allclose(whole[name][:1], alone[name])


def test_what_cannot_be_learnt_says_why(table):
    x_train, y_train, x_test, _ = table
    with pytest.raises(KerasfeatError, match="needs two or more"):
        fit_baselines(MOOD, x_train, np.zeros(SONGS, int), x_test, 0)
    with pytest.raises(KerasfeatError, match="'valence'"):
        fit_baselines(
            Regression(("energy", "valence")),
            x_train,
            np.stack([np.ones(SONGS), np.full(SONGS, np.nan)], axis=1),
            x_test,
        )


def test_real_moods_by_artist(shared_data):
    table = pd.read_csv(shared_data / "moods.csv")
    columns = [
        "danceability",
        "acousticness",
        "energy",
        "instrumentalness",
        "liveness",
        "valence",
        "loudness",
        "speechiness",
    ]
    x = table[[*columns, "tempo", "length", "popularity", "key", "time_signature"]].to_numpy(float)
    target = Multiclass("mood").with_songs(table)
    y = target.encode(table)
    answers = np.zeros((len(y), len(target.labels)))
    for train, test in GroupKFold(10).split(x, y, table["artist"]):
        answers[test] = fit_baselines(target, x[train], y[train], x[test], 0, (11, 12))[
            "logistic_regression"
        ]
    assert target.score(y, answers)["accuracy"] > 0.75
