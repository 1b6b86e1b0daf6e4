"""Which songs of a table a model has been trained on."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.evaluate import evaluate, seen
from kerasfeat.songs import identity, loading


@pytest.fixture
def trained(tmp_path):
    """A function: the run of a model that was trained on the first of a table's songs, and decided
    when to stop on the second.
    """

    def make(path):
        table = loading.load_songs(path)
        frame = table.frame.reindex(columns=["track_id", "artist"]).assign(fold="1", table=0)
        parts = ["train", "validation", *["test"] * (len(frame) - 2)]
        folder = tmp_path / "run"
        folder.mkdir()
        frame["features_key"] = identity.row_keys(table.frame)
        frame.assign(audio_key=[f"key{song}" for song in range(len(frame))], part=parts).to_csv(
            folder / "splits.csv", index=False
        )
        (folder / "run.json").write_text(
            json.dumps(
                {
                    "status": "complete",
                    "config": {},
                    "tables": [
                        {
                            "fingerprint": table.fingerprint,
                            "measured": identity.measured(table.frame),
                        }
                    ],
                }
            )
        )
        return RunDirectory(folder)

    return make


def known(path, run, keys=()):
    table = loading.load_songs(path)
    return seen(table.frame, run, table, keys).tolist()


def write(path, header, *rows):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def measured(songs):
    """Features by which a song is known."""
    draw = np.random.default_rng(6)
    names = ("energy", "valence", "danceability", "liveness", "speechiness")
    return pd.DataFrame({name: draw.random(songs).round(4) for name in names})


def test_lines_and_places_in_a_folder_mean_songs_in_the_same_table_only(trained, tmp_path):
    run = trained(write(tmp_path / "one.csv", "energy", "0.1", "0.2", "0.3"))
    assert known(tmp_path / "one.csv", run) == [True, True, False]
    assert known(shutil.copy(tmp_path / "one.csv", tmp_path / "moved.csv"), run) == [
        True,
        True,
        False,
    ]
    assert known(write(tmp_path / "two.csv", "energy", "0.7", "0.8", "0.9"), run) == [False] * 3


def test_files_of_the_same_name_in_another_folder_are_other_songs(trained, tmp_path):
    for folder, content in (("mine", b"one"), ("yours", b"another")):
        (tmp_path / folder / "rock").mkdir(parents=True)
        for number in range(3):
            (tmp_path / folder / "rock" / f"{number}.mp3").write_bytes(content)
    run = trained(tmp_path / "mine")
    assert known(tmp_path / "mine", run) == [True, True, False]
    assert known(tmp_path / "yours", run) == [False] * 3
    assert known(tmp_path / "yours", run, ["key7", "key1", None]) == [False, True, False]


def test_ids_and_artists_mean_the_same_in_every_table_whatever_they_are_called(trained, tmp_path):
    columns = ["track_id", "artist", "energy"]
    pd.DataFrame(
        [("a", "None", 0.1), ("NA", "Ann", 0.2), ("c", "Eve", 0.3)], columns=columns
    ).to_parquet(tmp_path / "one.parquet")
    others = [
        ("x", "None", 0.5),
        ("NA", None, 0.5),
        ("c", "Eve", 0.5),
        (None, "Ann", 0.5),
        ("y", None, 0.5),
    ]
    pd.DataFrame(others, columns=columns).to_parquet(tmp_path / "two.parquet")
    # "None" is nobody and "NA" no id, as in a CSV file.
    assert known(tmp_path / "two.parquet", trained(tmp_path / "one.parquet")) == [
        False,
        False,
        False,
        True,
        False,
    ]


def test_an_artist_is_known_in_any_case_and_various_artists_are_nobody(trained, tmp_path):
    header = "track_id,artist,energy"
    run = trained(
        write(tmp_path / "one.csv", header, "a,Ann,0.1", "b,Various Artists,0.2", "c,Eve,0.3")
    )
    others = write(
        tmp_path / "two.csv", header, "x,ANN,0.1", "y,various artists,0.2", "z,Eve,0.3", "b,New,0.4"
    )
    assert known(others, run) == [True, False, False, True]


def test_each_artist_of_a_song_is_known(trained, tmp_path):
    header = "track_id,artist,energy"
    run = trained(
        write(tmp_path / "one.csv", header, "a,Ann; Bob,0.1", "b,Cid;Dan,0.2", "c,Eve,0.3")
    )
    others = write(
        tmp_path / "two.csv",
        header,
        "v,Ann,0.1",
        "w,New; dan,0.2",
        "x,Eve;New,0.3",
        "y,Ann and Bob,0.4",
        "z,Bob; Ann,0.5",
    )
    assert known(others, run) == [True, True, False, True, True]


def test_a_number_means_another_song_where_the_artist_is_another_and_a_spotify_id_never(
    trained, tmp_path
):
    spotify = "7000000000000000000001"
    run = trained(
        write(
            tmp_path / "one.csv",
            "track_id,artist,energy",
            "1,Miles Davis,0.1",
            f"{spotify},Metallica,0.2",
            "3,Eve,0.3",
        )
    )
    others = ["1,Abba,0.4", f"spotify:track:{spotify},Abba,0.5", "3,Eve,0.6", "7,Metallica,0.7"]
    assert known(write(tmp_path / "two.csv", "track_id,artist,energy", *others), run) == [
        False,
        True,
        False,
        True,
    ]
    # The same song, its artist spelled otherwise or not at all.
    for artist in ("Miles Davis feat. Ann", "Miles Davies", "", "Various Artists"):
        assert known(
            write(tmp_path / "three.csv", "track_id,artist,energy", f"1,{artist},0.1", "8,Eve,0.2"),
            run,
        ) == [True, False]
    assert known(
        write(tmp_path / "four.csv", "track_id,energy", "1,0.1", "8,0.2", "9,0.3"), run
    ) == [True, False, False]


def test_songs_without_ids_are_known_by_their_features_in_a_part_of_the_table(trained, tmp_path):
    frame = measured(40)
    frame.to_csv(tmp_path / "one.csv", index=False)
    run = trained(tmp_path / "one.csv")
    frame.iloc[[5, 1, 0]].assign(mood="sad").to_csv(tmp_path / "some.csv", index=False)
    assert known(tmp_path / "some.csv", run) == [False, True, True]
    # With ids there too, in the way of the table that the rows were taken from.
    frame.iloc[[0, 7]].assign(id=["a", "b"]).to_csv(tmp_path / "named.csv", index=False)
    assert known(tmp_path / "named.csv", run) == [True, False]


def test_a_song_without_id_is_known_whatever_else_another_table_has_of_it(trained, tmp_path, capfd):
    frame = measured(40)
    frame.to_csv(tmp_path / "one.csv", index=False)
    run = trained(tmp_path / "one.csv")
    more = frame.assign(duration_ms=180_000 + 1000 * frame.index, n_words=frame.index + 90)
    more[["n_words", "duration_ms", *reversed(list(frame))]].to_csv(
        tmp_path / "more.csv", index=False
    )
    assert known(tmp_path / "more.csv", run) == [True, True, *[False] * 38]
    assert not capfd.readouterr().err


def test_what_songs_without_ids_can_not_be_known_by_is_told(trained, tmp_path, capfd):
    frame = measured(40)
    frame.assign(duration_ms=180_000 + 1000 * frame.index).to_csv(tmp_path / "one.csv", index=False)
    run = trained(tmp_path / "one.csv")
    frame.to_csv(tmp_path / "less.csv", index=False)
    assert not any(known(tmp_path / "less.csv", run))
    assert "less.csv has no values of duration_ms, which" in capfd.readouterr().err


def test_the_artists_in_a_name_are_known_by_the_names_of_both_tables(trained, tmp_path):
    header = "track_id,artist,energy"
    run = trained(
        write(tmp_path / "one.csv", header, '"a","Ann, Bob",0.1', "b,Eve,0.2", "c,Fay,0.3")
    )
    others = [
        "u,Bob,0.1",
        '"v","Eve, Gil",0.2',
        '"w","Fay, Gil",0.3',
        '"x","Fay, Kim",0.3',
        "y,Hal feat. Eve,0.1",
        '"z","Tyler, The Creator",0.4',
    ]
    assert known(write(tmp_path / "two.csv", header, *others), run) == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_spotify_id_is_known_in_any_spelling(trained, tmp_path):
    ids = [f"{number:022d}" for number in range(3)]
    run = trained(
        write(
            tmp_path / "one.csv",
            "uri,energy",
            *(f"spotify:track:{track_id},0.1" for track_id in ids),
        )
    )
    hrefs = [
        f"https://api.spotify.com/v1/tracks/{track_id},0.{number}"
        for number, track_id in enumerate(ids)
    ]
    assert known(write(tmp_path / "two.csv", "track_href,energy", *hrefs), run) == [
        True,
        True,
        False,
    ]


@pytest.mark.slow
def test_songs_without_ids_are_scored_as_new_only_where_they_are(tmp_path, capfd):
    frame = measured(120)
    frame["mood"] = np.where(frame["energy"] > 0.5, "happy", "sad")
    frame.to_csv(tmp_path / "one.csv", index=False)
    quick = {"epochs": "1", "units": "4", "blocks": "1"}
    run = fit(
        Spec(
            task="mood",
            data=str(tmp_path / "one.csv"),
            members=("network",),
            inputs=("features",),
            hyperparameters=quick,
        ),
        out=tmp_path / "run",
    )
    tested = (pd.read_csv(run / "splits.csv")["part"] == "test").sum()
    lengths = 180_000 + 1000 * frame.index
    frame.assign(duration_ms=lengths).to_csv(tmp_path / "more.csv", index=False)
    assert evaluate(run.path, tmp_path / "more.csv")[1]["data"]["rows"] == tested
    capfd.readouterr()
    frame.drop(columns="liveness").to_csv(tmp_path / "less.csv", index=False)
    assert evaluate(run.path, tmp_path / "less.csv")[1]["data"]["rows"] == 120
    assert capfd.readouterr().err.count("has no values of liveness") == 1
