import numpy as np
import pandas as pd
import pytest
from kerasfeat.evaluation.metrics import classification
from sklearn.model_selection import GroupKFold

from kerasfeat import KerasfeatError, fields
from kerasfeat.evaluation.baselines import fit_baselines, pool

SONGS, COLUMNS, TEST = 61, 13, 17


@pytest.fixture
def table():
    """Training and test columns with holes, a category in column 3, and nothing at all in column 5."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(SONGS + TEST, COLUMNS))
    y = (x[:, 0] > 0).astype(int) + 2 * (x[:, 1] > 0.8)
    x[:, 3] = draw.integers(12, size=len(x))
    x[draw.random(x.shape) < 0.1] = np.nan
    x[:, 5] = np.nan
    return x[:SONGS], y[:SONGS], x[SONGS:], y[SONGS:]


def test_probabilities_cover_all_labels_in_order(table, recwarn):
    x_train, y_train, x_test, _ = table
    labels = list("abcde")  # the last is never seen
    found = fit_baselines("classes", x_train, y_train, x_test, labels, 0, (3,))
    assert list(found) == ["constant", "logistic_regression", "gradient_boosting"]
    for probabilities in found.values():
        assert probabilities.shape == (TEST, 5)
        assert probabilities.sum(axis=1) == pytest.approx(1)
        assert not probabilities[:, 4].any()
    assert found["constant"][0] == pytest.approx(np.bincount(y_train, minlength=5) / SONGS)
    assert not recwarn.list


def test_a_class_missing_in_the_middle_keeps_the_order(table):
    x_train, y_train, x_test, _ = table
    kept = y_train != 1
    found = fit_baselines("classes", x_train[kept], y_train[kept], x_test, list("abcd"), 0)
    for probabilities in found.values():
        assert not probabilities[:, 1].any()
        assert probabilities[:, [0, 2]].all()


def test_models_learn_and_the_constant_does_not(table):
    x_train, y_train, x_test, y_test = table
    found = fit_baselines("classes", x_train, y_train, x_test, list("abcd"), 0, (3,))
    accuracy = {
        name: classification(y_test, probabilities, list("abcd"))["accuracy"]
        for name, probabilities in found.items()
    }
    assert accuracy["logistic_regression"] > accuracy["constant"] + 0.1


def test_each_of_several_labels_has_baselines_of_its_own(table, recwarn):
    x_train, y_train, x_test, y_test = table
    has = np.stack(
        [y_train % 2 == 1, y_train > 1, y_train < 0, y_train >= 0], axis=1
    )  # the last two: no song, every song
    found = fit_baselines("labels", x_train, has, x_test, seed=0, categorical=(3,))
    assert list(found) == ["constant", "logistic_regression", "gradient_boosting"]
    for probabilities in found.values():
        assert probabilities.shape == (TEST, 4)
        assert not probabilities[:, 2].any() and (probabilities[:, 3] == 1).all()
    assert found["constant"][0] == pytest.approx(has.mean(axis=0))
    alone = fit_baselines("classes", x_train, has[:, 1].astype(int), x_test, ["no", "yes"], 0, (3,))
    np.testing.assert_array_equal(
        found["gradient_boosting"][:, 1], alone["gradient_boosting"][:, 1]
    )
    assert not recwarn.list


def test_a_class_of_one_song_among_many():
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(10_007, 2)).round(), draw.integers(2, size=10_007)
    y[17] = 2
    found = fit_baselines("classes", x, y, x[:TEST], list("abc"))
    assert found["gradient_boosting"].shape == (TEST, 3) and found["gradient_boosting"].sum(
        axis=1
    ) == pytest.approx(1)


def test_values_of_several_targets_with_missing_truth(table):
    x_train, _, x_test, _ = table
    y = {"valence": np.nan_to_num(x_train[:, 0]), "energy": np.nan_to_num(2 - x_train[:, 1])}
    y["energy"][:9] = np.nan
    found = fit_baselines("values", x_train, y, x_test, seed=0, categorical=(3,))
    assert list(found) == ["constant", "ridge", "gradient_boosting"]
    assert found["constant"]["energy"] == pytest.approx(np.full(TEST, np.nanmean(y["energy"])))
    wanted = np.nan_to_num(x_test[:, 0])
    for name in ("ridge", "gradient_boosting"):
        assert set(found[name]) == {"valence", "energy"}
        assert np.corrcoef(found[name]["valence"], wanted)[0, 1] > 0.7


def test_the_same_seed_gives_the_same_predictions(table):
    x_train, y_train, x_test, _ = table
    first, second = (
        fit_baselines("classes", x_train, y_train, x_test, list("abcd"), 7, (3,)) for _ in range(2)
    )
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


def test_the_test_songs_do_not_reach_the_training(table):
    x_train, y_train, x_test, _ = table
    whole = fit_baselines("classes", x_train, y_train, x_test, list("abcd"), 0, (3,))
    alone = fit_baselines("classes", x_train, y_train, x_test[:1], list("abcd"), 0, (3,))
    for name in whole:
        np.testing.assert_allclose(whole[name][:1], alone[name])


def test_what_cannot_be_learnt_says_why(table):
    x_train, y_train, x_test, _ = table
    with pytest.raises(KerasfeatError, match="needs two or more"):
        fit_baselines("classes", x_train, np.zeros(SONGS, int), x_test, list("ab"), 0)
    with pytest.raises(KerasfeatError, match="'valence'"):
        fit_baselines("values", x_train, {"valence": np.full(SONGS, np.nan)}, x_test)


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
    labels = sorted(table["mood"].unique())
    y = table["mood"].map(labels.index).to_numpy()
    answers = np.zeros((len(y), len(labels)))
    for train, test in GroupKFold(10).split(x, y, table["artist"]):
        answers[test] = fit_baselines("classes", x[train], y[train], x[test], labels, 0, (11, 12))[
            "logistic_regression"
        ]
    assert classification(y, answers, labels)["accuracy"] > 0.75


FRAMES, SAMPLES = (fields.FRAMES, fields.MELS), (fields.SAMPLES,)


def test_pooling_a_spectrogram_of_any_length():
    windows = np.random.default_rng(0).normal(size=(3, 7, 5))
    pooled = pool(windows, FRAMES)
    assert pooled.shape == (15,)
    assert pooled[:5] == pytest.approx(windows.mean(axis=(0, 1)))
    assert pooled[5:10] == pytest.approx(windows.std(axis=(0, 1)))
    assert pooled[10:] == pytest.approx(np.abs(np.diff(windows, axis=1)).mean(axis=(0, 1)))
    assert pool(windows[:1], FRAMES).shape == pool(windows[:, :1], FRAMES).shape == (15,)
    both = windows[..., None].repeat(2, axis=-1)
    assert pool(both, (*FRAMES, fields.CHANNELS)).shape == (30,)
    image = np.moveaxis(both, 1, 2)
    np.testing.assert_allclose(
        pool(image, (fields.MELS, fields.FRAMES, fields.CHANNELS)),
        pool(both, (*FRAMES, fields.CHANNELS)),
    )


def test_pooling_columns_is_their_mean():
    assert pool(np.arange(6.0).reshape(2, 3), (fields.COLUMNS,)) == pytest.approx([1.5, 2.5, 3.5])


def test_pooling_a_waveform():
    time_s = np.arange(4410) / 22050
    low, high = (np.sin(2 * np.pi * hertz * time_s)[None].repeat(3, axis=0) for hertz in (220, 880))
    assert pool(low, SAMPLES).shape == (8,)
    assert pool(low, SAMPLES)[0] == pytest.approx(-3.01, abs=0.01)  # dB, a full sine
    assert pool(high, SAMPLES)[2] == pytest.approx(2 * 880 / 22050, rel=0.05)  # crossings a sample
    assert pool(high, SAMPLES)[3] > 3 * pool(low, SAMPLES)[3]
    assert pool(low, SAMPLES)[4:] == pytest.approx(0, abs=1e-12)
    assert np.isfinite(pool(np.zeros((1, 11)), SAMPLES)).all()
    stereo = pool(np.stack([low, high], axis=-1), (*SAMPLES, "channels"))
    np.testing.assert_allclose(stereo, [*pool(low, SAMPLES), *pool(high, SAMPLES)])
