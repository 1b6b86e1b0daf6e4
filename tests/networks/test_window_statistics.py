"""A window as one row: the statistics of sound, against NumPy."""

import numpy as np

from kerasfeat.fields import CHANNELS, COLUMNS, FRAMES, MELS, SAMPLES, Field
from kerasfeat.networks.window_statistics import row_columns, row_model

TABLE = Field("features", (2,), (COLUMNS,), columns=("energy", "tempo"))
MEL = Field("logmel", (7, 3), (FRAMES, MELS))
SIDES = Field("midside_logmel", (7, 3, 2), (FRAMES, MELS, CHANNELS))
TURNED = Field("turned", (3, 7), (MELS, FRAMES))
SOUND = Field("waveform", (50,), (SAMPLES,))
STEREO = Field("stereo", (50, 2), (SAMPLES, CHANNELS))


def given(field, windows=4):
    return np.random.default_rng(1).normal(size=(windows, *field.shape)).astype("float32")


def rows_of(fields, arrays):
    return np.asarray(
        row_model(fields)(dict(zip([f.name for f in fields], arrays, strict=True)))["row"]
    )


def by_band(frames):
    return [frames.mean(1), frames.std(1), np.abs(np.diff(frames, axis=1)).mean(1)]


def test_columns_stand_before_the_statistics_of_each_band():
    table, mel = given(TABLE), given(MEL)
    found = rows_of([TABLE, MEL], [table, mel])
    np.testing.assert_allclose(found, np.concatenate([table, *by_band(mel)], axis=1), atol=1e-5)
    names = row_columns([TABLE, MEL])
    assert names[:3] == ("energy", "tempo", "logmel/0") and len(names) == found.shape[1]


def test_channels_are_more_bands_and_time_may_come_second():
    sides, turned = given(SIDES), given(TURNED)
    np.testing.assert_allclose(
        rows_of([SIDES], [sides]), np.concatenate(by_band(sides.reshape(4, 7, 6)), 1), atol=1e-5
    )
    np.testing.assert_allclose(
        rows_of([TURNED], [turned]), np.concatenate(by_band(turned.swapaxes(1, 2)), 1), atol=1e-5
    )


def test_samples_have_level_peak_crossings_and_steps():
    sound = given(SOUND)
    level = 10 * np.log10((sound**2).mean(1))
    crossings = np.abs(np.diff((sound >= 0).astype(float), axis=1)).mean(1)
    wanted = [level, np.abs(sound).max(1), crossings, np.abs(np.diff(sound, axis=1)).mean(1)]
    np.testing.assert_allclose(rows_of([SOUND], [sound]), np.stack(wanted, 1), atol=1e-4)
    assert rows_of([STEREO], [given(STEREO)]).shape == (4, 8)


def test_silence_has_a_level_and_what_is_absent_has_none():
    silent, absent = np.zeros((1, 50), "float32"), np.full((1, 50), np.nan, "float32")
    np.testing.assert_allclose(rows_of([SOUND], [silent])[0, 0], -100, rtol=1e-5)
    assert np.isnan(rows_of([SOUND], [absent])[0, [0, 1, 3]]).all()
    assert np.isnan(rows_of([MEL], [np.full((1, 7, 3), np.nan, "float32")])).all()
