"""Rows of one id: one song, another song with the same number, or one label each."""

import numpy as np
import pandas as pd
import pytest

from kerasfeat.datasets.check import check
from kerasfeat.songs import splits
from kerasfeat.songs.loading import load_songs
from kerasfeat.tasks import tasks

IDS = [f"{number:022d}" for number in range(40)]
GENRES = ("rock", "jazz", "folk", "ska")


@pytest.fixture
def two_tables(table):
    """A function: the Songs of a table put together of two, whose ids begin again; `columns` are
    kept.
    """

    def make(columns, ids=str):
        draw = np.random.default_rng(2)
        frame = pd.DataFrame(
            {
                "id": [ids(row % 37) for row in range(74)],
                "title": [f"Song {row}" for row in range(74)],
            }
        )
        frame = frame.assign(
            artist=[f"Artist {row // 3}" for row in range(74)], mood=["sad"] * 37 + ["happy"] * 37
        )
        frame = frame.assign(energy=draw.random(74).round(3), valence=draw.random(74).round(3))
        return load_songs(
            table(frame[["id", *columns, "energy", "valence", "mood"]].to_csv(index=False)),
            task=tasks.get("mood"),
        )

    return make


@pytest.mark.parametrize("columns", [["title", "artist"], ["title"], ["artist"], []])
@pytest.mark.parametrize("ids", [str, "song_{:03d}".format, float])
def test_numbers_that_begin_again_are_other_songs(two_tables, told, columns, ids):
    tracks = two_tables(columns, ids)
    assert (
        tracks.frame["mood"].value_counts().to_dict() == {"sad": 37, "happy": 37}
        and tracks.frame["track_id"].is_unique
    )
    assert tracks.frame["track_id"][37] == "line 39"
    assert (
        "the same id as an earlier row, but not the same artist, title, or features: another song"
        in told(tracks)
    )


def test_row_numbers_of_a_real_layout(shared_data):
    frame = load_songs(shared_data / "cases" / "row_number_ids_restart.csv").frame
    assert len(frame) == 200 and frame["mood"].value_counts().to_dict() == {
        "happy": 100,
        "sad": 100,
    }


def test_rows_of_a_number_with_the_same_title_and_artist_are_one_song(table, told):
    rows = [
        "7,Blue Sky,Ann,0.1",
        "7,BLUE SKY (feat. Bob),ann,0.1",
        "7,Blue Sky,,0.1",
        "8,,Eve,0.3",
        "7,Red,Cem,0.2",
        "7,Red,Cem,0.2",
        "8,Sun,Eve,0.3",
    ]
    tracks = load_songs(table("id,title,artist,energy\n" + "\n".join(rows) + "\n"))
    assert tracks.frame["track_id"].tolist() == [
        "7",
        "8",
        "line 6",
    ] and "row dropped (4 rows: line 3 '7', line 4 '7', line 7 'line 6'" in told(tracks)


def test_spotify_ids_and_isrcs_mean_one_song_whatever_it_is_called(table):
    rows = (
        f"{IDS[0]},Blue,Ann,0.1\nspotify:track:{IDS[0]},Azul,Eve,0.2\n"
        "GBAYE6800011,Blue,Ann,0.1\nGBAYE6800011,Azul,Eve,0.2\n"
    )
    assert load_songs(table(f"id,title,artist,energy\n{rows}")).frame["title"].tolist() == [
        "Blue",
        "Blue",
    ]


@pytest.fixture
def genre_rows():
    """40 songs of one to three genres, one row each, with a popularity that is each row's own."""
    draw = np.random.default_rng(9)
    rows = []
    for song, track_id in enumerate(IDS):
        values = draw.random(6).round(4)
        for genre in draw.permutation(GENRES)[: 1 + song % 3]:
            rows.append(
                [
                    track_id,
                    f"Song {song}",
                    f"Artist {song // 2}",
                    *values,
                    int(draw.integers(100)),
                    genre,
                ]
            )
    names = [
        "track_id",
        "track_name",
        "artists",
        "danceability",
        "energy",
        "valence",
        "acousticness",
        "liveness",
        "speechiness",
        "popularity",
        "track_genre",
    ]
    return pd.DataFrame(rows, columns=names).sample(frac=1, random_state=1)


@pytest.mark.parametrize("options", [{}, {"label": "track_genre"}])
def test_genres_one_row_each_are_joined(genre_rows, table, told, options):
    tracks = load_songs(table(genre_rows.to_csv(index=False)), task=tasks.get("genres"), **options)
    found = dict(zip(tracks.frame["track_id"], tracks.frame["genres"].map(set), strict=True))
    assert found == genre_rows.groupby("track_id")["track_genre"].agg(set).to_dict()
    assert "whose labels are joined with its own, row dropped (39 rows" in told(tracks)


def test_labels_of_several_rows_and_of_one_cell_are_joined(table):
    tracks = load_songs(
        table(
            "id,energy,title,genres\na,0.1,A,rock; pop\nb,0.2,B,\na,0.1,A,pop; ska\nb,0.2,B,jazz\n"
        ),
        task=tasks.get("genres"),
    )
    assert tracks.frame["genres"].tolist() == [("rock", "pop", "ska"), ("jazz",)]


def test_genres_of_rows_without_ids_are_joined_by_their_features(genre_rows, table):
    tracks = load_songs(
        table(genre_rows.drop(columns="track_id").to_csv(index=False)), task=tasks.get("genres")
    )
    found = tracks.frame.groupby("title")["genres"].agg(
        lambda own: {frozenset(genres) for genres in own}
    )
    wanted = genre_rows.groupby("track_name")["track_genre"].agg(lambda own: {frozenset(own)})
    assert (
        len(tracks.frame) == 79
        and found.to_dict() == wanted.to_dict()
        and splits.groups(tracks.frame)[0].max() + 1 == 20
    )


def test_a_task_of_one_label_tells_which_counts(genre_rows, table, told):
    tracks = load_songs(table(genre_rows.to_csv(index=False)), task=tasks.get("genre"))
    assert (
        tracks.frame["genre"].tolist()
        == genre_rows.drop_duplicates("track_id")["track_genre"].tolist()
    )
    assert (
        "songs with another genre in a later row: 26; the first counts; --task genres "
        "learns all of them" in told(tracks)
    )
    summary = check(load_songs(table(genre_rows.to_csv(index=False))))
    assert (
        summary["tasks"]["genres"]["labels"] == genre_rows["track_genre"].value_counts().to_dict()
    )


def test_a_song_is_kept_by_the_row_that_has_the_label(table):
    tracks = load_songs(
        table(f"id,energy,mood\n{IDS[1]},0.1,\n{IDS[1]},0.1,sad\n{IDS[2]},0.3,calm\n"),
        task=tasks.get("mood"),
    )
    assert tracks.frame["mood"].tolist() == ["sad", "calm"]
