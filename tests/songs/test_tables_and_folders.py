"""Tables and folders as people have them."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.datasets.rows import read_rows
from kerasfeat.inference.requested import songs_of
from kerasfeat.songs.loading import load_songs
from kerasfeat.tasks import tasks


def test_clean_table(table, rows):
    path = table(rows)
    tracks = load_songs(path, task=tasks.get("mood"))
    assert tracks.frame["track_id"].tolist() == ["a1", "b2", "c3"]
    assert tracks.frame["duration_ms"].tolist() == [200000, 4000, 300000]
    assert tracks.frame["artists"].tolist() == [("Ann",), ("Bob",), ("Tyler, The Creator",)]
    assert tracks.frame["artist"][2] == "Tyler, The Creator"
    assert (
        tracks.problems == ()
        and tracks.path == path
        and tracks.root == path.parent
        and tracks.source == "songs.csv"
    )
    assert tracks.features == ("danceability", "energy", "key", "mode", "tempo", "duration_ms")
    assert (
        tracks.fingerprint
        == load_songs(path).fingerprint
        != load_songs(table(rows + "d4,Four,Dee,0,0,0,0,1,1,sad\n")).fingerprint
    )


@pytest.mark.parametrize(
    ("name", "task", "songs", "features", "names"),
    [
        (
            "moods.csv",
            "mood",
            470,
            12,
            {"track_id": "id", "title": "name", "duration_ms": "length"},
        ),
        (
            "spotify_songs.csv",
            "genre",
            14273,
            12,
            {"artist": "track_artist", "genre": "playlist_genre", "popularity": "track_popularity"},
        ),
        ("emotify", "mood", 100, 0, {"audio": "audio"}),
    ],
)
def test_real_tables_load_as_they_are(shared_data, name, task, songs, features, names):
    tracks = load_songs(shared_data / name, task=tasks.get(task), strict=True)
    assert len(tracks.frame) == songs and tracks.problems == () and len(tracks.features) == features
    assert names.items() <= tracks.names.items()
    assert tracks.frame.index.equals(pd.RangeIndex(songs))


def test_real_values_survive(shared_data):
    moods = load_songs(shared_data / "moods.csv").frame
    raw = pd.read_csv(shared_data / "moods.csv")
    for name in ("danceability", "loudness", "tempo", "key", "time_signature", "popularity"):
        np.testing.assert_allclose(moods[name], raw[name], rtol=1e-12)
    assert moods["duration_ms"].tolist() == raw["length"].tolist()
    assert moods["mood"].value_counts().to_dict() == {
        "Calm": 137,
        "Sad": 135,
        "Energetic": 104,
        "Happy": 94,
    }
    songs = load_songs(shared_data / "spotify_songs.csv").frame
    assert songs["artist"].nunique() == 5354 and songs["playlist_subgenre"].nunique() == 24
    emotify = load_songs(shared_data / "emotify").frame
    assert emotify["track_id"][0] == "004" and emotify["power"][0] == "0.02381"
    assert emotify["audio"][0] == str(shared_data / "emotify" / "audio" / "004.mp3")


def test_repeated_ids(table, told):
    path = table("id,genre,energy\na,pop,0.1\nb,rock,0.2\na,rock,0.3\na,pop,0.4\nb,,0.5\n")
    tracks = load_songs(path)
    assert tracks.frame["energy"].tolist() == [0.1, 0.2]
    lines = told(tracks)
    assert "another genre, row dropped (line 4 'a')" in lines
    assert "the same id as an earlier row, row dropped (2 rows: line 5 'a', line 6 'b')" in lines


def test_ids_that_the_table_lacks(table, tmp_path):
    (tmp_path / "s.wav").write_bytes(b"x")
    frame = load_songs(table("id,audio,energy\n007,,0.1\n,s.wav,0.2\n,,0.3\n")).frame
    assert frame["track_id"].tolist() == ["007", str(tmp_path / "s.wav"), "line 4"]


def test_audio_paths(table, tmp_path):
    (tmp_path / "clips").mkdir()
    song = tmp_path / "clips" / "ä b.wav"
    song.write_bytes(b"x")
    absent = "x" * 400
    tracks = load_songs(
        table(f"id,path\n1,clips/ä b.wav\n2,{song}\n3,gone.wav\n4,\n5,clips\n6,{absent}\n")
    )
    assert tracks.frame["audio"].tolist() == [str(song), str(song), None, None, None, None]
    assert [(problem.row, problem.value[-8:]) for problem in tracks.problems] == [
        (4, "gone.wav"),
        (6, "clips"),
        (7, "xxxxxxxx"),
    ]


def test_audio_is_found_whichever_way_its_accents_are_written(table, tmp_path):
    for name in ("caf\u00e9.wav", "rose\u0301.wav"):
        (tmp_path / name).write_bytes(b"x")
    frame = load_songs(
        table("id,path\n1,cafe\u0301.wav\n2,ros\u00e9.wav\n3,rose\u0301.wav\n")
    ).frame
    assert frame["audio"].tolist() == [
        str(tmp_path / name) for name in ("caf\u00e9.wav", "rose\u0301.wav", "rose\u0301.wav")
    ]


def test_a_written_frame_reads_back(table, tmp_path, rows):
    first = load_songs(table(rows.replace("Bob", "Bob;Cem")))
    first.frame.to_csv(tmp_path / "again.csv", index=False)
    pd.testing.assert_frame_equal(load_songs(tmp_path / "again.csv").frame, first.frame)


def test_sources(table, told):
    assert load_songs(table("energy,source\n0.5,spotify\n0.1,spotify\n")).source == "spotify"
    tracks = load_songs(table("energy,source\n0.5,spotify\n0.1,reccobeats\n"))
    assert tracks.source == "reccobeats + spotify" and "not the same quantities" in told(tracks)


def test_paths_that_hold_no_songs(tmp_path, rows):
    with pytest.raises(KerasfeatError, match="doesn't exist"):
        load_songs(tmp_path / "gone.csv")
    with pytest.raises(KerasfeatError, match="no audio files. Give a table"):
        load_songs(tmp_path)
    (tmp_path / "mine.csv").write_text(rows)
    with pytest.raises(KerasfeatError, match="Name one of its tables: mine.csv"):
        load_songs(tmp_path)
    (tmp_path / "tracks.csv").write_text(rows)
    assert load_songs(tmp_path).path == tmp_path / "tracks.csv"


def test_every_table_may_be_named_for_prediction(table, tmp_path, rows):
    plain = load_songs(table(rows)).frame
    pd.read_csv(tmp_path / "songs.csv").to_parquet(tmp_path / "songs.pq")
    for path in (
        table(rows, "songs.txt"),
        tmp_path / "songs.pq",
        table(rows.replace(",", "\t").replace("Tyler\t", "Tyler,"), "songs.TSV"),
    ):
        pd.testing.assert_frame_equal(songs_of([path])[0], plain)


def test_a_folder_of_audio_without_a_table(tmp_path, told):
    for name in (
        "rock/a.mp3",
        "rock/b.flac",
        "jazz/deep/a.wav",
        "c.ogg",
        "jazz/notes.txt",
        "list.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    tracks = load_songs(tmp_path)
    assert tracks.frame["track_id"].tolist() == [
        "c.ogg",
        "jazz/deep/a.wav",
        "rock/a.mp3",
        "rock/b.flac",
    ]
    assert tracks.frame["genre"].tolist() == [None, "deep", "rock", "rock"] and tracks.frame[
        "title"
    ].tolist() == ["c", "a", "a", "b"]
    assert tracks.frame["audio"][2] == str(tmp_path / "rock" / "a.mp3") and tracks.root == tmp_path
    assert "not its tables (list.csv)" in told(tracks)
    (tmp_path / "rock" / "b.flac").write_bytes(b"xy")
    assert load_songs(tmp_path).fingerprint != tracks.fingerprint
    assert load_songs(tmp_path, label="genre", task=tasks.get("mood")).frame["mood"].tolist() == [
        "deep",
        "rock",
        "rock",
    ]


def test_a_folder_tells_what_it_has_in_several_formats(tmp_path: Path, told: Callable) -> None:
    (tmp_path / "rock").mkdir()
    for name in ("a.flac", "a.mp3", "a.ogg", "b.flac", "rock/b.mp3"):
        (tmp_path / name).write_bytes(b"x")
    assert "1 recording in several formats, such as a: each file" in told(load_songs(tmp_path))


def test_files_of_one_folder_have_no_genre(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(b"x")
    with pytest.raises(KerasfeatError, match="Lay those of each label in a folder of its own"):
        load_songs(tmp_path, task=tasks.get("genre"))


def test_what_a_folder_holds_beside_sound_is_counted(tmp_path: Path, told: Callable) -> None:
    others = (
        "cover.jpg",
        "live/cover.JPG",
        "live/notes.md",
        "live/LICENSE",
        "README",
        ".hidden",
        "mine.csv",
        *(f"{i}.x{i}" for i in range(9)),
    )
    for name in others:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff\xd8\xff" + bytes(40))
    with pytest.raises(KerasfeatError, match=r"no audio files.*It has 15 files \(2 \.jpg, "):
        load_songs(tmp_path)
    (tmp_path / "a.m4b").write_bytes(b"x")
    (tmp_path / "live" / "take 3").write_bytes(b"OggS" + bytes(40))
    tracks = load_songs(tmp_path)
    assert tracks.frame["track_id"].tolist() == ["a.m4b", "live/take 3"]
    counted = next(
        problem.message for problem in tracks.problems if "passed over" in problem.message
    )
    assert counted.startswith(
        "passed over, since neither name nor content is sound: 14 files (2 .jpg, 2 without "
        "a suffix, "
    )
    assert counted.endswith(", 2 more)") and "not its tables (mine.csv)" in told(tracks)


def test_names_of_files_that_are_no_valid_text_are_read_and_shown(tmp_path):
    for name in ("caf\udce9/one.wav", "caf\udce9/tw\udce9.wav", "rock/three.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        try:
            path.write_bytes(b"x")
        except (OSError, UnicodeEncodeError):
            pytest.skip("this file system takes valid text only")
    frame = load_songs(tmp_path).frame
    assert frame["genre"].tolist() == ["caf\\udce9", "caf\\udce9", "rock"] and frame[
        "title"
    ].tolist() == ["one", "tw\\udce9", "three"]
    assert all(Path(path).is_file() for path in frame["audio"])


def test_files_whose_names_begin_or_end_with_spaces_are_found(table, tmp_path):
    if os.name == "nt":
        pytest.skip("Windows takes no such names")
    names = [" lead/one.wav", " two  spaces .wav", "three.wav "]
    for name in names:
        (tmp_path / "music" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "music" / name).write_bytes(b"x")
    (tmp_path / "music" / "four.wav").write_bytes(b"x")
    found = sorted(str(tmp_path / "music" / name) for name in [*names[:2], "four.wav"])
    assert sorted(load_songs(tmp_path / "music").frame["audio"]) == found
    # A table's spaces are none of a name where there is no such file.
    cells = [*(f"music/{name}" for name in names), " music/four.wav "]
    path = table("audio\n" + "".join(f'"{cell}"\n' for cell in cells))
    wanted = [str(tmp_path / "music" / name) for name in [*names, "four.wav"]]
    assert load_songs(path).frame["audio"].tolist() == wanted
    assert [row["audio"] for row in read_rows(path)] == wanted


def closing(monkeypatch, name):
    """Make a folder one that may not be listed, also for root."""
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith(name):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


def test_a_folder_that_may_not_be_read_is_told(tmp_path, told, monkeypatch):
    for name in ("rock/a.wav", "rock/b.wav", "closed/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    closing(monkeypatch, "closed")
    tracks = load_songs(tmp_path)
    assert tracks.frame["title"].tolist() == ["a", "b"]
    assert (
        told(tracks)
        == f"the folder {tmp_path / 'closed'} can't be read (Permission denied), nor its songs"
    )
    with pytest.raises(KerasfeatError, match="can't be used:\n  the folder"):
        load_songs(tmp_path, strict=True)
    with pytest.raises(
        KerasfeatError, match=r"no audio files in .*closed can't be read: Permission denied\."
    ):
        load_songs(tmp_path / "closed")


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_a_link_to_nothing_is_told(tmp_path, told):
    (tmp_path / "a.wav").touch()
    (tmp_path / "b.wav").symlink_to("nowhere.wav")
    tracks = load_songs(tmp_path)
    assert tracks.frame["audio"].tolist() == [
        str(tmp_path / "a.wav"),
        None,
    ] and "no such file" in told(tracks)


@pytest.mark.skipif(os.name == "nt", reason="needs devices")
def test_what_is_neither_a_file_nor_a_folder_is_refused():
    with pytest.raises(KerasfeatError, match="is neither a file nor a folder. Give a table"):
        load_songs(os.devnull)
