"""The training songs that a model finds most like another."""

import shutil

import keras
import numpy as np
import pandas as pd
import pytest

from kerasfeat.evaluation.song_vectors import FILE, read_vectors, represent
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.inference.neighbours import nearest
from kerasfeat.inference.predict import Predictor
from kerasfeat.networks.assembly import REPRESENTATION
from kerasfeat.songs import loading


@pytest.fixture
def apart(tabular, tmp_path):
    """A copy of a run without its TensorBoard logs."""
    shutil.copytree(tabular.path, tmp_path / "run", ignore=shutil.ignore_patterns("tensorboard"))
    return RunDirectory(tmp_path / "run")


def neighbours(run, songs, count):
    predictor = Predictor(run.path)
    frame = loading.load_songs(songs).frame
    return frame, nearest(predictor, predictor.predict(frame), count)


def test_songs_are_represented_some_at_a_time(apart, songs, monkeypatch):
    predictor = Predictor(apart.path)
    gathered = predictor.gather(loading.load_songs(songs).frame)
    rows = np.arange(len(gathered.rows))
    together = represent(predictor.model, gathered.inputs, rows)[REPRESENTATION]
    monkeypatch.setattr("kerasfeat.evaluation.song_vectors.WINDOWS", 7)
    in_blocks = represent(predictor.model, gathered.inputs, rows)[REPRESENTATION]
    assert len(together) == len(rows) > 14
    np.testing.assert_allclose(in_blocks, together, rtol=1e-5, atol=1e-6)


def test_a_training_song_is_nearest_to_itself_and_tensorboard_is_not_read(apart, songs):
    frame, found = neighbours(apart, songs, 3)
    parts = pd.read_csv(apart / "splits.csv")
    trained = set(parts[parts["part"] == "train"]["track_id"])
    titles = frame.set_index("track_id")["title"]
    known = set(titles[list(trained)])
    for row, close in zip(frame.to_dict("records"), found, strict=True):
        similarity = [song["similarity"] for song in close]
        assert len(close) == 3 and similarity == sorted(similarity, reverse=True)
        assert {song["title"] for song in close} <= known
        if row["track_id"] in trained:
            assert close[0]["similarity"] == pytest.approx(1, abs=1e-6)
            # Songs of few features may be alike in all of them.
            alike = [song for song in close if song["similarity"] > 1 - 1e-6]
            if len(alike) == 1:
                assert alike[0]["title"] == row["title"]
                known_energy = not np.isnan(row["energy"])
                told = f"{row['energy']:.3f}" if known_energy else "not known"
                assert alike[0]["true energy"] == told


def test_the_vectors_are_the_trunks_and_lie_in_the_songs_order(apart, songs):
    known = read_vectors(apart.path)
    predictor = Predictor(apart.path)
    gathered = predictor.gather(loading.load_songs(songs).frame)
    model = predictor.model
    trunk = keras.Model(model.input, model.get_layer(REPRESENTATION).output)
    expected = trunk.predict(gathered.inputs.tables, verbose=0).mean(axis=1)  # over members
    np.testing.assert_allclose(known.vectors, expected, rtol=1e-5, atol=1e-6)
    assert known.vectors.dtype == "float32" and len(known.title) == 70
    parts = pd.read_csv(apart / "splits.csv")
    assert known.part.tolist() == parts["part"].tolist()


def test_a_run_that_keeps_no_vectors_gives_a_page_without_neighbours(
    kerasfeat, apart, songs, tmp_path
):
    (apart / FILE).unlink()
    page = tmp_path / "songs.html"
    ended = kerasfeat("predict", apart.path, songs, "--html", page)
    assert ended.code == 0, ended.err
    assert "earest" not in page.read_text(encoding="utf-8")
