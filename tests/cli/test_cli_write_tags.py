"""`kerasfeat describe --write-tags`: what is written is read back by another library."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import tinytag

mutagen = pytest.importorskip("mutagen", reason="needs mutagen: pip install 'kerasfeat[tags]'")

from kerasfeat.audio.decode import decode  # noqa: E402
from kerasfeat.inference.file_tags import Change, tag_changes, wanted_tags  # noqa: E402

RATE_HZ = 44_100
BPM = 132
KINDS = ("song.mp3", "song.flac", "song.ogg", "song.wav", "song.m4a")


@pytest.fixture(params=KINDS)
def song(request, tmp_path):
    """A click track with a title and an artist in one of the formats."""
    path = tmp_path / request.param
    audio = np.zeros(9 * RATE_HZ)
    for start in np.arange(0.05, 8.9, 60 / BPM):
        place = round(start * RATE_HZ)
        audio[place : place + 900] += 0.5 * np.sin(np.arange(900) * 0.17)
    soundfile.write(tmp_path / "source.wav", audio, RATE_HZ)
    if path.suffix == ".m4a":
        if not shutil.which("ffmpeg"):
            pytest.skip("needs the ffmpeg program")
        subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "source.wav", path], check=True)
    else:
        soundfile.write(path, audio, RATE_HZ)
    file = mutagen.File(path, easy=path.suffix != ".wav")
    if file.tags is None:
        file.add_tags()
    if path.suffix == ".wav":
        from mutagen import id3

        file.tags.add(id3.TIT2(encoding=3, text="Ünder"))
        file.tags.add(id3.TPE1(encoding=3, text="Någon"))
    else:
        file["title"], file["artist"] = "Ünder", "Någon"
    file.save()
    return path


def read(path):
    """The tags of a file, by tinytag."""
    return tinytag.TinyTag.get(path).as_dict()


def test_tags_are_shown_then_written_and_nothing_else_changes(kerasfeat, song):
    before, sound = song.read_bytes(), decode(song, RATE_HZ, 2)
    shown = kerasfeat("describe", song, "--write-tags")
    assert shown.code == 0, shown.err
    assert "bpm: none -> 132" in shown.err and "nothing is written without --yes" in shown.err
    assert song.read_bytes() == before
    written = kerasfeat("describe", song, "--write-tags", "--yes")
    assert "bpm: none -> 132" in written.err and "1 value changed" in written.err
    tags = read(song)
    assert [str(bpm) for bpm in tags["bpm"]] == ["132"]
    assert (tags["title"], tags["artist"]) == (["Ünder"], ["Någon"])
    np.testing.assert_array_equal(decode(song, RATE_HZ, 2), sound)
    again = kerasfeat("describe", song, "--write-tags", "--yes")
    assert "0 values changed" in again.err


def test_key_mood_and_genre_are_written_from_what_is_sure(song):
    row = {
        "audio": str(song),
        "error": None,
        **{"tempo": 90.2, "tempo_confidence": 0.3, "key": 6, "mode": 0, "key_confidence": 0.8},
        **{"happy": 0.05, "sad": 0.41, "chill": 0.3, "hip_hop": 0.6, "jazz": 0.1, "guitar": 0.9},
    }
    assert wanted_tags(row) == {"initial key": "F#m", "mood": "sad; chill", "genre": "hip hop"}
    changes = list(tag_changes([row], write=True))
    assert {change.field for change in changes if isinstance(change, Change)} == {
        "initial key",
        "mood",
        "genre",
    }
    tags = {name.lower().split(".")[-1]: value for name, value in read(song).items()}
    assert tags["genre"] == ["hip hop"]
    assert tags["initial_key" if "initial_key" in tags else "initialkey"] == ["F#m"]
    assert tags["title"] == ["Ünder"] and "bpm" not in tags
    assert not list(tag_changes([row]))


def test_the_version_of_id3_tags_and_foreign_frames_stay(tmp_path):
    from mutagen import id3

    path = tmp_path / "old.mp3"
    soundfile.write(path, 0.1 * np.sin(np.arange(2 * RATE_HZ) * 0.05), RATE_HZ)
    tags = id3.ID3()
    tags.add(id3.TXXX(encoding=1, desc="own", text="kept"))
    tags.add(id3.TYER(encoding=1, text="1999"))
    tags.add(id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=b"\x89PNG" * 9))
    tags.save(path, v2_version=3)
    row = {"audio": str(path), "error": None, "tempo": 77.0, "tempo_confidence": 0.9}
    assert list(tag_changes([row], write=True)) == [Change(str(path), "bpm", "", "77")]
    kept = id3.ID3(path, translate=False)
    assert kept.version[:2] == (2, 3)
    assert kept["TXXX:own"].text == ["kept"] and str(kept["TYER"]) == "1999"
    assert kept.getall("APIC")[0].data == b"\x89PNG" * 9 and str(kept["TBPM"]) == "77"


def test_several_values_of_old_id3_tags_are_written_once_and_other_lists_stay(tmp_path):
    from mutagen import id3

    path = tmp_path / "old.mp3"
    soundfile.write(path, 0.1 * np.sin(np.arange(2 * RATE_HZ) * 0.05), RATE_HZ)
    tags = id3.ID3()
    tags.add(id3.TPE1(encoding=1, text=["Ann", "Bob"]))
    tags.save(path, v2_version=3, v23_sep=None)
    row = {"audio": str(path), "error": None, "rock": 0.6, "pop": 0.5, "sad": 0.4, "happy": 0.3}
    changes = [str(change) for change in tag_changes([row], write=True)]
    assert changes == [f"{path}: mood: none -> sad; happy", f"{path}: genre: none -> rock; pop"]
    assert read(path)["genre"] == ["rock; pop"]
    assert list(tag_changes([row], write=True)) == []
    kept = id3.ID3(path, translate=False)
    assert kept.version[:2] == (2, 3) and kept["TPE1"].text == ["Ann", "Bob"]


def test_files_without_such_tags_are_told(tmp_path):
    soundfile.write(tmp_path / "song.au", np.sin(np.arange(RATE_HZ) * 0.05), RATE_HZ)
    row = {"audio": str(tmp_path / "song.au"), "error": None, "tempo": 77.0, "tempo_confidence": 1}
    (told,) = tag_changes([row], write=True)
    assert "song.au: its tags can't be changed" in str(told)


def test_without_mutagen_the_command_is_told(kerasfeat, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mutagen", None)
    soundfile.write(tmp_path / "song.wav", np.sin(np.arange(RATE_HZ) * 0.05), RATE_HZ)
    ended = kerasfeat("describe", tmp_path / "song.wav", "--write-tags")
    assert ended.code == 1 and "pip install 'kerasfeat[tags]'" in ended.err


def test_yes_alone_is_refused(kerasfeat, tmp_path):
    assert kerasfeat("describe", tmp_path, "--yes").code == 2
