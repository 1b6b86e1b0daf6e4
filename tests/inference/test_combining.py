"""What a combined run may learn from, and what it knows of the songs that its runs have learnt."""

import shutil

import numpy as np
import pandas as pd
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.combine import combine
from kerasfeat.inference.evaluate import evaluate

SMALL = {"epochs": "1", "units": "4", "blocks": "1"}
COLUMNS = ("energy", "valence", "danceability", "liveness", "speechiness")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The path of a table of 120 songs by 60 artists, each with a mood that its features tell."""
    draw = np.random.default_rng(4)
    frame = pd.DataFrame({name: draw.random(120).round(4) for name in COLUMNS})
    frame["mood"] = np.where(frame["energy"] + 0.2 * draw.normal(size=120) > 0.5, "happy", "sad")
    frame["artist"] = [f"Artist {song % 60}" for song in range(120)]
    path = tmp_path_factory.mktemp("table") / "songs.csv"
    frame.to_csv(path, index=False)
    return path


def fitted(table, out, **asked):
    """A small run on the table's features."""
    given = {"members": ("network",), "hyperparameters": SMALL, "inputs": ("features",), **asked}
    return fit(Spec(task="mood", data=str(table), **given), out=str(out)).path


@pytest.mark.slow
def test_stack_refuses_what_has_learnt_the_validation_songs_by_itself_or_by_its_parts(
    table, tmp_path
):
    network = fitted(table, tmp_path / "network")
    other = fitted(table, tmp_path / "other", hyperparameters={**SMALL, "units": "6"})
    members = fitted(table, tmp_path / "members", members=("linear", "trees"))
    refused = "was trained on the validation songs too, .* Take --by mean or vote"
    with pytest.raises(KerasfeatError, match=f"members {refused}"):
        combine([members, network], "stack", tmp_path / "refused")
    joined = combine([members, network], "mean", tmp_path / "joined").path
    shutil.rmtree(members)
    with pytest.raises(KerasfeatError, match=f"joined {refused}"):
        combine([joined, network], "stack", tmp_path / "refused")
    stacked = combine([network, other], "stack", tmp_path / "stacked").path
    with pytest.raises(KerasfeatError, match=f"stacked {refused}"):
        combine([stacked, network], "stack", tmp_path / "refused")
    averaged = combine([network, other], "mean", tmp_path / "averaged").path
    assert combine([averaged, network], "stack", tmp_path / "again").read()["status"] == "complete"


@pytest.mark.slow
def test_songs_that_one_run_alone_has_learnt_are_not_new_to_the_combined_run(table, tmp_path):
    frame = pd.read_csv(table)
    frame["track_id"] = [f"song {song}" for song in range(len(frame))]
    some = frame.assign(n_words=np.where(np.arange(len(frame)) % 3 > 0, 90 + frame.index, None))
    some.to_csv(tmp_path / "some.csv", index=False)
    features = fitted(tmp_path / "some.csv", tmp_path / "features")
    lyrics = fitted(tmp_path / "some.csv", tmp_path / "lyrics", inputs=("lyrics",))
    parts = pd.read_csv(features / "splits.csv").set_index("track_id")["part"]
    once = combine([features, lyrics], "mean", tmp_path / "once").path
    twice = combine([once, lyrics], "mean", tmp_path / "twice").path
    shutil.rmtree(features)
    # By the ids alone.
    frame.drop(columns="artist").to_csv(tmp_path / "later.csv", index=False)
    for run in (once, twice):
        assert evaluate(run, tmp_path / "later.csv")[1]["data"]["rows"] == (parts == "test").sum()
