"""Songs from a DataFrame, and the target of a task read from songs that were loaded without one."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.songs.loading import load_songs, with_target
from kerasfeat.songs.problems import describe
from kerasfeat.tasks import tasks

ROWS = {
    "id": ["s1", "s2", "s2", "s4", "s5"],
    "Artist": ["Ann", "Bob", "Bob", None, "Cem; Dee"],
    "Title": ["One", "Two", "Two", "  ", "Five"],
    "Energy %": [11, 92, 92, 53, 140],
    "valence": [20, 30, 30, 70, 80],
    "duration": pd.to_timedelta([201, 187, 187, 240, 305], unit="s"),
    "mood": pd.Categorical(["sad", None, "Happy", "happy", "sad"]),
    "genres": [["pop", "rock"], ["jazz"], ["folk"], None, ["pop"]],
    "swing": [0.5, 0.25, 0.25, 0.75, 1.5],
    "style": ["01", "02", "03", "01", "02"],
}


def same_songs(one, other):
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert one.lines.tolist() == other.lines.tolist()
    assert describe(one.problems) == describe(other.problems)
    assert one.names == other.names and one.percent == other.percent


@pytest.mark.parametrize("options", [{}, {"task": tasks.get("mood")}, {"columns": ["all"]}])
def test_a_dataframe_is_a_table_file_of_its_cells(tmp_path, options):
    frame = pd.DataFrame(ROWS)
    before = frame.copy(deep=True)
    frame.assign(duration=frame["duration"].astype(str)).to_parquet(tmp_path / "songs.parquet")
    same_songs(load_songs(frame, **options), load_songs(tmp_path / "songs.parquet", **options))
    pd.testing.assert_frame_equal(frame, before)


def test_a_dataframe_of_text_is_its_csv_file(tmp_path):
    text = "id,energy,key,mood\n07,0.5,C#,sad\n08,x,5,happy\n09,,,sad\n"
    (tmp_path / "songs.csv").write_text(text)
    frame = pd.read_csv(tmp_path / "songs.csv", dtype=str)
    ours, theirs = load_songs(frame), load_songs(tmp_path / "songs.csv")
    pd.testing.assert_frame_equal(ours.frame, theirs.frame)
    assert [problem.row for problem in ours.problems] == [2]
    assert ours.lines.tolist() == [1, 2, 3] and theirs.lines.tolist() == [2, 3, 4]


def test_where_a_dataframe_is_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.wav").write_bytes(b"x")
    frame = pd.DataFrame({"audio": [Path("s.wav"), "gone.wav"]}, index=pd.Index([5, 6], name="id"))
    songs = load_songs(frame)
    assert str(songs.path) == songs.source == "a DataFrame" and songs.root == tmp_path
    assert songs.frame["track_id"].tolist() == ["5", "6"]
    assert songs.frame["audio"].tolist() == [str(tmp_path / "s.wav"), None]
    again = load_songs(frame.copy())
    assert again.fingerprint == songs.fingerprint != load_songs(frame.iloc[:1]).fingerprint


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame(), "a DataFrame can't be used:\n  a header but no row"),
        (pd.DataFrame({3: [1, 2]}), "the first line looks like data"),
        (pd.DataFrame({"colour": ["red"]}), "no feature and no audio column; found: colour"),
    ],
)
def test_dataframes_that_hold_no_songs(frame, message):
    with pytest.raises(KerasfeatError, match=message):
        load_songs(frame)


def test_columns_of_one_name_are_kept_apart():
    frame = pd.DataFrame([["a", 0.5, 7]], columns=["id", "energy", "energy"])
    songs = load_songs(frame)
    assert songs.frame.to_dict("records") == [{"track_id": "a", "energy": 0.5, "energy.3": 7}]
    assert "energy: this name stands twice" in "\n".join(describe(songs.problems))


@pytest.mark.parametrize(
    ("task", "label"),
    [("mood", None), ("genres", None), ("valence", None), ("mood", "style"), ("genre", "swing")],
)
@pytest.mark.parametrize("columns", [(), ("swing",), ("all",)])
def test_a_target_read_later_is_that_of_loading(task, label, columns):
    frame, task = pd.DataFrame(ROWS), tasks.get(task)
    songs = load_songs(frame, columns=columns)
    wanted = load_songs(frame, label=label, task=task, columns=columns)
    same_songs(with_target(songs, task, label), wanted)
    # Whatever the songs were loaded for before.
    same_songs(with_target(with_target(songs, tasks.get("mood")), task, label), wanted)


def test_a_later_row_of_a_song_has_its_target(table):
    songs = load_songs(table("id,energy,mood\na,.1,\na,.2,sad\nb,.3,happy\n"))
    assert songs.lines.tolist() == [2, 4]
    told = with_target(songs, tasks.get("mood"))
    assert told.frame["energy"].tolist() == [0.2, 0.3] and told.lines.tolist() == [3, 4]


def test_a_target_that_is_not_there(table):
    songs = load_songs(table("id,energy,mood\na,.1,sad\nb,.2,\n"))
    with pytest.raises(KerasfeatError, match="no column for task 'genre'"):
        with_target(songs, tasks.get("genre"))
    with pytest.raises(KerasfeatError, match="no mood, row dropped"):
        with_target(songs, tasks.get("mood"), strict=True)
    with pytest.raises(KerasfeatError, match="label 'x' is given without the task"):
        load_songs(songs.path, label="x")


def test_columns_that_a_parquet_file_has_as_numbers_are_left(tmp_path):
    frame = pd.DataFrame({"energy": [0.5, 0.25], "swing": [0.125, np.nan]})
    frame.to_parquet(tmp_path / "songs.parquet")
    songs = load_songs(tmp_path / "songs.parquet")
    assert songs.numeric() == ("energy",) and songs.numbers_left(["energy"]) == ("swing",)


def test_bytes_and_lists_in_cells_are_read_as_text(tmp_path):
    names = [[b"Abba", None], [b"Bj\xc3\xb6rk"]]
    frame = pd.DataFrame(
        {
            "track_id": [b"a", b"b"],
            "title": [b"One", b"Caf\xe9"],
            "artists": names,
            "mood": [[b"sad"], np.array(["happy"])],
            "energy": [b"0.5", b"0.25"],
        }
    )
    texts = frame.drop(columns=["artists", "mood"])
    texts.to_parquet(tmp_path / "bytes.parquet")
    read = load_songs(tmp_path / "bytes.parquet").frame
    songs = load_songs(frame).frame
    for one in (read, songs):
        assert one["track_id"].tolist() == ["a", "b"] and one["energy"].tolist() == [0.5, 0.25]
        assert one["title"].tolist() == ["One", "Caf\u00e9"]
    assert songs["artists"].tolist() == [("Abba",), ("Bj\u00f6rk",)]
    assert songs["mood"].tolist() == ["sad", "happy"]


def test_of_objects_in_lists_the_names_are_read():
    artists = [[{"id": "x", "name": "Ann"}, {"id": "y", "name": "Bob"}], [{"name": "Ann"}]]
    frame = pd.DataFrame(
        {"energy": [0.5, 0.25], "artists": artists, "genres": [{"pop"}, {"b", "a"}]}
    )
    songs = load_songs(frame).frame
    assert songs["artists"].tolist() == [("Ann", "Bob"), ("Ann",)]
    assert songs["genres"].tolist() == [("pop",), ("a", "b")]


@pytest.mark.parametrize("nothing", ["None", " NA", "N/A ", "nan"])
def test_words_for_nothing_are_missing_in_any_form_of_a_table(tmp_path, told, nothing):
    frame = pd.DataFrame({"track_id": ["a", nothing, nothing], "mood": [nothing, "sad", nothing]})
    frame["energy"] = [0.5, 0.25, 0.125]
    frame.to_csv(tmp_path / "words.csv", index=False)
    frame.to_parquet(tmp_path / "words.parquet")
    for source in (frame, tmp_path / "words.csv", tmp_path / "words.parquet"):
        songs = load_songs(source)
        assert songs.frame["mood"].tolist() == [None, "sad", None] and len(songs.frame) == 3
        assert "mood: read as missing: if it is a name, write it otherwise (2 rows" in told(songs)
