"""A run keeps the scale of its table's shares; predict and evaluate read other tables by it."""

import json

import numpy as np
import pytest

from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec

HEADER = "id,artist,danceability,energy,acousticness,mood"


def lines(songs, scale=1, start=0):
    rng = np.random.default_rng(8)
    for song in range(songs):
        happy = song % 2
        shares = np.round(rng.beta(4 if happy else 2, 3, 3) * [100, 100, 12])
        shares[2] = min(shares[2], 1) if song % 5 == 0 else shares[2]
        shown = ",".join(f"{share * scale:g}" for share in shares)
        yield f"s{song + start},A{(song + start) // 2},{shown},{'happy' if happy else 'sad'}"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("percent")


@pytest.fixture(scope="module")
def run(place):
    (place / "t.csv").write_text("\n".join([HEADER, *lines(80)]) + "\n")
    small = {"epochs": "2", "units": "8", "blocks": "1", "submodels": "1"}
    return fit(
        Spec(members=("network",), task="mood", data=str(place / "t.csv"), hyperparameters=small),
        out=str(place / "run"),
    )


def predicted(kerasfeat, run, path):
    ended = kerasfeat("predict", run.path, path, "--format", "json")
    return [song["probabilities"]["happy"] for song in json.loads(ended.out)], ended.err


def test_every_song_alone_is_predicted_as_in_the_table(kerasfeat, run, place):
    assert run.read()["config"]["percent"] == {
        "danceability": True,
        "energy": True,
        "acousticness": True,
    }
    whole, _ = predicted(kerasfeat, run, place / "t.csv")
    for song in (0, 5, 32):
        part = place / f"part{song}.csv"
        part.write_text("\n".join([HEADER, list(lines(80))[song]]) + "\n")
        np.testing.assert_allclose(predicted(kerasfeat, run, part)[0], whole[song], atol=1e-5)
    doubtful = place / "doubtful.csv"
    doubtful.write_text(f"{HEADER}\nx,X,1,1,1,sad\n")
    of_percent, said = predicted(kerasfeat, run, doubtful)
    assert "read as in percent, as in the table that the model was trained on" in said
    doubtful.write_text(f"{HEADER}\nx,X,1%,1%,1%,sad\n")
    assert predicted(kerasfeat, run, doubtful)[0] == of_percent


def test_a_table_of_shares_is_read_as_such_by_a_run_on_percent_and_told(kerasfeat, run, place):
    (place / "shares.csv").write_text("\n".join([HEADER, *lines(80, scale=0.01)]) + "\n")
    answers, said = predicted(kerasfeat, run, place / "shares.csv")
    np.testing.assert_allclose(answers, predicted(kerasfeat, run, place / "t.csv")[0], atol=1e-5)
    assert (
        "the shares are from 0 to 1, other than in the table that the model was trained on" in said
    )


def test_evaluate_reads_new_songs_by_the_runs_scale(kerasfeat, run, place):
    new = place / "new.csv"
    new.write_text(f"{HEADER}\nx,X,9,1,1,sad\ny,Y,4,1,0,happy\n")
    ended = kerasfeat("evaluate", run.path, "--data", new, "--json")
    assert json.loads(ended.out)["data"]["rows"] == 2
    assert "danceability: read as percent" in ended.err and "another scale" not in ended.err


def test_evaluate_knows_labels_of_another_case(kerasfeat, run, place):
    new = place / "cases.csv"
    new.write_text(f"{HEADER}\nx,X,59,41,1,SAD\ny,Y,44,71,0,Happy\n")
    ended = kerasfeat("evaluate", run.path, "--data", new, "--json")
    assert json.loads(ended.out)["data"]["rows"] == 2 and "doesn't know" not in ended.err
