import json
import os
import uuid

import pytest
from filelock import FileLock

from kerasfeat import KerasfeatError
from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.rows import read_rows

ORIGIN = Origin("thing", "https://thing.example", "CC0", ("A note.",))
QUERY = {"place": "here", "many": ("a", "b"), "limit": None}


def test_a_folder_goes_on_with_its_own_query_only(tmp_path):
    with filling(tmp_path / "out", ORIGIN, QUERY) as output:
        output.write([{"zeta": 1, "mood": "sad", "track_id": "é,1"}, {"track_id": "2"}])
    assert (tmp_path / "out" / "tracks.csv").read_text(
        encoding="utf-8"
    ) == 'track_id,mood,zeta\n"é,1",sad,1\n2,,\n'
    with filling(tmp_path / "out", ORIGIN, QUERY):
        pass
    for origin, query in ((ORIGIN, {**QUERY, "limit": 3}), (Origin("other", "", ""), QUERY)):
        with (
            pytest.raises(
                KerasfeatError, match=r"holds something other.*provenance.json says which"
            ),
            filling(tmp_path / "out", origin, query),
        ):
            pass


def test_the_account_is_whole_from_the_start(tmp_path):
    with filling(tmp_path / "out", ORIGIN, QUERY):
        account = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert (
        account["complete"] is False
        and account["licence"] == "CC0"
        and account["notes"] == ["A note."]
    )


def test_what_fails_before_anything_came_leaves_the_folder_free(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new", tmp_path / "empty"):
        with (
            pytest.raises(KerasfeatError, match="wrong"),
            filling(folder, ORIGIN, QUERY) as output,
            output.journal(),
        ):
            raise KerasfeatError("wrong")
        assert folder.exists() is (folder.name == "empty")
        with filling(folder, ORIGIN, {**QUERY, "place": "there"}):
            pass


@pytest.mark.parametrize("kept", ["rows", "answer", "file"])
def test_what_fails_later_keeps_what_it_has(tmp_path, kept):
    with (
        pytest.raises(KerasfeatError, match="wrong"),
        filling(tmp_path / "out", ORIGIN, QUERY) as output,
        output.journal() as journal,
    ):
        if kept == "rows":
            output.write([{"track_id": "1"}])
        elif kept == "answer":
            journal.add("1", "one")
        else:
            (output.folder / "audio").mkdir()
        raise KerasfeatError("wrong")
    with (
        pytest.raises(KerasfeatError, match="holds something other"),
        filling(tmp_path / "out", ORIGIN, {}),
    ):
        pass
    with filling(tmp_path / "out", ORIGIN, QUERY):
        pass


def test_names_with_a_carriage_return_survive(tmp_path):
    rows = [
        {"track_id": "a\rb", "title": "c\r\nd", "artist": "e\nf", "energy": "0.5"},
        {"track_id": "2", "energy": "0.25"},
    ]
    with filling(tmp_path / "out", ORIGIN, QUERY) as output:
        output.write(rows)
    assert read_rows(tmp_path / "out") == rows


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_audio_is_found_from_a_linked_folder_and_keeps_its_name(tmp_path):
    (tmp_path / "disk" / "deep" / "down").mkdir(parents=True)
    (tmp_path / "disk" / "music").mkdir()
    (tmp_path / "disk" / "music" / "kept-under-a-number").touch()
    (tmp_path / "disk" / "music" / "song.mp3").symlink_to("kept-under-a-number")
    (tmp_path / "here").symlink_to("disk/deep/down")
    (tmp_path / "songs").symlink_to("disk/music")
    with filling(tmp_path / "here" / "out", ORIGIN, QUERY) as output:
        (row,) = output.placed([{"track_id": "1", "audio": str(tmp_path / "songs" / "song.mp3")}])
    assert (
        row["audio"] == "../../../music/song.mp3"
        and (tmp_path / "here" / "out" / row["audio"]).is_file()
    )


def test_two_processes_do_not_fill_one_folder(tmp_path):
    (tmp_path / "out").mkdir()
    with (
        FileLock(tmp_path / "out" / ".lock"),
        pytest.raises(KerasfeatError, match="another process is filling"),
        filling(tmp_path / "out", ORIGIN, {}),
    ):
        pass


def test_what_another_command_is_writing_into_its_folder_stays(tmp_path):
    (tmp_path / "model.keras").touch()
    writing = tmp_path / f"run.json.{uuid.uuid4().hex}.partial"
    writing.write_text("{")
    with pytest.raises(KerasfeatError, match="not empty"), filling(tmp_path, ORIGIN, QUERY):
        pass
    assert writing.read_text() == "{"


def test_a_kill_in_the_first_moment_does_not_spoil_the_folder(tmp_path):
    left = tmp_path / f"provenance.json.{uuid.uuid4().hex}.partial"
    left.write_text("{")
    with filling(tmp_path, ORIGIN, QUERY) as output:
        output.write([{"track_id": "1"}], {})
    assert not left.exists() and (tmp_path / "provenance.json").exists()


def test_a_damaged_account_is_not_written_over(tmp_path):
    (tmp_path / "provenance.json").write_text("{half")
    with pytest.raises(KerasfeatError, match="not empty"), filling(tmp_path, ORIGIN, QUERY):
        pass


def test_an_account_holds_names_that_are_no_valid_text(tmp_path):
    name = os.fsdecode(b"caf\xe9.wav")
    with filling(tmp_path / "out", ORIGIN, QUERY) as output:
        output.write([{"track_id": "1"}], {name: "odd"})
    assert json.loads((tmp_path / "out" / "provenance.json").read_bytes())["failed"] == [
        {"what": name, "why": "odd"}
    ]


def test_a_place_that_can_not_be_written_is_one_clear_message(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(KerasfeatError, match="can't write to .*run the same command again"),
        filling(tmp_path / "file" / "out", ORIGIN, QUERY),
    ):
        pass
