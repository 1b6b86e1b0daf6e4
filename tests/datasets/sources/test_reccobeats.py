import csv
import json

import pytest
from source_services import Reply, features_of, json_reply, play_reccobeats

from kerasfeat import KerasfeatError
from kerasfeat.datasets.sources import reccobeats
from kerasfeat.songs import loading

SONGS = {f"{i:03d}aBcDeFgHiJkLmNoPqRs": f"GBAYE68{i:05d}" for i in range(97)}


@pytest.fixture
def table(tmp_path):
    """A table of 97 songs: ids as ids, URIs, and addresses, one by its ISRC, one by nothing, and
    one already with features.
    """
    ids = list(SONGS)
    rows = [
        {
            "id": i,
            "Track Name": f"Söng {n}",
            "artist": f"Ann {n % 9}",
            "mood": ["sad", "happy"][n % 2],
        }
        for n, i in enumerate(ids)
    ]
    rows[1]["id"] = f"spotify:track:{ids[1]}"
    rows[2]["id"] = f"https://open.spotify.com/track/{ids[2]}?si=abc"
    rows[3] |= {"id": "", "isrc": "gb-aye-68-00003"}
    rows[4] |= {"id": ""}
    rows[5] |= {"energy": "0.999", "time_signature": "4", "length": "185000"}
    path = tmp_path / "mine.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file,
            ["id", "isrc", "Track Name", "artist", "mood", "energy", "time_signature", "length"],
        )
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(folder):
    with (folder / "tracks.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_features_are_joined_by_spotify_id_and_by_isrc(
    services, sources_at, table, tmp_path, capsys
):
    play_reccobeats(services, SONGS, unknown=[list(SONGS)[10], list(SONGS)[11]])
    assert reccobeats.make(table, tmp_path / "out") == 97
    rows = rows_of(tmp_path / "out")
    for n, (row, track_id) in enumerate(zip(rows, SONGS, strict=True)):
        expected = "" if n in (4, 10, 11) else str(features_of(track_id)["energy"])
        assert (
            row["energy"] == expected
            and row["title"] == f"Söng {n}"
            and row["mood"] == ["sad", "happy"][n % 2]
        )
    assert rows[5]["duration_ms"] == "185000" and not rows[5].get("time_signature")
    assert {row["source"] for row in rows} == {"reccobeats", ""}
    assert sorted(len(query["ids"]) for _, query in services.asked) == [16, 40, 40]
    said = capsys.readouterr().err
    assert (
        "2 songs: unknown to ReccoBeats" in said
        and "1 song: no Spotify id (track_id) or ISRC (isrc) (Söng 4)" in said
    )
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert (
        provenance["complete"]
        and provenance["source"] == "reccobeats"
        and provenance["counts"] == {"rows": 97, "asked": 96, "found": 94, "failed": 3}
    )
    assert (
        provenance["query"]["table"] == str(table)
        and provenance["licence"]
        and provenance["date"].startswith("20")
    )
    assert loading.load_songs(tmp_path / "out").frame["valence"].notna().sum() == 94


def test_what_is_had_is_not_asked_for_again(services, sources_at, table, tmp_path):
    play_reccobeats(services, SONGS)
    reccobeats.make(table, tmp_path / "out")
    asked = len(services.asked)
    reccobeats.make(table, tmp_path / "out")
    assert len(services.asked) == asked


def test_a_service_that_stops_leaves_a_usable_table_and_goes_on_later(
    services, sources_at, table, tmp_path, monkeypatch
):
    monkeypatch.setattr(reccobeats, "BATCH", 5)
    play_reccobeats(services, SONGS)
    good = services.routes["/v1/audio-features"]
    services.routes["/v1/audio-features"] = lambda *given: (
        good(*given) if len(services.asked) <= 6 else Reply(b"closed for today", 503)
    )
    with pytest.raises(
        KerasfeatError,
        match=r"songs could not be fetched now: .*answers 503 'closed for today'.*run the same "
        r"command again",
    ):
        reccobeats.make(table, tmp_path / "out")
    assert len(services.asked) < 70  # it did not try every song five times
    partial = rows_of(tmp_path / "out")
    assert len(partial) == 97 and 25 <= sum(row["source"] == "reccobeats" for row in partial) <= 30
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert not provenance["complete"] and any(
        "503" in failure["why"] for failure in provenance["failed"]
    )
    services.routes["/v1/audio-features"] = good
    had = {row["track_id"] for row in partial if row["source"]}
    services.asked.clear()
    reccobeats.make(table, tmp_path / "out")
    again = {key for _, query in services.asked for key in query["ids"]}
    assert sum(row["source"] == "reccobeats" for row in rows_of(tmp_path / "out")) == 96
    assert not again & had


def test_a_limit_bounds_the_work(services, sources_at, table, tmp_path):
    play_reccobeats(services, SONGS)
    assert reccobeats.make(table, tmp_path / "out", limit=3) == 3
    assert [len(query["ids"]) for _, query in services.asked] == [3]


def test_a_table_without_ids_is_refused_with_what_is_needed(tmp_path):
    (tmp_path / "t.csv").write_text("title,artist\nx,y\n")
    with pytest.raises(KerasfeatError, match=r"has Spotify id \(track_id\) or ISRC"):
        reccobeats.make(tmp_path / "t.csv", tmp_path / "out")


@pytest.mark.parametrize("odd", [{}, {"content": 7}, {"content": [7]}, {"content": [{"href": 7}]}])
def test_an_answer_that_is_not_as_documented_is_told(services, sources_at, table, tmp_path, odd):
    services.routes["/v1/audio-features"] = lambda *given: json_reply(odd)
    with pytest.raises(
        KerasfeatError, match="ReccoBeats answers in another form than it documents"
    ):
        reccobeats.make(table, tmp_path / "out")


def test_an_id_that_it_does_not_take_costs_no_other(services, sources_at, table, tmp_path):
    play_reccobeats(services, SONGS)
    good, bad = services.routes["/v1/audio-features"], list(SONGS)[33]
    services.routes["/v1/audio-features"] = lambda *given: (
        Reply(b"bad id", 400) if bad in given[1]["ids"] else good(*given)
    )
    reccobeats.make(table, tmp_path / "out")
    assert [row["track_id"] for row in rows_of(tmp_path / "out") if not row["source"]] == ["", bad]


def test_a_refusal_by_the_service_is_told(services, sources_at, table, tmp_path):
    services.routes["/v1/audio-features"] = lambda *given: Reply(b'{"error": "forbidden"}', 403)
    with pytest.raises(KerasfeatError, match="answers 403"):
        reccobeats.make(table, tmp_path / "out")
    assert len(rows_of(tmp_path / "out")) == 97
