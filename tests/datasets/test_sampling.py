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
