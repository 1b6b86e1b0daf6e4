"""Augmentation: each change is the one it says, alike for all inputs of a window, new for each window, and none by default."""

import numpy as np
import pytest
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.augment import Augmentation
from kerasfeat.fields import Field

SAMPLES, FRAMES, MELS = 4001, 37, 11
WAVE = Field("waveform", (SAMPLES,), ("samples",))
STEREO = Field("midside_waveform", (SAMPLES, 2), ("samples", "channels"))
LOGMEL = Field("logmel", (FRAMES, MELS), ("frames", "mels"), unit="dB")
IMAGE = Field("midside_logmel", (MELS, FRAMES, 2), ("mels", "frames", "channels"), unit="dB")
MFCC = Field("mfcc", (FRAMES, 13), ("frames", "coefficients"), unit="dB")
PATCHES = Field("yamnet_patches", (3, 96, 64), ("spectrograms", "frames", "mels"))
WORDS = Field("features", (5,), ("columns",))
ALL = {field.name: field for field in (WAVE, STEREO, LOGMEL, IMAGE, MFCC, PATCHES, WORDS)}


def windows(count=9, seed=4):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(count, *field.shape)).astype("float32") for name, field in ALL.items()}


def augmented(before, **how):
    """The windows after one pass of tf.data, as training does it."""
    function = Augmentation(**how).augment({name: field for name, field in ALL.items() if name != "features"})
    batches = tf.data.Dataset.from_tensor_slices(before).map(function).batch(len(before["features"]))
    (after,) = batches.as_numpy_iterator()
    for name, field in ALL.items():
        assert after[name].shape[1:] == field.shape and after[name].dtype == np.float32
        np.testing.assert_array_equal(after[name], before[name]) if name in ("features", "yamnet_patches") else None
    return after


def test_nothing_is_changed_by_default():
    assert Augmentation().augment(ALL) is None
    assert Augmentation(gain_db=3).augment({"features": WORDS, "yamnet_patches": PATCHES}) is None


def test_gain_is_one_factor_of_all_inputs_of_a_window():
    before = windows()
    after = augmented(before, gain_db=6.0)
    factor = after["waveform"][:, 0] / before["waveform"][:, 0]
    gain_db = 20 * np.log10(factor)
    assert len(np.unique(np.round(gain_db, 4))) == 9 and np.abs(gain_db).max() <= 6 and np.ptp(gain_db) > 2
    np.testing.assert_allclose(after["midside_waveform"], before["midside_waveform"] * factor[:, None, None], rtol=1e-5)
    np.testing.assert_allclose(after["logmel"] - before["logmel"], gain_db[:, None, None] + np.zeros((FRAMES, MELS)), atol=1e-4)
    np.testing.assert_allclose((after["midside_logmel"] - before["midside_logmel"])[..., 1].mean(axis=(1, 2)), gain_db, atol=1e-4)
    np.testing.assert_array_equal(after["mfcc"], before["mfcc"])  # its first coefficient would change by a number of its own


def test_a_shift_moves_all_inputs_by_the_same_share_in_a_circle():
    steps = np.arange(SAMPLES, dtype="float32") / SAMPLES
    before = windows()
    before["waveform"][:] = steps
    before["logmel"][:] = (np.arange(FRAMES, dtype="float32") / FRAMES)[:, None]
    before["midside_logmel"][:] = (np.arange(FRAMES, dtype="float32") / FRAMES)[None, :, None]
    after = augmented(before, shift_share=0.3)
    shift = after["waveform"][:, SAMPLES // 2] - steps[SAMPLES // 2]
    assert np.abs(shift).max() <= 0.3 and np.ptp(shift) > 0.1
    np.testing.assert_allclose(after["logmel"][:, FRAMES // 2, 3], before["logmel"][:, FRAMES // 2, 3] + shift, atol=1e-3)
    np.testing.assert_allclose(after["midside_logmel"][:, 2, FRAMES // 2, 1], after["logmel"][:, FRAMES // 2, 3], atol=1e-5)
    np.testing.assert_allclose(np.sort(after["waveform"][0])[5:-5], np.sort(steps)[5:-5], atol=2e-3)  # all of it is still there


def test_speed_changes_the_pitch_of_a_waveform_and_the_tempo_of_a_spectrogram():
    time = np.arange(SAMPLES) / SAMPLES
    before = windows(5)
    before["waveform"][:] = np.sin(2 * np.pi * 200 * time)
    after = augmented(before, speed_share=0.2)
    cycles = np.abs(np.fft.rfft(after["waveform"] * np.hanning(SAMPLES))).argmax(axis=1)
    assert cycles.min() >= 159 and cycles.max() <= 241 and np.ptp(cycles) > 10


def test_noise_is_a_share_of_the_windows_level_and_of_waveforms_alone():
    before = windows()
    before["waveform"][0] *= 0.01
    before["waveform"][1] = 0
    after = augmented(before, noise_share=0.5)
    added = after["waveform"] - before["waveform"]
    share = np.std(added, axis=1)[2:] / np.std(before["waveform"], axis=1)[2:]
    assert share.max() <= 0.53 and share.min() >= 0 and np.ptp(share) > 0.1
    assert 0 < np.std(added[0]) < 0.006 and not added[1].any()
    np.testing.assert_array_equal(after["logmel"], before["logmel"])


def test_masks_lie_alike_over_channels_whatever_the_axes():
    pytest.importorskip("tensorflow_io")
    before = windows()
    after = augmented(before, time_mask_frames=17, freq_mask_bands=7)
    hidden = after["midside_logmel"] != before["midside_logmel"]  # [windows, mels, frames, channels]
    np.testing.assert_array_equal(hidden[..., 0], hidden[..., 1])
    assert hidden.all(axis=(1, 3)).sum(axis=1).max() > 3 and hidden.all(axis=(2, 3)).sum(axis=1).max() > 1
    assert (after["logmel"] != before["logmel"]).any()


def test_an_absent_input_stays_absent():
    before = windows(3)
    before["waveform"][1] = np.nan
    before["logmel"][1] = np.nan
    after = augmented(before, gain_db=6.0, shift_share=0.5, speed_share=0.1, noise_share=0.1)
    assert np.isnan(after["waveform"][1]).all() and np.isnan(after["logmel"][1]).all()
    assert np.isfinite(after["waveform"][[0, 2]]).all()


@pytest.mark.parametrize(
    ("how", "told"), [({"gain_db": -1.0}, "gain_db is -1"), ({"speed_share": 1.0}, "must be below 1"), ({"noise_share": np.nan}, "is nan")]
)
def test_impossible_changes_are_refused(how, told):
    with pytest.raises(KerasfeatError, match=told):
        Augmentation(**how)
