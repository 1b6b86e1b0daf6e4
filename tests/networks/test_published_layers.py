"""Layers that published networks need: scaling, dropout of a frozen part, folding, pooling, masks,
and chance.
"""

import keras
import numpy as np
import pytest

from kerasfeat.networks.encoders import OneHotKey, Rescale
from kerasfeat.networks.layers import Complement, PartDropout
from kerasfeat.networks.trunks.published.autoenchorder import Known, MeanOfKnown, SquaredError
from kerasfeat.networks.trunks.published.jaar import Channel, Fold, steps_as_channels
from kerasfeat.networks.trunks.published.song_features import AdaptivePool
from kerasfeat.networks.trunks.random_baseline import Draw


def adapted(rows, **options):
    layer = Rescale(**options)
    layer.build((None, *rows.shape[1:]))
    layer.adapt([rows[:3], rows[3:]])
    return layer


def test_rescale_uses_the_training_songs_numbers_and_fills_with_their_mean():
    rows = np.array([[1.0, 10.0], [2.0, np.nan], [3.0, 30.0], [6.0, 20.0]], "float32")
    standard, unit = adapted(rows), adapted(rows, unit=True)
    asked = np.array([[3.0, 20.0], [np.nan, np.nan], [8.0, 40.0]], "float32")
    deviation = np.std([1, 2, 3, 6])
    np.testing.assert_allclose(
        standard(asked),
        [[0, 0], [0, 0], [5 / deviation, 20 / np.std([10, 20, 30])]],
        rtol=1e-5,
        atol=1e-6,
    )
    np.testing.assert_allclose(unit(asked), [[0.4, 0.5], [0.4, 0.5], [1.4, 1.5]], rtol=1e-5)


def test_rescale_with_one_pair_of_numbers_and_with_logarithms():
    rows = np.array([[1.0, 10.0], [2.0, 100.0], [3.0, 1000.0], [6.0, 10.0]], "float32")
    whole = adapted(rows, single=True)(rows)
    np.testing.assert_allclose(np.mean(whole), 0, atol=1e-6)
    np.testing.assert_allclose(np.std(whole), 1, rtol=1e-5)
    logs = adapted(rows, unit=True, logarithmic=(1,))
    np.testing.assert_allclose(logs(rows)[:, 1], [0, 0.5, 1, 0], atol=1e-6)
    np.testing.assert_allclose(logs(rows)[:, 0], [0, 0.2, 0.4, 1], atol=1e-6)


def test_a_key_becomes_twelve_columns_behind_the_others():
    table = np.array([[0.5, 0, 7], [0.25, 11, 8], [0.125, np.nan, 9]], "float32")
    found = np.asarray(OneHotKey(1)(table))
    assert found.shape == (3, 14)
    np.testing.assert_array_equal(found[:, :2], table[:, [0, 2]])
    np.testing.assert_array_equal(found[:2, 2:], np.eye(12)[[0, 11]])
    assert np.isnan(found[2, 2:]).all()


def test_a_column_that_nobody_has_carries_nothing():
    rows = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, np.nan], [4.0, np.nan]], "float32")
    for unit in (False, True):
        assert np.ptp(np.asarray(adapted(rows, unit=unit)(rows))[:, 1]) == 0


