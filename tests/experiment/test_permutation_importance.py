"""Permutation importance: what runs say of the inputs and columns of their models."""

import json

import numpy as np
import pandas as pd
import pytest

from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.importance import WINDOWS, _cut_behind_audio, _hear
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.predict import Predictor
from kerasfeat.songs import loading


def told(run):
    return json.loads((run / "permutation_importance.json").read_text())


def rows(found, metric):
    return {row["name"]: row[metric] for row in found}


def test_inputs_and_columns_of_a_run_are_weighed_on_its_test_songs(fused):
    found, metrics = told(fused), json.loads((fused / "metrics.json").read_text())
    assert found["songs"] == metrics["split"]["sizes"]["test"]
    # These songs have three windows, of which one counts twice where four are heard.
    assert found["scores"] == {
        name: pytest.approx(metrics["test"][name], abs=0.1) for name in ("accuracy", "log_loss")
    }
    assert {row["name"] for row in found["inputs"]} == {"features", "logmel"}
    assert {row["name"] for row in found["columns"]} == set(fused.read()["columns"])
    for part in ("inputs", "columns"):
        lost = [row["accuracy"]["lost"] for row in found[part]]
        assert lost == sorted(lost, reverse=True)
    text = (fused / "report.html").read_text()
    assert (
        "Permutation importance" in text
        and "Columns with the same information stand in for each other" in text
    )
    assert (fused / "plots" / "permutation_importance_columns.png").is_file()


@pytest.mark.parametrize("kind", ["classes", pytest.param("values", marks=pytest.mark.slow)])
def test_the_column_that_decides_is_found_and_noise_is_not(tmp_path, kind):
    rng = np.random.default_rng(2)
    names = ["danceability", "energy", "valence", "tempo", "loudness"]
    table = pd.DataFrame(rng.random((260, 5)), columns=names).assign(
        track_id=[f"s{n}" for n in range(260)]
    )
    table["tempo"], table["loudness"] = 60 + 120 * table["tempo"], -60 * table["loudness"]
    if kind == "classes":
        table["mood"] = np.where(table["valence"] > 0.5, "happy", "sad")
        task, targets, metric, whole = "mood", (), "accuracy", 0.5
    else:
        table["popularity"] = (100 * table["valence"]).round()
        task, targets, metric, whole = "popularity", (), "mae", 1 / 3
    table.to_csv(tmp_path / "songs.csv", index=False)
    small = {"epochs": "40", "units": "16", "blocks": "1", "learning_rate": "0.01"}
    run = fit(
        Spec(
            task=task,
            targets=targets,
            data=str(tmp_path / "songs.csv"),
            hyperparameters=small,
        ),
        out=str(tmp_path / "run"),
    )
    found = told(run)
    assert found["inputs"] == []  # the only one: without it nothing is left
    first, *others = found["columns"]
    # Of two songs drawn at random, half differ in the label; two values differ by a third on
    # average.
    assert (
        first["name"] == "valence"
        and first[metric]["lost"] == pytest.approx(whole, abs=0.2)
        and first[metric]["ci95"][0] > 0.1
    )
    assert all(row[metric]["ci95"][0] <= 0.02 and row[metric]["lost"] < 0.05 for row in others)
    page = (run / "report.html").read_text()
    assert "Columns that clearly matter, most important first: valence" in page


@pytest.mark.slow
def test_a_run_on_one_audio_input_has_nothing_to_tell(songs, tmp_path):
    small = {"epochs": "1", "clip_s": "3", "logmel.mels": "24"}
    run = fit(
        Spec(
            task="mood",
            data=str(songs),
            inputs=("logmel",),
            hyperparameters=small,
        ),
        out=str(tmp_path / "run"),
    )
    assert not (run / "permutation_importance.json").exists()
    assert "Permutation importance" not in (run / "report.html").read_text()


def test_a_song_is_heard_once_and_the_two_parts_answer_as_the_whole(run, songs):
    predictor = Predictor(run.path)
    layers = [len(layer._inbound_nodes) for layer in predictor.model.layers]
    frame = loading.load_songs(songs).frame.head(5)
    inputs = predictor.gather(frame).inputs
    halves = _cut_behind_audio(predictor.model, set(inputs.frontends))
    assert set(halves.owners) == {"features", "logmel"} and set(halves.hear.input) == {"logmel"}
    assert [len(layer._inbound_nodes) for layer in predictor.model.layers] == layers
    heard = [np.concatenate(part) for part in _hear(halves.hear, inputs, np.arange(5))]
    audio = iter(heard)
    given = [
        np.repeat(inputs.table, WINDOWS, axis=0) if name == "features" else next(audio)
        for name in halves.owners
    ]
    answers = halves.answer.predict_on_batch(given)["mood"].reshape(5, WINDOWS, -1)
    for song in range(5):
        places = np.linspace(0, inputs.counts[song] - 1, WINDOWS).round().astype(int)
        windows = {
            "features": np.repeat(inputs.table[[song]], WINDOWS, axis=0),
            "logmel": inputs.windows("logmel", song)[places],
        }
        np.testing.assert_allclose(
            answers[song], predictor.model.predict_on_batch(windows)["mood"], atol=1e-5
        )
