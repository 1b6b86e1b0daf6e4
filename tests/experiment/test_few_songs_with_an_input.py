"""A table of which few songs have an input: members that would have nothing to learn from."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasfeat import KerasfeatError
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec


@pytest.fixture
def few(tmp_path):
    """A function that writes a table of 150 songs with features, of which some have lyrics too, and
    gives its path; `change` may change the frame.
    """

    def write(lyrics, change=lambda frame: frame):
        rng = np.random.default_rng(4)
        frame = pd.DataFrame(rng.random((150, 3)), columns=["energy", "valence", "danceability"])
        frame["track_id"] = [f"song{number}" for number in range(150)]
        frame["artist"] = [f"artist {number % 50}" for number in range(150)]
        frame["mood"] = np.where(frame["energy"] + 0.5 * frame["valence"] > 0.75, "up", "down")
        frame["mean_syllables_word"] = np.nan
        frame.loc[list(lyrics), "mean_syllables_word"] = 1.3
        path = tmp_path / "songs.csv"
        change(frame).to_csv(path, index=False)
        return path

    return write


def learn(path, tmp_path, **given):
    given = {"task": "mood", "members": ("linear",), "inputs": ("features", "lyrics"), **given}
    return fit(Spec(data=str(path), **given), out=tmp_path / "run")


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text())


@pytest.mark.parametrize("count", [1, 2])
def test_members_that_no_song_teaches_are_left_out_and_told(few, count, tmp_path, capfd):
    run = learn(few(range(count)), tmp_path)
    told = capfd.readouterr().err
    assert "skipped linear on lyrics, linear: one inner training split" in told
    scores = metrics_of(run)
    for name, member in scores["members"].items():
        assert (member["weight"] > 0) == name.endswith("on features"), name
        assert (member["log_loss"] is None) != name.endswith("on features"), name
    # Songs are answered by the features' members, each by its weight.
    own = [member["log_loss"] for member in scores["members"].values() if member["weight"]]
    assert scores["test"]["log_loss"] < 1.1 * max(own)


@pytest.mark.slow
def test_the_default_kinds_learn_where_one_song_has_audio(few, kerasfeat, tmp_path):
    noise = 0.1 * np.random.default_rng(4).standard_normal(4 * 16000)
    soundfile.write(tmp_path / "noise.wav", noise, 16000)

    def heard(frame):
        return frame.assign(audio=["noise.wav", *[""] * (len(frame) - 1)])

    given = ("--inputs", "features,logmel", "--set", "epochs=1", "--set", "clip_s=3")
    given += ("--members", "linear,support_vectors,network")
    path = few([], heard)
    ended = kerasfeat("fit", "--data", path, "--task", "mood", *given, "--out", tmp_path / "run")
    assert ended.code == 0, ended.err
    assert "skipped " in ended.err and "support vectors on audio, network" in ended.err


@pytest.mark.slow
def test_a_bag_learns_where_one_artist_has_audio(few, kerasfeat, tmp_path):
    noise = 0.1 * np.random.default_rng(4).standard_normal(4 * 16000)
    soundfile.write(tmp_path / "noise.wav", noise, 16000)

    def heard(frame):
        split = ["train", "train", "train", "validation", "test"] * 10
        audio = np.where(frame["artist"] == "artist 0", "noise.wav", "")
        return frame.assign(audio=audio, split=[split[song % 50] for song in range(len(frame))])

    given = ("--inputs", "features,logmel", "--set", "epochs=1", "--set", "clip_s=3")
    given += ("--model", "fusion", "--bag", "4", "--split", "table")
    path = few([], heard)
    ended = kerasfeat("fit", "--data", path, "--task", "mood", *given, "--out", tmp_path / "run")
    assert ended.code == 0, ended.err


def test_heard_songs_of_one_label_alone_teach_that_label(few, tmp_path):
    only = pd.Series(range(150)).loc[lambda song: song % 10 == 3]
    run = learn(
        few(
            only,
            lambda frame: frame.assign(
                mood=np.where(frame["mean_syllables_word"].notna(), "up", frame["mood"])
            ),
        ),
        tmp_path,
    )
    assert (
        metrics_of(run)["test"]["log_loss"] < metrics_of(run)["baselines"]["constant"]["log_loss"]
    )


def test_songs_that_nobody_could_answer_are_told_before_training(few, tmp_path):
    columns = ["energy", "valence", "danceability"]

    def apart(frame):
        frame.loc[:1, columns] = np.nan
        return frame.assign(split=["test", *["train"] * 110, *["validation"] * 39]).assign(
            artist=[f"artist {song}" for song in range(len(frame))]
        )

    with pytest.raises(KerasfeatError, match=r"no member can answer 1 of the 1 songs .*\(lyrics\)"):
        learn(few(range(2), apart), tmp_path, split="table")


def test_songs_that_share_no_input_have_importances(few, tmp_path):
    half = range(0, 150, 2)

    def apart(frame):
        frame.loc[half, ["energy", "valence", "danceability"]] = np.nan
        frame.loc[half, "mean_syllables_word"] = np.where(frame.loc[half, "mood"] == "up", 1, 2)
        return frame

    run = learn(few(half, apart), tmp_path)
    lost = json.loads((run / "permutation_importance.json").read_text())
    assert {row["name"] for row in lost["inputs"]} == {"features", "lyrics"}
    assert all(np.isfinite(row["accuracy"]["lost"]) for row in lost["inputs"])


@pytest.mark.slow
def test_a_learning_curve_goes_without_parts_that_can_not_be_learnt(few, tmp_path, capfd):
    columns = ["energy", "valence", "danceability"]
    lyrics = range(0, 150, 5)

    def apart(frame):
        frame.loc[lyrics, columns] = np.nan
        return frame

    run = learn(few(lyrics, apart), tmp_path, learning_curve=True)
    songs = [row["songs"] for row in metrics_of(run)["learning_curve"]]
    assert "learning curve without" in capfd.readouterr().err
    assert songs[-1] == metrics_of(run)["split"]["sizes"]["train"]