def test_frames_without_values_are_masked_for_a_mean_and_an_error():
    frames = np.arange(2 * 3 * 4, dtype="float32").reshape(2, 3, 4)
    frames[0, 2], frames[1] = np.nan, np.nan
    inputs = keras.Input((3, 4))
    scaled = Rescale(masked=True)(inputs)
    known = Known()(scaled)
    model = keras.Model(
        inputs,
        [
            known,
            MeanOfKnown()(scaled, known),
            SquaredError()(scaled, keras.layers.Rescaling(0.0)(scaled), known),
        ],
    )
    seen, mean, error = (np.asarray(values) for values in model(frames))
    np.testing.assert_array_equal(seen, [[1, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(mean, [frames[0, :2].mean(0), np.zeros(4)])
    np.testing.assert_allclose(error, [[np.square(frames[0, :2]).mean()], [0]], rtol=1e-6)


def test_dropout_rests_while_its_part_is_frozen():
    ones, layer = np.ones((5, 200), "float32"), PartDropout(0.5, seed=1)
    assert np.asarray(layer(ones, training=True)).min() == 0
    layer.trainable = False
    np.testing.assert_array_equal(layer(ones, training=True), ones)


def test_folding_cuts_an_axis_into_pieces_that_follow_each_other():
    samples = np.arange(2 * 7 * 2, dtype="float32").reshape(2, 7, 2)
    folded = np.asarray(Fold(1, 3)(samples))  # the seventh sample is left over
    assert folded.shape == (2, 3, 2, 2)
    np.testing.assert_array_equal(folded[1, 2], samples[1, 4:6])
    image = np.arange(2 * 3 * 10 * 2, dtype="float32").reshape(2, 3, 10, 2)
    slices = np.asarray(Fold(2, 5)(image))
    assert slices.shape == (2, 5, 3, 2, 2)
    np.testing.assert_array_equal(slices[0, 4, 1], image[0, 1, 8:10])
    np.testing.assert_array_equal(Channel(1)(image), image[..., 1])


@pytest.mark.parametrize("shape", [(7, 3), (16, 8), (5, 21)])
def test_adaptive_pooling_averages_cells(shape):
    images = np.random.default_rng(0).normal(size=(2, *shape, 3)).astype("float32")
    pooled = np.asarray(AdaptivePool(4)(images))
    assert pooled.shape == (2, 4, 4, 3)
    for i, j in ((0, 0), (1, 2), (3, 3)):
        rows = slice(i * shape[0] // 4, -(-(i + 1) * shape[0] // 4))
        columns = slice(j * shape[1] // 4, -(-(j + 1) * shape[1] // 4))
        np.testing.assert_allclose(
            pooled[:, i, j], images[:, rows, columns].mean((1, 2)), rtol=1e-4, atol=1e-6
        )


def test_a_single_probability_is_that_of_the_second_class():
    np.testing.assert_allclose(
        Complement()(np.array([[0.25], [1.0]], "float32")), [[0.75, 0.25], [0.0, 1.0]]
    )


def test_chance_is_normal_and_the_same_for_equal_songs():
    songs = np.random.default_rng(3).normal(size=(6000, 11)).astype("float32")
    songs[5, 4] = np.nan
    drawn = np.asarray(Draw(0.4, 0.17)(songs))[:, 0]
    np.testing.assert_array_equal(np.asarray(Draw(0.4, 0.17)(songs[::-1]))[::-1, 0], drawn)
    assert drawn.mean() == pytest.approx(0.4, abs=0.01) and drawn.std() == pytest.approx(
        0.17, abs=0.01
    )
    assert np.mean(np.abs(drawn - 0.4) < 0.17) == pytest.approx(0.683, abs=0.02)
    assert abs(np.corrcoef(drawn, songs[:, 0])[0, 1]) < 0.05


@pytest.mark.parametrize("steps", [30, 34, 37])
def test_a_convolution_of_blocks_is_one_of_kernels_side_by_side(steps):
    draw = np.random.default_rng(steps)
    image, kernel = (
        draw.normal(size=(2, 7, steps, 3)).astype("float32"),
        draw.normal(size=(5, 10, 3, 4)).astype("float32"),
    )
    expected = keras.ops.conv(image, kernel, strides=(1, 10), padding="same")
    found = steps_as_channels(keras.ops.convert_to_tensor(image), 10)
    assert found.shape == (2, 7, -(-steps // 10), 30)
    np.testing.assert_allclose(
        keras.ops.conv(found, kernel.reshape(5, 1, 30, 4), padding="same"),
        expected,
        rtol=1e-4,
        atol=1e-4,
    )
