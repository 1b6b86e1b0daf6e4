import pytest

from kerasfeat import KerasfeatError
from kerasfeat.songs import loading
from kerasfeat.songs.feature_sources import refuse_mixed

HEADER = "track_id,source,energy,valence,duration_ms,mood"


@pytest.fixture
def load(tmp_path):
    def write(*lines, header=HEADER):
        (tmp_path / "t.csv").write_text("\n".join([header, *lines]) + "\n")
        return loading.load_songs(tmp_path / "t.csv")

    return write


def test_features_of_two_sources_are_refused_with_their_numbers(load):
    table = load(
        "a,spotify,.1,.2,5000,sad",
        "b,reccobeats,.3,,6000,sad",
        "c,reccobeats,,.4,7000,sad",
        "d,,.5,.5,7000,sad",
    )
    with pytest.raises(
        KerasfeatError,
        match=r"energy, valence in .*reccobeats \(2 songs\), spotify \(1 songs\), no source "
        r"named .*--mix-sources",
    ):
        refuse_mixed(table, ["energy", "valence", "duration_ms"])


def test_only_columns_and_songs_that_are_used_count(load):
    table = load("a,spotify,.1,,5000,sad", "b,reccobeats,,.3,6000,sad", "c,fma,,,7000,sad")
    refuse_mixed(table, ["energy"])
    refuse_mixed(table, ["duration_ms", "mood"])
    with pytest.raises(KerasfeatError):
        refuse_mixed(table, ["energy", "valence"])


def test_a_table_without_sources_or_with_one_is_fine(load):
    refuse_mixed(load("a,x,.1,.2,5000,sad", "b,x,.3,.4,6000,sad"), ["energy"])
    refuse_mixed(load("a,.1", "b,.3", header="track_id,energy"), ["energy"])
