"""One vector for a song of any length."""

import numpy as np
import pytest

from kerasfeat import fields
from kerasfeat.simple.pooled import Pooled, pool

SPECTRUM, SOUND = (fields.FRAMES, fields.MELS), (fields.SAMPLES,)


def test_pooling_a_spectrogram_of_any_length():
    windows = np.random.default_rng(0).normal(size=(3, 7, 5))
    pooled = pool(windows, SPECTRUM)
    assert pooled.shape == (15,)
    assert pooled[:5] == pytest.approx(windows.mean(axis=(0, 1)))
    assert pooled[5:10] == pytest.approx(windows.std(axis=(0, 1)))
    assert pooled[10:] == pytest.approx(np.abs(np.diff(windows, axis=1)).mean(axis=(0, 1)))
    assert pool(windows[:1], SPECTRUM).shape == pool(windows[:, :1], SPECTRUM).shape == (15,)
    both = windows[..., None].repeat(2, axis=-1)
    assert pool(both, (*SPECTRUM, fields.CHANNELS)).shape == (30,)
    image = np.moveaxis(both, 1, 2)
    np.testing.assert_allclose(
        pool(image, (*SPECTRUM[::-1], fields.CHANNELS)), pool(both, (*SPECTRUM, fields.CHANNELS))
    )


def test_pooling_columns_is_their_mean():
    assert pool(np.arange(6.0).reshape(2, 3), (fields.COLUMNS,)) == pytest.approx([1.5, 2.5, 3.5])


def test_pooling_a_waveform():
    time_s = np.arange(4410) / 22050
    low, high = (np.sin(2 * np.pi * hertz * time_s)[None].repeat(3, axis=0) for hertz in (220, 880))
    assert pool(low, SOUND).shape == (8,)
    assert pool(low, SOUND)[0] == pytest.approx(-3.01, abs=0.01)  # dB, a full sine
    assert pool(high, SOUND)[2] == pytest.approx(2 * 880 / 22050, rel=0.05)  # crossings a sample
    assert pool(high, SOUND)[3] > 3 * pool(low, SOUND)[3]
    assert pool(low, SOUND)[4:] == pytest.approx(0, abs=1e-12)
    assert np.isfinite(pool(np.zeros((1, 11)), SOUND)).all()
    stereo = pool(np.stack([low, high], axis=-1), (*SOUND, fields.CHANNELS))
    np.testing.assert_allclose(stereo, [*pool(low, SOUND), *pool(high, SOUND)])


def test_columns_of_a_large_input_count_for_less_each_and_for_more_together():
    heard = [f"logmel/{number}" for number in range(32)]
    songs = Pooled(np.zeros((5, 34)), ("tempo", *heard, "energy"), frozenset(heard))
    weights = songs.column_weights
    assert weights[0] == weights[-1] == pytest.approx(2 * weights[1])  # the fourth root of 32 / 2
    assert np.square(weights).sum() == pytest.approx(34)
    of_one_input = songs.only(tuple(heard)).column_weights
    np.testing.assert_allclose(of_one_input, 1)
