import csv
import json

import pytest

from kerasfeat import KerasfeatError
from kerasfeat.data import tracks
from kerasfeat.data.joining import join, plain_name

LEFT = """track_id,isrc,artist,title,mood,energy,source
7000000000000000000001,,Ann,One,sad,,
x2,GBAYE6800002,Ann,Two,sad,,
x3,,Motörhead,Overkill - 2011 Remaster,happy,,
x4,,Beyonce,Halo (feat. Nobody),calm,,
x5,,The Beetles,Come Together,calm,,
x6,,Ann,Nowhere,sad,,
x7,,,Untitled,sad,,
x8,,Bob,Twin,sad,,
x9,,Eve,Own,sad,0.123,mine
"""
RIGHT = """id,isrc,artists,name,danceability,energy,popularity,source,mood
spotify:track:7000000000000000000001,,Somebody,Else,0.1,0.1,10,theirs,wild
y2,gb-aye-68-00002,Ann,Zwei,0.2,0.2,20,theirs,
y3,,MOTORHEAD,Overkill,0.3,0.3,30,theirs,
y4,,Beyoncé,Halo,0.4,0.4,40,theirs,
y5,,The Beatles,Come Together,0.5,0.5,50,theirs,
y8,,Bob,Twinn,0.8,0.8,80,theirs,
z8,,Bob,Twina,0.9,0.9,90,theirs,
y9,,Eve,Own,0.99,0.99,99,theirs,
"""


@pytest.fixture
def joined(tmp_path):
    """A function that joins LEFT and RIGHT and gives what it returned, the rows, and the matches."""

    def run(**options):
        (tmp_path / "left.csv").write_text(LEFT, encoding="utf-8")
        (tmp_path / "right.csv").write_text(RIGHT, encoding="utf-8")
        counts = join(tmp_path / "left.csv", tmp_path / "right.csv", tmp_path / "out", **options)
        read = [
            list(csv.DictReader((tmp_path / "out" / name).open(encoding="utf-8", newline=""))) for name in ("tracks.csv", "matches.csv")
        ]
        return counts, *({row["track_id"]: row for row in rows} for rows in read)

    return run


def test_songs_are_found_by_id_isrc_name_and_nearly(joined, tmp_path):
    counts, rows, matches = joined()
    assert counts == {"id": 1, "ISRC": 1, "artist and title": 3, "nearly": 1, "several alike": 1, "not found": 2}
    assert {track_id: match["found by"] for track_id, match in matches.items()} == {
        "7000000000000000000001": "id",
        "x2": "ISRC",
        "x3": "artist and title",
        "x4": "artist and title",
        "x5": "nearly",
        "x6": "not found",
        "x7": "not found",
        "x8": "several alike",
        "x9": "artist and title",
    }
    assert matches["x5"]["right artist"] == "The Beatles" and 92 <= float(matches["x5"]["alike"]) < 100
    assert rows["x2"]["energy"] == "0.2" and rows["x2"]["title"] == "Two" and rows["x2"]["popularity"] == "20"
    assert rows["x6"]["energy"] == "" and rows["7000000000000000000001"]["mood"] == "sad"
    assert tracks.load(tmp_path / "out").frame["energy"].notna().sum() == 6


def test_features_of_a_song_come_from_one_table(joined):
    _, rows, _ = joined()
    assert rows["x9"]["energy"] == "0.123" and rows["x9"]["danceability"] == "" and rows["x9"]["source"] == "mine"
    assert rows["x9"]["popularity"] == "99" and rows["x2"]["source"] == "theirs"


def test_a_stricter_join_finds_fewer(joined):
    counts, _, _ = joined(least=99)
    assert counts["nearly"] == 0 and counts["not found"] == 4


def test_what_is_not_found_and_where_it_comes_from_is_kept(joined, tmp_path):
    (tmp_path / "provenance.json").write_text('{"source": "both", "licence": "CC0"}')
    joined()
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert {item["what"] for item in provenance["failed"]} == {"x6", "x7", "x8"} and provenance["counts"]["nearly"] == 1
    assert [parent["licence"] for parent in provenance["made_from"]] == ["CC0", "CC0"]


def test_the_same_tables_from_another_folder_are_the_same_join(joined, tmp_path, monkeypatch):
    joined()
    monkeypatch.chdir(tmp_path)
    assert join("left.csv", "right.csv", "out")["id"] == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Ann - Bob", "Song - 2011 Remaster"), ("Ann  BOB", "song"), True),
        (("Sigur Rós", "Hoppípolla [Remastered 2011]"), ("Sigur Ros", "hoppipolla"), True),
        (("Ann", "Song (Live)"), ("Ann", "Song"), False),
        (("Ann", "Song - Bob Remix"), ("Ann", "Song"), False),
        (("Ann", "Song (with Bob)"), ("Ann", "Song"), True),
    ],
)
def test_names_are_compared_without_what_does_not_matter(one, other, same):
    plain = [plain_name({"artist": artist, "title": title}) for artist, title in (one, other)]
    assert (plain[0] == plain[1]) is same


def test_a_table_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "left.csv").write_text(LEFT)
    with pytest.raises(KerasfeatError, match="nowhere.csv is not a table"):
        join(tmp_path / "left.csv", tmp_path / "nowhere.csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()
