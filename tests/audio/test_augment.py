"""Augmentation: each change is the one it says, alike for all inputs of a window, new for each
window, and none by default.
"""

from dataclasses import dataclass

import librosa
import numpy as np
import pytest
import tensorflow as tf

from kerasfeat import KerasfeatError, fields
from kerasfeat.audio.augmentation import Augmentation
from kerasfeat.audio.frontends.bars import Bars
from kerasfeat.audio.frontends.hpss import HPSS
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.audio.frontends.midside import MidSideLogMel
from kerasfeat.audio.frontends.spectrogram import Spectrogram
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
SEED = tf.constant([3, 8], tf.int64)
BANDS_HZ = np.linspace(40, 4000, MELS)


@dataclass(frozen=True)
class Made:
    """What a front-end says of its result."""

    field: Field
    bands_hz: np.ndarray | None = None


FRONTENDS = {
    name: Made(field, BANDS_HZ if name in ("logmel", "midside_logmel") else None)
    for name, field in ALL.items()
}


def windows(count=9, seed=4):
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=(count, *field.shape)).astype("float32")
        for name, field in ALL.items()
    }


def augmented(before, **how):
    """The windows after one pass of tf.data, as training does it."""
    heard = {name: made for name, made in FRONTENDS.items() if name != "features"}
    augment, mask = Augmentation(**how).augment(heard), Augmentation(**how).mask(heard)
    windows = tf.data.Dataset.from_tensor_slices(before)
    if augment:
        windows = tf.data.Dataset.zip(windows, tf.data.Dataset.random(3).batch(2)).map(augment)
    if mask:
        windows = windows.map(mask)
    (after,) = windows.batch(len(before["features"])).as_numpy_iterator()
    for name, field in ALL.items():
        assert after[name].shape[1:] == field.shape and after[name].dtype == np.float32
        np.testing.assert_array_equal(after[name], before[name]) if name in (
            "features",
            "yamnet_patches",
        ) else None
    return after


def test_nothing_is_changed_by_default():
    assert Augmentation().augment(FRONTENDS) is None and Augmentation().mask(FRONTENDS) is None
    assert (
        Augmentation(gain_db=3).augment(
            {name: FRONTENDS[name] for name in ("features", "yamnet_patches")}
        )
        is None
    )
    assert (
        Augmentation(time_mask_frames=3).augment(FRONTENDS) is None
        and Augmentation(gain_db=3).mask(FRONTENDS) is None
    )


def test_gain_is_one_factor_of_all_inputs_of_a_window():
    before = windows()
    after = augmented(before, gain_db=6.0)
    factor = after["waveform"][:, 0] / before["waveform"][:, 0]
    gain_db = 20 * np.log10(factor)
    assert (
        len(np.unique(np.round(gain_db, 4))) == 9
        and np.abs(gain_db).max() <= 6
        and np.ptp(gain_db) > 2
    )
    np.testing.assert_allclose(
        after["midside_waveform"], before["midside_waveform"] * factor[:, None, None], rtol=1e-5
    )
    np.testing.assert_allclose(
        after["logmel"] - before["logmel"],
        gain_db[:, None, None] + np.zeros((FRAMES, MELS)),
        atol=1e-4,
    )
    np.testing.assert_allclose(
        (after["midside_logmel"] - before["midside_logmel"])[..., 1].mean(axis=(1, 2)),
        gain_db,
        atol=1e-4,
    )
    np.testing.assert_array_equal(
        after["mfcc"], before["mfcc"]
    )  # its first coefficient would change by a number of its own


