"""croissant.json of a folder of songs, as the format's own library reads it."""

import json

import pytest

SOUND = "track_id,tempo\na1,121.5\nb2,90\nc3,60\n"


@pytest.fixture
def folder(kerasfeat, table, rows, tmp_path):
    words = (table(rows), table(SOUND, "sound.csv"), tmp_path / "joined")
    ended = kerasfeat("data", "join", *words)
    assert ended.code == 0, ended.err
    return tmp_path / "joined"


def test_a_folder_of_songs_says_what_its_columns_are(folder):
    content = json.loads((folder / "croissant.json").read_text())
    header = (folder / "tracks.csv").read_text().splitlines()[0].split(",")
    fields = {
        field["source"]["extract"]["column"]: field for field in content["recordSet"][0]["field"]
    }
    assert list(fields) == header and content["name"] == "joined"
    assert fields["tempo"]["dataType"] == "sc:Float" and fields["title"]["dataType"] == "sc:Text"
    provenance = json.loads((folder / "provenance.json").read_text())
    assert content["license"] == provenance["licence"]


def test_mlcroissant_reads_the_songs_by_it(folder):
    mlcroissant = pytest.importorskip("mlcroissant", reason="needs mlcroissant: tox brings it")
    described = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert not described.metadata.ctx.issues.errors
    songs = list(described.records(record_set="songs"))
    assert len(songs) == 3 and songs[1]["songs/title"] == b"Two"


def test_mlcroissant_reads_the_synthesised_songs_too(kerasfeat, tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="needs mlcroissant: tox brings it")
    assert kerasfeat("data", "demo", tmp_path / "demo", "--songs", 4).code == 0
    described = mlcroissant.Dataset(jsonld=tmp_path / "demo" / "croissant.json")
    assert not described.metadata.ctx.issues.errors
    songs = list(described.records(record_set="songs"))
    assert len(songs) == 4 and all(0 <= song["songs/energy"] <= 1 for song in songs)
