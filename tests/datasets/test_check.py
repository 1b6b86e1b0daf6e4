"""What `kerasfeat data check` tells about a table."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kerasfeat.datasets.check import check, render
from kerasfeat.songs.loading import load_songs

RATE_HZ = 16_000


@pytest.fixture
def folder(tmp_path):
    """A table of nine songs: four sound, two of them alike, one that is text, one that is absent,
    and the rest without audio.
    """
    tones = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    for index, level in enumerate((0.5, 0.25, 0.125, 0.125)):
        soundfile.write(tmp_path / f"{index}.wav", (tones * level).astype("float32"), RATE_HZ)
    (tmp_path / "4.wav").write_text("this is no sound at all")
    rows = "".join(
        f"{i},Artist {i},{i}.wav,{i / 10},{'sad' if i % 2 else 'happy'}\n" for i in range(6)
    )
    rows += "6,Ann,,2.5,sad\n7,Bob,,,happy\n8,Cem,,0.4,\n"
    (tmp_path / "tracks.csv").write_text("id,track_artist,file,valence,mood\n" + rows)
    return tmp_path


def test_labels_of_several_a_song_are_counted_and_too_rare_ones_told(tmp_path):
    rows = "".join(
        f"{i},Artist {i},0.5,{'rock; pop' if i % 2 else 'rock' if i < 20 else 'ska'}\n"
        for i in range(24)
    )
    (tmp_path / "tracks.csv").write_text("id,artist,valence,genres\n" + rows)
    summary = check(load_songs(tmp_path))["tasks"]["genres"]
    assert (summary["usable"], summary["rows"], summary["labels"]) == (
        True,
        24,
        {"rock": 22, "pop": 12, "ska": 2},
    )
    assert "rock 22, pop 12, ska 2" in render(check(load_songs(tmp_path)))
    (tmp_path / "tracks.csv").write_text("id,artist,valence,genres\n" + rows.replace("pop", "ska"))
    assert check(load_songs(tmp_path))["tasks"]["genres"]["usable"] is True
    (tmp_path / "tracks.csv").write_text("id,artist,valence,genres\n" + rows.replace("; pop", ""))
    found = check(load_songs(tmp_path))["tasks"]["genres"]
    assert (
        not found["usable"]
        and "1 of 2 labels have 10 songs or more, and two are needed; fewer: ska (2)"
        in found["why"]
    )


def test_a_task_with_a_long_name_is_apart_from_what_is_said_of_it(folder):
    said = render(check(load_songs(folder), audio=False))
    assert "instrumentalness  no: " in said and "\n  mood              " in said


def test_summary_of_a_table_with_bad_rows(folder):
    summary = check(load_songs(folder))
    assert json.loads(json.dumps(summary)) == summary
    assert (summary["rows"], summary["artists"], summary["split_by"]) == (9, 9, "artist")
    assert summary["columns"]["artist"] == {"in_file": "track_artist", "missing": 0}
    assert (
        summary["columns"]["valence"]["missing"] == 2
        and summary["columns"]["audio"]["missing"] == 4
    )
    assert summary["audio"]["files"] == 5 and summary["audio"]["repeated"] == 1
    (bad,) = summary["audio"]["unreadable"]
    assert bad["path"].endswith("4.wav") and "text" in bad["reason"]
    assert summary["groups"] == 8  # two files are the same
    assert any("5.wav" in line for line in summary["problems"]) and any(
        "0 to 1" in line for line in summary["problems"]
    )


def test_what_each_task_could_use(folder):
    found = check(load_songs(folder), audio=False)["tasks"]
    assert found["mood"] == {
        "usable": True,
        "why": "2 of 8 songs left out: no value in any input (2 rows: line 8, line 9)",
        "rows": 6,
        "inputs": ["features", "audio"],
        "classes": {"happy": 3, "sad": 3},
    }
    assert found["valence"]["usable"] and found["valence"]["inputs"] == ["audio"]
    assert found["valence"]["targets"]["valence"]["rows"] == 5
    assert found["valence"]["targets"]["valence"]["mean"] == pytest.approx(
        (0 + 0.1 + 0.2 + 0.3 + 0.4) / 5
    )
    assert found["attributes"]["usable"] and found["attributes"]["why"].startswith(
        "without danceability, energy"
    )
    assert not found["genre"]["usable"] and "--label" in found["genre"]["why"]
    assert (
        not found["popularity"]["usable"] and found["popularity"]["why"] == "no column popularity"
    )


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("0.1,a\n0.2,a\n0.3,a\n", "every song has the genre 'a': there is nothing to tell apart"),
        ("0.1,a\n0.2,b\n0.3,c\n", "nothing can be spared"),
    ],
)
def test_tables_that_cannot_be_split(tmp_path, rows, why):
    (tmp_path / "t.csv").write_text("energy,genre\n" + rows)
    genre = check(load_songs(tmp_path / "t.csv"))["tasks"]["genre"]
    assert not genre["usable"] and why in genre["why"]


def test_a_target_is_no_input(tmp_path):
    (tmp_path / "t.csv").write_text("valence\n" + "".join(f"0.{i}\n" for i in range(1, 10)))
    assert (
        check(load_songs(tmp_path / "t.csv"))["tasks"]["valence"]["why"]
        == "nothing to predict it from"
    )


def test_songs_that_no_input_knows_are_not_counted_and_told(folder):
    with (folder / "tracks.csv").open("a") as table:
        table.write("9,Dan,,,sad\n10,Eve,,,happy\n")
    mood = check(load_songs(folder))["tasks"]["mood"]
    assert (mood["rows"], mood["classes"]) == (6, {"happy": 3, "sad": 3})
    assert mood["why"] == (
        "4 of 10 songs left out: no value in any input (4 rows: line 8, line 9, line 11, ...)"
    )
    (folder / "tracks.csv").write_text("id,energy,mood\n1,,sad\n2,,happy\n3,0.5,\n")
    assert check(load_songs(folder))["tasks"]["mood"]["why"] == "nothing to predict it from"


def test_a_file_whose_name_is_no_valid_text(folder, kerasfeat):
    (folder / "tracks.csv").unlink()
    try:
        (folder / "0.wav").rename(folder / "caf\udce9.wav")
        (folder / "4.wav").rename(folder / "n\udcf6.wav")
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes valid text only")
    ended = kerasfeat("data", "check", folder)
    assert (
        ended.code == 0
        and "5 files, 4 readable, 1 of them the same as another" in ended.out
        and "n\\udcf6.wav: not audio" in ended.out
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_one_strange_file_does_not_end_the_check_of_a_folder(
    folder: Path, kerasfeat: Callable
) -> None:
    (folder / "tracks.csv").unlink()
    tones = 0.4 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    soundfile.write(folder / "gsm.wav", tones, 8000, subtype="GSM610")
    tones[77] = 1e25
    soundfile.write(folder / "glitch.wav", tones, 8000, subtype="DOUBLE")
    os.mkfifo(folder / "pipe.mp3")
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff" + bytes(50))
    shown = kerasfeat("data", "check", folder).out
    assert "8 files, 5 readable" in shown
    assert (
        "pipe.mp3: is a pipe or a device" in shown
        and "glitch.wav: corrupt, or not scaled to 1" in shown
    )
    assert "passed over, since neither name nor content is sound: 1 file (1 .jpg)" in shown
    for command in (("extract", folder), ("data", "folder", folder, folder / "out")):
        ended = kerasfeat(*command)
        assert ended.code == 0, ended.err


def test_rendered(folder):
    text = render(check(load_songs(folder)))
    for part in (
        "9 songs, 9 artists",
        "artist (in the file: track_artist)",
        "valence, 2 missing",
        "5 files, 4 readable, 1 of them the same as another",
        "happy 3, sad 3",
        "no: no column popularity",
        "no such file",
    ):
        assert part in text
    assert "not decoded" in render(check(load_songs(folder), audio=False))


def test_real_data(shared_data):
    summary = check(load_songs(shared_data / "emotify"))
    assert summary["audio"] == {"files": 100, "unreadable": [], "repeated": 0}
    assert [name for name, task in summary["tasks"].items() if task["usable"]] == ["genre", "mood"]
    assert summary["tasks"]["mood"]["classes"] == {
        "calm": 42,
        "happy": 32,
        "energetic": 13,
        "sad": 13,
    }
    moods = check(load_songs(shared_data / "moods.csv"))
    usable = {name: task["usable"] for name, task in moods["tasks"].items()}
    assert usable["mood"] and not usable["genre"] and not usable["genres"]
    assert moods["audio"] is None and moods["problems"] == []


def test_broken_audio_is_listed_with_reasons(shared_data):
    summary = check(load_songs(shared_data / "malformed"))
    assert summary["audio"]["files"] == summary["rows"] > 7
    assert summary["audio"]["unreadable"] and all(
        file["reason"] for file in summary["audio"]["unreadable"]
    )
