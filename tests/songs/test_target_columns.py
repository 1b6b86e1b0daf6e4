"""Which column a task learns from."""

import pytest

from kerasfeat import KerasfeatError
from kerasfeat.songs.loading import load_songs
from kerasfeat.targets import Multilabel
from kerasfeat.tasks import tasks


def test_rows_without_a_label_are_dropped_with_a_count(table, told):
    path = table("id,energy,mood\na,0.1,sad\nb,0.2,\nc,0.3,happy\nd,0.4,\n")
    tracks = load_songs(path, task=tasks.get("mood"))
    assert tracks.frame["track_id"].tolist() == ["a", "c"] and tracks.frame.index.tolist() == [0, 1]
    assert "no mood, row dropped (2 rows: line 3, line 5)" in told(tracks)
    assert len(load_songs(path).frame) == 4


def test_number_tasks_keep_songs_with_any_target(table):
    path = table("id,energy,valence\na,0.1,\nb,,\nc,,0.5\n")
    assert load_songs(path, task=tasks.get("attributes").choose(("energy", "valence"))).frame[
        "track_id"
    ].tolist() == ["a", "c"]
    with pytest.raises(
        KerasfeatError, match="danceability, speechiness.*--target: energy, valence"
    ):
        load_songs(path, task=tasks.get("attributes"))
    with pytest.raises(
        KerasfeatError,
        match="no column for task 'popularity': popularity; it needs numbers to learn from",
    ):
        load_songs(path, task=tasks.get("popularity"))


def test_a_target_without_any_value_is_as_good_as_none(table):
    path = table("id,energy,valence,danceability,tempo\na,0.1,,,90\nb,0.4,,0.7,100\nc,,,0.5,110\n")
    told = (
        "no column with values for task 'attributes': valence; choose among those that are "
        "there with --target: danceability, energy"
    )
    with pytest.raises(KerasfeatError, match=told):
        load_songs(path, task=tasks.get("attributes").choose(("danceability", "energy", "valence")))
    with pytest.raises(KerasfeatError, match="no row has valence"):
        load_songs(path, task=tasks.get("valence"))


@pytest.mark.parametrize("label", ["style", "Style", "STYLE "])
def test_label_names_any_column(table, label):
    tracks = load_songs(
        table("energy,genre,Style\n0.1,pop,01\n0.2,pop,02\n"), label=label, task=tasks.get("genre")
    )
    assert tracks.frame["genre"].tolist() == ["01", "02"]


def test_label_by_its_name_in_the_file(table):
    path = table("energy,playlist_genre,mode\n0.1,pop,1\n0.2,rock,0\n")
    assert load_songs(path, label="playlist_genre", task=tasks.get("mood")).frame[
        "mood"
    ].tolist() == [
        "pop",
        "rock",
    ]
    by_mode = load_songs(path, label="mode", task=tasks.get("mood"))
    assert by_mode.frame["mood"].tolist() == ["1", "0"] and "mode" not in by_mode.features


def test_labels_that_cannot_be(table):
    path = table("energy,colour\n0.1,red\n")
    with pytest.raises(KerasfeatError, match="unknown label column 'color'. Did you mean colour"):
        load_songs(path, label="color", task=tasks.get("mood"))
    with pytest.raises(
        KerasfeatError, match="valence are numbers; --label applies to tasks that learn labels"
    ):
        load_songs(path, label="colour", task=tasks.get("valence"))
    with pytest.raises(
        KerasfeatError,
        match="no column for task 'mood': mood; name the column that holds it with --label",
    ):
        load_songs(path, task=tasks.get("mood"))


GENRES = tasks.get("genres")


def test_a_song_has_the_labels_that_its_cell_lists(table, told):
    cells = ["rock; pop", "['rock', 'hip hop']", "rock|pop|rock", "pop, drum & bass", "", "[]"]
    path = table(
        "id,energy,genres\n" + "".join(f's{row},0.5,"{cell}"\n' for row, cell in enumerate(cells))
    )
    tracks = load_songs(path, task=GENRES)
    assert tracks.frame["genres"].tolist() == [
        ("rock", "pop"),
        ("rock", "hip hop"),
        ("rock", "pop"),
        ("pop", "drum & bass"),
    ]
    assert "no genres, row dropped (2 rows: line 6, line 7)" in told(tracks)
    assert Multilabel("genres", ("pop", "polka", "rock")).encode(tracks.frame).tolist() == [
        [True, False, True],
        [False, False, True],
        [True, False, True],
        [True, False, False],
    ]


def test_any_column_may_list_labels(table):
    path = table("energy,Tags\n0.1,calm;warm\n0.2,warm\n")
    assert load_songs(path, label="tags", task=GENRES).frame["genres"].tolist() == [
        ("calm", "warm"),
        ("warm",),
    ]
    with pytest.raises(
        KerasfeatError,
        match="no column for task 'genres': genres; name the column that holds it with --label",
    ):
        load_songs(path, task=GENRES)


def test_a_number_becomes_labels_of_a_binned_task(table):
    rows = "".join(f"s{value},0.5,{value}\n" for value in (0, 40, 41, 100)) + "none,0.5,\n"
    task = tasks.get("popularity").binned((0.4,))
    frame = load_songs(table("id,energy,popularity\n" + rows), task=task).frame
    assert frame["popularity"].tolist() == ["low", "low", "high", "high"]
    with pytest.raises(
        KerasfeatError, match="'popularity' has labels that are made of numbers; --label applies to"
    ):
        load_songs(table("id,energy,popularity\n" + rows), task=task, label="energy")


def test_a_feature_becomes_labels_of_a_binned_task(table):
    values = [song * 37 % 90 + 10 for song in range(31)]
    rows = "".join(f"0.{song + 11},0.{value}\n" for song, value in enumerate(values))
    task = tasks.get("attributes").choose(("danceability",)).binned((0.5,))
    frame = load_songs(table("energy,danceability\n" + rows), task=task).frame
    assert frame["danceability"].tolist() == ["high" if value > 50 else "low" for value in values]
