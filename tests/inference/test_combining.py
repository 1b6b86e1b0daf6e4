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


@pytest.mark.slow
def test_numbers_of_other_ranges_are_refused(table, tmp_path, kerasfeat):
    frame = pd.read_csv(table)
    frame["warmth"] = (70 * frame["energy"] + 10).round(2)
    frame.to_csv(tmp_path / "warm.csv", index=False)
    given = ("fit", "--task", "attributes", "--target", "warmth", "--data", tmp_path / "warm.csv")
    for high in ("90", "900"):
        words = ("--members", "linear", "--range", "0", high, "--out", tmp_path / high)
        assert kerasfeat(*given, *words).code == 0
    ended = kerasfeat("combine", tmp_path / "90", tmp_path / "900", "--out", tmp_path / "both")
    assert ended.code == 1 and not (tmp_path / "both").exists()
    assert (
        "90 and 900 can't be combined: the one has ranges {'warmth': [0.0, 90.0]}, the other "
        "{'warmth': [0.0, 900.0]}. Train them with the same --task, --target, --range"
    ) in ended.err


@pytest.mark.slow
def test_a_run_counts_once_however_it_is_named(table, tmp_path, monkeypatch, kerasfeat):
    monkeypatch.chdir(tmp_path)
    fitted(table, tmp_path / "one", members=("linear",))
    fitted(table, tmp_path / "two", members=("trees",))
    shutil.copytree("one", "copy")
    (tmp_path / "link").symlink_to(tmp_path / "one")
    for again in ("one", "./one", tmp_path / "one", "two/../one", "link", "copy"):
        for words in (("one", again), ("one", "two", again)):
            ended = kerasfeat("combine", *words, "--out", "both")
            assert ended.code == 1 and not (tmp_path / "both").exists()
            assert f"one and {again} are the same run, which would count twice" in ended.err


@pytest.mark.slow
def test_a_label_that_no_common_song_has_is_told(table, tmp_path):
    frame = pd.read_csv(table)
    odd = np.arange(len(frame)) % 5 == 0
    frame.loc[odd, "mood"] = "calm"
    by_words = odd & (np.arange(len(frame)) % 2 == 0)
    frame.loc[by_words, list(COLUMNS)] = np.nan
    frame["n_words"] = np.where(odd & ~by_words, np.nan, 90.0 + frame.index)
    frame.to_csv(tmp_path / "some.csv", index=False)
    runs = [
        fitted(tmp_path / "some.csv", tmp_path / name, inputs=(name,))
        for name in ("features", "lyrics")
    ]
    with pytest.raises(KerasfeatError, match="no song of which each has its inputs has the label"):
        combine(runs, "mean", tmp_path / "both")
    assert not (tmp_path / "both").exists()
