"""The default model: members of several kinds, weighted by songs that were held back from them."""

import json

import numpy as np
import pandas as pd
import pytest

import kerasfeat as kf
from kerasfeat import KerasfeatError
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.neighbours import nearest
from kerasfeat.inference.predict import Predictor
from kerasfeat.serving.graph import Graph

SMALL = {"epochs": "2", "units": "8"}
QUICK = {"epochs": "1", "clip_s": "3", "logmel.mels": "24"}
KINDS = ("linear", "extra trees", "gradient boosting", "support vectors", "network")


@pytest.fixture(scope="module")
def blended(songs, tmp_path_factory):
    """A finished run of the default on features and audio, and what it was told of its data."""
    out = tmp_path_factory.mktemp("blended") / "run"
    return fit(Spec(task="mood", data=str(songs), hyperparameters=QUICK), out=out)


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text())


def test_members_read_each_input_alone_and_all_and_their_weights_add_up_to_one(blended):
    members = metrics_of(blended)["members"]
    assert {name.partition(" on ")[0] for name in members} == set(KINDS)
    assert {"linear on features", "linear on audio", "linear", "network on features"} <= set(
        members
    )
    weights = [scores["weight"] for scores in members.values()]
    assert min(weights) >= 0 and sum(weights) == pytest.approx(1)
    assert all(scores["log_loss"] > 0 for scores in members.values())
    sizes = metrics_of(blended)["split"]["sizes"]
    learnt = sizes["train"] + sizes["validation"]
    page = (blended / "report.html").read_text()
    assert (
        f"{learnt} were used to train and weight its members, and {sizes['test']} to test it."
        in page
    )


@pytest.mark.slow
def test_a_network_that_hears_few_songs_starts_from_a_linear_model(songs, tmp_path):
    asked = {**QUICK, "learning_rate": "1e-9"}  # so that it stays where it starts
    given = {"task": "mood", "data": str(songs), "inputs": ("logmel",), "hyperparameters": asked}
    run = fit(Spec(**given, members=("linear", "network")), out=tmp_path / "run")
    scores = metrics_of(run)
    members, constant = scores["members"], scores["baselines"]["constant"]["log_loss"]
    assert members["linear"]["log_loss"] < 0.8 * constant
    assert members["network"]["log_loss"] < 0.85 * constant


@pytest.mark.slow
def test_of_a_large_table_two_networks_each_hold_back_a_tenth(tmp_path):
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.random((2600, 3)), columns=["energy", "valence", "danceability"])
    table["artist"] = [f"artist {number}" for number in rng.integers(0, 500, len(table))]
    table["mood"] = np.where(table["energy"] + table["valence"] > 1, "up", "down")
    table.to_csv(tmp_path / "songs.csv", index=False)
    given = {"task": "mood", "data": str(tmp_path / "songs.csv"), "members": ("linear", "network")}
    run = fit(Spec(**given, hyperparameters={"epochs": "2", "units": "8"}), out=tmp_path / "run")
    history = pd.read_csv(run / "history.csv")
    assert set(history["member"]) == {"network 1", "network 2"}
    weights = [scores["weight"] for scores in metrics_of(run)["members"].values()]
    assert sum(weights) == pytest.approx(1)


def test_a_song_is_answered_from_what_it_has(blended, songs):
    run = kf.load_run(blended.path)
    frame = pd.read_csv(songs / "tracks.csv").head(11)
    frame["audio"] = [str(songs / path) for path in frame["audio"]]
    columns = list(run.spec.inputs and json.loads((blended / "run.json").read_text())["columns"])
    given = {
        "both": frame,
        "features": frame.drop(columns="audio"),
        "audio": frame.drop(columns=columns),
    }
    found = {name: run.predict(own).filter(like="probability") for name, own in given.items()}
    for name, probabilities in found.items():
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4, err_msg=name)
    assert not found["features"].equals(found["audio"])
    # Without audio, other features change the answer; with audio alone, none are read.
    other = given["features"].assign(**{column: 0.5 for column in ("energy", "valence")})
    assert not run.predict(other).filter(like="probability").equals(found["features"])


def test_a_server_answers_from_each_input_and_songs_without_one_have_neighbours(blended, songs):
    predictor = Predictor(blended.path)
    assert Graph(predictor).alone == ("features", "audio")
    frame = pd.read_csv(songs / "tracks.csv").head(3).drop(columns="audio")
    near = nearest(predictor, predictor.predict(frame), count=2)
    similar = [[song["similarity"] for song in own] for own in near]
    assert np.shape(similar) == (3, 2) and np.isfinite(similar).all()


def test_kinds_are_chosen_and_one_alone_is_no_ensemble(songs, tmp_path):
    given = {"task": "valence", "data": str(songs), "inputs": ("features",)}
    simple = fit(Spec(**given, members=("linear", "trees")), out=tmp_path / "simple")
    assert set(metrics_of(simple)["members"]) == {"linear", "extra trees", "gradient boosting"}
    assert not (simple / "history.csv").exists()
    network = Spec(**given, members=("network",), hyperparameters=SMALL)
    assert "members" not in metrics_of(fit(network, out=tmp_path / "network"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"members": ("linear", "forest")}, "unknown member 'forest'"),
        ({"members": ("linear",), "model": "tabular"}, "--model is for one network"),
        ({"members": ("trees",), "bag": 2, "balanced": True}, "--bag and --balanced is for one"),
    ],
)
def test_what_does_not_go_together_is_refused(songs, tmp_path, asked, said):
    with pytest.raises(KerasfeatError, match=said):
        fit(Spec(task="mood", data=str(songs), **asked), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
