import pandas as pd
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.datasets.sampling import sample
from kerasfeat.songs import loading


@pytest.fixture
def drawn(songs, tmp_path):
    """A function that draws from the synthesised corpus: what was returned, and the songs."""

    def run(name="out", **options):
        return sample(songs, tmp_path / name, **options), loading.load_songs(tmp_path / name).frame

    return run


def test_every_class_has_as_many_songs(songs, drawn):
    counts, frame = drawn(by="mood")
    whole = pd.read_csv(songs / "tracks.csv")
    assert (
        set(counts.values()) == {whole["mood"].value_counts().min()}
        and frame["mood"].value_counts().to_dict() == counts
    )
    assert frame["audio"].notna().all()
    order = whole["track_id"].tolist()
    assert frame["track_id"].map(order.index).is_monotonic_increasing


def test_the_seed_decides_which(drawn):
    ids = [
        tuple(drawn(name, by="genre", each=3, seed=seed)[1]["track_id"])
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert ids[0] == ids[1] != ids[2]


def test_a_value_with_fewer_keeps_all_it_has(drawn):
    counts, frame = drawn(by="artist", each=3)
    assert max(counts.values()) == 3 and len(frame) == sum(counts.values()) < 70


def test_an_unknown_column_is_refused_with_the_nearest(drawn):
    with pytest.raises(KerasfeatError, match="Did you mean mood"):
        drawn(by="moood")


def test_a_song_that_the_table_has_twice_is_drawn_once(songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv", dtype=str).drop(columns="audio")
    pd.concat([table, table, table]).to_csv(tmp_path / "thrice.csv", index=False)
    counts = sample(tmp_path / "thrice.csv", tmp_path / "out", by="mood")
    assert set(counts.values()) == {table["mood"].value_counts().min()}
    assert loading.load_songs(tmp_path / "out").frame["mood"].value_counts().to_dict() == counts


def read(path):
    """The rows of a folder's table as they stand."""
    return pd.read_csv(path / "tracks.csv", dtype=str)


@pytest.mark.parametrize("column", ["mood", "Feels like"])
def test_labels_are_told_apart_as_where_they_are_learnt(kerasfeat, tmp_path, column):
    moods = ["Happy", "happy", '"HAPPY "', "sad", "Sad", "unknown", "-", "", "happy", "calm"]
    rows = "".join(f"s{number},0.{number},{mood}\n" for number, mood in enumerate(moods))
    (tmp_path / "t.csv").write_text(f"id,energy,{column}\n{rows}")
    out = tmp_path / "out"
    ended = kerasfeat("data", "sample", tmp_path / "t.csv", out, "--by", column, "--each", "2")
    assert f"{out}: 5 songs, 1 to 2 of each of 3" in ended.out
    assert "means that there is none, read as missing (2 rows: line 7 'unknown', line 8 '-')" in (
        ended.err
    )
    assert "labels that differ in case, spaces or marks alone are one" in ended.err
    assert f"3 songs without {column} left out" in ended.err
    assert set(read(out)["track_id"]) <= {"s0", "s1", "s2", "s3", "s4", "s8", "s9"}


@pytest.mark.parametrize("by", ["Playlist_Genre", "playlist genre", "genre"])
def test_a_column_is_known_by_its_name_in_the_file(tmp_path, by):
    (tmp_path / "t.csv").write_text("id,energy,Playlist_Genre\n1,0.1,pop\n2,0.2,rap\n3,0.3,pop\n")
    assert sample(tmp_path / "t.csv", tmp_path / "out", by=by) == {"pop": 1, "rap": 1}


def test_a_real_table_is_drawn_by_its_own_column(shared_data, tmp_path):
    counts = sample(shared_data / "spotify_songs.csv", tmp_path / "out", "playlist_genre", each=7)
    assert set(counts.values()) == {7} and {"pop", "rap", "rock"} <= set(counts)


def test_songs_that_name_artist_or_artists_are_drawn_by_either(tmp_path):
    (tmp_path / "t.csv").write_text(
        "id,energy,artist,artists\n1,0.1,Ann,\n2,0.2,,Ann\n3,0.3,,Bob\n4,0.4,Various Artists,\n"
    )
    counts = sample(tmp_path / "t.csv", tmp_path / "out", by="artist", each=5)
    assert counts == {"Ann": 2, "Bob": 1}


def test_a_column_without_values_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("id,energy,mood\n1,0.1,\n2,0.2,-\n")
    with pytest.raises(KerasfeatError, match="has no value in 'mood': give a column with values"):
        sample(tmp_path / "t.csv", tmp_path / "out", by="mood")
    assert not (tmp_path / "out").exists()
