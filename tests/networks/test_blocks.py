import keras
import numpy as np
import pytest

from kerasfeat.networks.layers import FillAbsent, Gate, Present, Standardize, TabularEncoder

COLUMNS = ["energy", "key", "duration_ms", "time_signature", "mode"]
NAN = np.nan


def table(rows=53, seed=1):
    rng = np.random.default_rng(seed)
    return np.stack(
        [
            rng.uniform(0, 1, rows),
            rng.integers(0, 12, rows),
            rng.lognormal(12, 0.3, rows),
            rng.integers(3, 6, rows),
            rng.integers(0, 2, rows),
        ],
        1,
    ).astype("float32")


def encoder(rows, bins=4):
    layer = TabularEncoder(COLUMNS, bins=bins)
    layer.build((None, len(COLUMNS)))
    layer.adapt(rows)
    return layer


def test_standardised_columns_of_the_training_songs_have_mean_0_and_deviation_1():
    rows = table()
    encoded = np.asarray(encoder(rows)(rows))
    assert (
        encoded.shape
        == (53, 3 * (4 + 1) + 12 + 8)
        == encoder(rows).compute_output_shape(rows.shape)
    )
    np.testing.assert_allclose(encoded[:, :3].mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(encoded[:, :3].std(0), 1, atol=1e-3)


def test_duration_is_taken_as_its_logarithm():
    rows = table()
    layer = encoder(rows)
    rows = np.repeat(rows[:1], 3, 0)
    rows[:, 2] = [1e5, 2e5, 4e5]
    duration = np.asarray(layer(rows))[:, 1]
    assert duration[1] - duration[0] == pytest.approx(duration[2] - duration[1], rel=1e-4)


def test_bins_are_quantiles_and_positions_within_them():
    rows = table()
    rows[:, 0] = np.linspace(0, 1, 53)
    encoded = np.asarray(
        encoder(rows)(
            np.array([[0.375, 0, 2e5, 4, 0], [-3, 0, 2e5, 4, 0], [9, 0, 2e5, 4, 0]], "float32")
        )
    )
    np.testing.assert_allclose(encoded[0, 3:7], [1, 0.5, 0, 0], atol=1e-5)
    np.testing.assert_array_equal(encoded[1, 3:7], [0, 0, 0, 0])
    np.testing.assert_array_equal(encoded[2, 3:7], [1, 1, 1, 1])


def test_key_and_time_signature_are_one_hot():
    encoded = np.asarray(encoder(table())(np.array([[0.5, 11, 2e5, 3, 1]], "float32")))[0]
    assert np.flatnonzero(encoded[15:27]).tolist() == [11]
    assert np.flatnonzero(encoded[27:]).tolist() == [3]


def test_categories_alone_are_encoded_and_kept(tmp_path):
    rows = table()[:, [3, 1]]
    layer = TabularEncoder(["time_signature", "key"])
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layer(inputs))
    layer.adapt(rows)
    rows[:2] = [[4, 11], [NAN, NAN]]
    encoded = model.predict(rows, verbose=0)
    assert encoded.shape == (53, 12 + 8) and np.flatnonzero(encoded[0]).tolist() == [11, 12 + 4]
    assert np.isnan(encoded[1]).all() and (encoded[2:].sum(axis=1) == 2).all()
    model.save(tmp_path / "categories.keras")
    np.testing.assert_array_equal(
        keras.models.load_model(tmp_path / "categories.keras").predict(rows, verbose=0), encoded
    )


def test_a_missing_number_is_the_training_median_and_a_missing_category_nothing():
    rows = table()
    layer = encoder(rows)
    filled = np.array([[np.median(rows[:, 0]), NAN, 2e5, NAN, 1]], "float32")
    missing = np.array([[NAN, NAN, 2e5, NAN, 1]], "float32")
    np.testing.assert_allclose(layer(missing), layer(filled), atol=1e-6)
    assert not np.asarray(layer(missing))[0, 15:].any()


def test_a_row_without_any_value_stays_missing():
    rows = table()
    assert np.isnan(np.asarray(encoder(rows)(np.full((2, 5), NAN, "float32")))).all()


def test_a_column_that_is_always_missing_or_constant_gives_finite_numbers():
    rows = table()
    rows[:, 0] = NAN
    rows[:, 4] = 1
    assert np.isfinite(np.asarray(encoder(rows)(rows))).all()


def test_standardize_uses_each_bands_own_statistics_and_leaves_absent_clips_out():
    rng = np.random.default_rng(2)
    clips = rng.normal([3, -1, 0, 40, 7], [1, 2, 3, 4, 5], (11, 7, 5)).astype("float32")
    clips[4] = NAN
    layer = Standardize()
    layer.build((None, 7, 5))
    layer.adapt(clips)
    values = np.delete(np.asarray(layer(clips)), 4, 0)
    np.testing.assert_allclose(values.mean((0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(values.std((0, 1)), 1, atol=1e-3)
    assert np.isnan(np.asarray(layer(clips))[4]).all()


def test_present_tells_absent_inputs():
    clips = np.zeros((3, 7, 5), "float32")
    clips[1] = NAN
    np.testing.assert_array_equal(Present()(clips), [[1], [0], [1]])
    assert not np.asarray(FillAbsent()(clips)).any()


def test_gate_replaces_absent_inputs_and_never_drops_all():
    layer = Gate(rate=0.9, seed=3)
    ones = np.ones((400, 4), "float32")
    here, gone = np.ones((400, 1), "float32"), np.zeros((400, 1), "float32")
    layer([ones, ones], [here, here])
    layer.absent[0].assign(np.full(4, 5.0))
    layer.absent[1].assign(np.full(4, 5.0))
    a, b = layer([ones, ones], [here, gone])
    assert np.all(np.asarray(a) == 1) and np.all(np.asarray(b) == 5)
    a, b = layer([ones, ones], [here, here])
    assert np.all(np.asarray(a) == 1) and np.all(np.asarray(b) == 1)
    a, b = (np.asarray(x)[:, 0] == 1 for x in layer([ones, ones], [here, here], training=True))
    assert (a | b).all() and 0 < (a & b).sum() < 400


def test_encoders_keep_their_statistics_when_saved(tmp_path):
    rows = table()
    x = keras.Input((5,), name="features")
    layer = TabularEncoder(COLUMNS, bins=4)
    model = keras.Model(x, layer(x))
    layer.adapt(rows)
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)(rows), model(rows)
    )
