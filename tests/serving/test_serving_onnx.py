"""ONNX files beside the Keras model."""

import json

import numpy as np
import pandas as pd
import pytest
from untrained_graphs import untrained

import kerasfeat as kf
from kerasfeat import KerasfeatError

onnxruntime = pytest.importorskip("onnxruntime", reason="needs ONNX: pip install 'kerasfeat[onnx]'")
pytest.importorskip("tf2onnx", reason="needs ONNX: pip install 'kerasfeat[onnx]'")

from kerasfeat.serving.onnx import convert  # noqa: E402


@pytest.mark.slow
def test_an_ensemble_with_trees_answers_in_onnx_as_it_does(songs, tmp_path):
    run = kf.fit(
        songs, "mood", members=["linear", "trees"], inputs=["features"], out=tmp_path / "run"
    )
    folder = run.export(tmp_path / "exports", name="mood", format="onnx")
    assert sorted(path.name for path in folder.iterdir()) == [
        "features.onnx",
        "labels.txt",
        "model_card.md",
        "schema.json",
    ]
    session = onnxruntime.InferenceSession(folder / "features.onnx")
    told = session.get_modelmeta().custom_metadata_map
    labels = json.loads(told["labels"])
    assert labels == list(run.target.labels) and json.loads(told["schema"])["task"] == "mood"
    table = pd.read_csv(songs / "tracks.csv").head(17)
    table.loc[3, "energy"] = np.nan
    asked = table.drop(columns=["audio", "mood"])
    wanted = run.predict(asked)[[f"probability_{label}" for label in labels]].to_numpy()
    names = [column.name for column in session.get_inputs()]
    (got,) = session.run(None, {name: table[name].to_numpy("float32") for name in names})
    np.testing.assert_allclose(got, wanted, atol=1e-4)
    with pytest.raises(KerasfeatError, match="never overwritten"):
        run.export(tmp_path / "exports", name="mood", format="onnx")


@pytest.mark.slow
def test_members_that_need_sound_are_left_out_of_the_answer_of_a_table(songs, tmp_path):
    run = kf.fit(songs, "mood", members=["linear"], out=tmp_path / "run")
    assert run.metrics["members"]["linear on audio"]["weight"] > 0
    folder = run.export(tmp_path / "exports", name="mood", format="onnx")
    session = onnxruntime.InferenceSession(folder / "features.onnx")
    table = pd.read_csv(songs / "tracks.csv").drop(columns=["audio", "mood"]).head(9)
    table.loc[2, "valence"] = np.nan
    names = [column.name for column in session.get_inputs()]
    (got,) = session.run(None, {name: table[name].to_numpy("float32") for name in names})
    wanted = run.predict(table)[[f"probability_{label}" for label in run.target.labels]]
    np.testing.assert_allclose(got, wanted.to_numpy(), atol=1e-4)


@pytest.mark.slow
def test_what_onnx_cannot_hold_is_refused_with_the_reason():
    with pytest.raises(KerasfeatError, match="signature 'audio'.*RFFT|signature 'audio'.*Loop"):
        convert(untrained(["logmel"]), "{}")
    with pytest.raises(KerasfeatError, match="several sample rates"):
        convert(untrained(["logmel", "mfcc"]), "{}")