def test_a_shift_moves_all_inputs_by_the_same_share_in_a_circle():
    steps = np.arange(SAMPLES, dtype="float32") / SAMPLES
    before = windows()
    before["waveform"][:] = steps
    before["logmel"][:] = (np.arange(FRAMES, dtype="float32") / FRAMES)[:, None]
    before["midside_logmel"][:] = (np.arange(FRAMES, dtype="float32") / FRAMES)[None, :, None]
    after = augmented(before, shift_share=0.3)
    shift = after["waveform"][:, SAMPLES // 2] - steps[SAMPLES // 2]
    assert np.abs(shift).max() <= 0.3 and np.ptp(shift) > 0.1
    np.testing.assert_allclose(
        after["logmel"][:, FRAMES // 2, 3], before["logmel"][:, FRAMES // 2, 3] + shift, atol=1e-3
    )
    np.testing.assert_allclose(
        after["midside_logmel"][:, 2, FRAMES // 2, 1], after["logmel"][:, FRAMES // 2, 3], atol=1e-5
    )
    np.testing.assert_allclose(
        np.sort(after["waveform"][0])[5:-5], np.sort(steps)[5:-5], atol=2e-3
    )  # all of it is still there


def test_speed_changes_the_pitch_of_a_waveform_and_the_tempo_of_a_spectrogram():
    time = np.arange(SAMPLES) / SAMPLES
    before = windows(5)
    before["waveform"][:] = np.sin(2 * np.pi * 200 * time)
    after = augmented(before, speed_share=0.2)
    cycles = np.abs(np.fft.rfft(after["waveform"] * np.hanning(SAMPLES))).argmax(axis=1)
    assert cycles.min() >= 159 and cycles.max() <= 241 and np.ptp(cycles) > 10


def notes(fundamental_hz, rate_hz, seconds):
    """Four notes of 12 overtones, the softer the higher, with a rest behind each."""
    time = np.arange(round(rate_hz * seconds)) / rate_hz
    tone = sum(np.sin(2 * np.pi * n * fundamental_hz * time) / n for n in range(1, 13))
    return (0.1 * tone * (4 * time / seconds % 1 < 0.7)).astype("float32")


@pytest.mark.parametrize("semitones", [-3.0, -2.0, 0.0, 1.5, 4.0])
@pytest.mark.parametrize(
    "frontend",
    [
        LogMel(clip_s=1.3, mels=67),
        Spectrogram(clip_s=1.1),
        HPSS(clip_s=1.2, mels=53),
        MidSideLogMel(clip_s=1.4, mels=61),
    ],
)
def test_a_changed_pitch_is_that_of_a_song_played_higher_at_the_same_tempo(
    frontend, semitones, monkeypatch
):
    def heard(fundamental_hz):
        waveform = notes(fundamental_hz, frontend.sample_rate_hz, frontend.clip_s)
        return frontend(
            (waveform if frontend.channels == 1 else np.stack([waveform, 0.5 * waveform], 1))[None]
        )[0].numpy()

    before, wanted = heard(330), heard(330 * 2 ** (semitones / 12))
    monkeypatch.setattr(
        "kerasfeat.audio.augmentation._between",
        lambda low, high, seed: tf.constant(semitones if high else 0.0),
    )
    change = Augmentation(pitch_semitones=4.0).augment({frontend.name: frontend})
    after = change({frontend.name: tf.constant(before)}, SEED)[frontend.name].numpy()
    frames = frontend.field.axes.index(fields.FRAMES)
    bands = 1 - frames if frames < 2 else 0
    loud = wanted > wanted.max() - 30

    def apart(values):
        return np.abs(values - wanted)[loud].mean()

    assert apart(after) < 0.3 * apart(before) + 0.7
    # Each overtone lies at its new band, and each rest at its own time.
    other = tuple(axis for axis in range(before.ndim) if axis != bands)
    np.testing.assert_allclose(after.mean(other).argmax(), wanted.mean(other).argmax(), atol=1)
    level = [
        values.max(tuple(axis for axis in range(before.ndim) if axis != frames))
        for values in (after, before)
    ]
    assert np.corrcoef(*level)[0, 1] > 0.99


def test_each_window_is_higher_or_lower_by_a_number_of_its_own_alike_in_all_its_inputs():
    before = windows()
    before["logmel"][:] = BANDS_HZ
    before["midside_logmel"][:] = BANDS_HZ[:, None, None]
    after = augmented(before, pitch_semitones=2.0)
    # A band of 2,020 Hz shows what lay the change's factor below it, far from both ends.
    factor = 2020 / after["logmel"][:, 3, 5]
    semitones = 12 * np.log2(factor)
    assert (
        np.abs(semitones).max() <= 2
        and np.ptp(semitones) > 1
        and len(np.unique(np.round(semitones, 3))) == 9
    )
    np.testing.assert_allclose(
        after["midside_logmel"][:, 5, 7, 1], after["logmel"][:, 3, 5], rtol=1e-5
    )
    assert after["logmel"].min() >= 40 and after["logmel"].max() <= 4000
    for name in ("waveform", "midside_waveform", "mfcc", "yamnet_patches"):
        np.testing.assert_array_equal(after[name], before[name])


def test_bands_of_inputs_without_frames_are_changed_too():
    bars = Bars(clip_s=2.5, mels=19)
    before = {"bars": np.random.default_rng(3).normal(size=bars.field.shape).astype("float32")}
    after = (
        Augmentation(pitch_semitones=3.0, shift_share=0.4, gain_db=6.0)
        .augment({"bars": bars})(before, SEED)["bars"]
        .numpy()
    )
    assert after.shape == bars.field.shape and not np.allclose(after, before["bars"])
    assert (
        np.abs(after).max() <= np.abs(before["bars"]).max() + 1e-5
    )  # pitch alone: bars know no samples, and no frames


def test_front_ends_know_where_their_bands_lie():
    tone = np.sin(2 * np.pi * 1750 * np.arange(22_050) / 22_050).astype("float32")[None]
    for frontend in (
        LogMel(clip_s=1.0, mels=67),
        LogMel(clip_s=1.0, mels=41, fmin_hz=300.0, fmax_hz=9000.0),
        Spectrogram(clip_s=1.0),
    ):
        assert len(frontend.bands_hz) == frontend.field.shape[1]
        loudest = frontend(tone)[0].numpy().mean(0).argmax()
        assert loudest == np.abs(frontend.bands_hz - 1750).argmin()
    assert librosa.hz_to_midi(LogMel().bands_hz[-1]) < librosa.hz_to_midi(11_025)


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
    hidden = (
        after["midside_logmel"] != before["midside_logmel"]
    )  # [windows, mels, frames, channels]
    np.testing.assert_array_equal(hidden[..., 0], hidden[..., 1])
    assert (
        hidden.all(axis=(1, 3)).sum(axis=1).max() > 3
        and hidden.all(axis=(2, 3)).sum(axis=1).max() > 1
    )
    assert (after["logmel"] != before["logmel"]).any()


def test_an_absent_input_stays_absent():
    before = windows(3)
    before["waveform"][1] = np.nan
    before["logmel"][1] = np.nan
    after = augmented(
        before, gain_db=6.0, shift_share=0.5, speed_share=0.1, noise_share=0.1, pitch_semitones=2.0
    )
    assert np.isnan(after["waveform"][1]).all() and np.isnan(after["logmel"][1]).all()
    assert np.isfinite(after["waveform"][[0, 2]]).all()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"gain_db": -1.0}, "gain_db is -1"),
        ({"speed_share": 1.0}, "must be below 1"),
        ({"noise_share": np.nan}, "is nan"),
    ],
)
def test_impossible_changes_are_refused(how, told):
    with pytest.raises(KerasfeatError, match=told):
        Augmentation(**how)
