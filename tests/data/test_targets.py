"""Which column a task learns from."""

import pytest

from kerasfeat import KerasfeatError
from kerasfeat.data.tracks import load
from kerasfeat.tasks import tasks


def test_rows_without_a_label_are_dropped_with_a_count(table, told):
    path = table("id,energy,mood\na,0.1,sad\nb,0.2,\nc,0.3,happy\nd,0.4,\n")
    tracks = load(path, task=tasks.get("mood"))
    assert tracks.frame["track_id"].tolist() == ["a", "c"] and tracks.frame.index.tolist() == [0, 1]
    assert "no mood, row dropped (2 rows: line 3, line 5)" in told(tracks)
    assert len(load(path).frame) == 4


def test_number_tasks_keep_songs_with_any_target(table):
    path = table("id,energy,valence\na,0.1,\nb,,\nc,,0.5\n")
    assert load(path, task=tasks.get("attributes").choose(("energy", "valence"))).frame["track_id"].tolist() == ["a", "c"]
    with pytest.raises(KerasfeatError, match="danceability, speechiness.*--target: energy, valence"):
        load(path, task=tasks.get("attributes"))
    with pytest.raises(KerasfeatError, match="task 'popularity': popularity"):
        load(path, task=tasks.get("popularity"))


@pytest.mark.parametrize("label", ["style", "Style", "STYLE "])
def test_label_names_any_column(table, label):
    tracks = load(table("energy,genre,Style\n0.1,pop,01\n0.2,pop,02\n"), label=label, task=tasks.get("genre"))
    assert tracks.frame["genre"].tolist() == ["01", "02"]


def test_label_by_its_name_in_the_file(table):
    path = table("energy,playlist_genre,mode\n0.1,pop,1\n0.2,rock,0\n")
    assert load(path, label="playlist_genre", task=tasks.get("mood")).frame["mood"].tolist() == ["pop", "rock"]
    by_mode = load(path, label="mode", task=tasks.get("mood"))
    assert by_mode.frame["mood"].tolist() == ["1", "0"] and "mode" not in by_mode.features


def test_labels_that_cannot_be(table):
    path = table("energy,colour\n0.1,red\n")
    with pytest.raises(KerasfeatError, match="unknown label column 'color'. Did you mean colour"):
        load(path, label="color", task=tasks.get("mood"))
    with pytest.raises(KerasfeatError, match="predicts numbers"):
        load(path, label="colour", task=tasks.get("valence"))
    with pytest.raises(KerasfeatError, match="no column for task 'mood': mood; name the column that holds it with --label"):
        load(path, task=tasks.get("mood"))
