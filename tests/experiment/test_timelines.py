"""The songs whose timelines a report shows."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.spans import spans
from kerasfeat.experiment.timelines import (
    POINTS,
    _choose,
    _kept_windows,
    keep_windows,
    outline,
)
from kerasfeat.inference.predict import Predictor
from kerasfeat.songs import loading
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target


def test_a_run_shows_its_best_and_worst_answer_and_the_one_that_changes_most(run, songs):
    told = {song["why"]: song for song in json.loads((run / "timelines.json").read_text())}
    table = pd.read_csv(run / "predictions.csv").set_index("track_id")
    left = pd.Series(
        [row[f"probability_{row['true_mood']}"] for _, row in table.iterrows()], table.index
    )
    assert (
        list(told) == ["best", "worst", "changing"]
        and len({song["track_id"] for song in told.values()}) == 3
    )
    assert told["best"]["track_id"] == left.idxmax()
    assert told["worst"]["track_id"] == left.idxmin()
    text = (run / "report.html").read_text()
    assert (
        "The prediction closest to the truth" in text
        and "The prediction farthest from the truth" in text
    )
    for why, song in told.items():
        row = table.loc[song["track_id"]]
        assert (song["true"], song["predicted"]) == (row["true_mood"], row["predicted_mood"])
        assert song["title"] in text and (run / "plots" / f"timeline_{why}.png").is_file()
        for label, values in song["lines"].items():
            assert np.mean(values) == pytest.approx(row[f"probability_{label}"], abs=1e-3)
    # The windows are those that `predict --timeline` shows of the song.
    predictor = Predictor(run.path)
    frame = loading.load_songs(songs).frame
    predictions = predictor.predict(frame[frame["track_id"] == told["changing"]["track_id"]])
    windows = predictor.timeline(predictions, 0)
    assert told["changing"]["edges"] == pytest.approx(
        [start for start, *_ in windows] + [windows[-1][1]], abs=1e-3
    )
    np.testing.assert_allclose(
        [*zip(*told["changing"]["lines"].values(), strict=True)],
        [values for *_, values in windows],
        atol=1e-3,
    )


@pytest.mark.parametrize(
    "sides", [[1], [1, 1], [1, -1]], ids=["mono", "stereo", "channels that cancel each other out"]
)
def test_windows_and_outline_of_a_song_of_mid_and_side(tmp_path, sides):
    frontend, path = replace(frontends.get("midside_waveform"), clip_s=2), tmp_path / "song.wav"
    sound = np.random.default_rng(6).uniform(-0.4, 0.4, 5 * 11_025) * np.linspace(
        0.25, 1, 5 * 11_025
    )
    soundfile.write(path, sound[:, None] * sides, 11_025)
    np.testing.assert_allclose(
        spans(path, frontend, "soundfile"), [(0, 2), (2, 4), (3, 5)], atol=1e-3
    )
    drawn = outline(path, "soundfile")
    assert drawn.shape == (POINTS,) and drawn.max() == 1
    assert 0.2 < drawn[:60].mean() < 0.35 and 0.8 < drawn[-60:].mean() < 1


def chosen(target: Target, truth: np.ndarray, found: dict[int, np.ndarray]) -> dict[str, int]:
    return _choose(SimpleNamespace(target=target, y=truth), found)


def test_what_there_is_none_of_is_not_shown():
    mood = Multiclass("mood", ("calm", "sad"))
    sure, unsure = (
        np.array([[0.9, 0.1], [0.7, 0.3]]),
        np.array([[0.4, 0.6], [0.6, 0.4], [0.5, 0.5]]),
    )
    assert chosen(mood, np.array([0, 0, 0]), {0: sure, 2: unsure}) == {"best": 0, "worst": 2}
    assert chosen(mood, np.array([1, 1, 1]), {0: sure, 2: unsure}) == {"best": 2, "worst": 0}
    steady, changing = np.array([[0.7, 0.3], [0.7, 0.3]]), np.array([[0.9, 0.1], [0.5, 0.5]])
    assert chosen(mood, np.array([0, 0, 0, 0]), {0: sure, 1: steady, 2: unsure, 3: changing}) == {
        "best": 0,
        "worst": 2,
        "changing": 3,
    }
    assert chosen(mood, np.array([1, 1, 1]), {0: sure}) == {"best": 0}
    assert chosen(mood, np.array([1]), {}) == {}
    known = np.array([[0.2], [np.nan], [0.8], [0.5]])
    flat = {song: np.array([[0.3], [0.3]]) for song in (0, 2, 3)}
    valence = Regression(("valence",))
    assert chosen(valence, known, flat | {1: np.array([[0.1], [0.9]])}) == {
        "best": 0,
        "worst": 2,
        "changing": 1,
    }
    genres, truth = Multilabel("genres", ("folk", "rock")), np.array([[True, False]] * 3)
    answers = {
        song: np.array([[share, 1 - share]] * 2) for song, share in enumerate((0.6, 0.9, 0.2))
    }
    assert chosen(genres, truth, answers) == {"best": 1, "worst": 2, "changing": 0}


def test_windows_are_kept_by_song_and_songs_of_one_or_none_are_left_out(tmp_path):
    windows = np.arange(12.0).reshape(6, 2)
    keep_windows(tmp_path, windows, np.array([0, 0, 2, 3, 3, 3]))
    found = _kept_windows(tmp_path, np.array([7, 9, 4, 3, 5]))
    assert list(found) == [7, 3]
    np.testing.assert_array_equal(found[7], windows[:2])
    np.testing.assert_array_equal(found[3], windows[3:])
