"""`--out`: Parquet files that a command which was stopped goes on with."""

import json
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kerasfeat.inference import parts


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_SONGS", 2)


def test_files_hold_what_is_printed_and_only_those_that_lack_are_written(
    kerasfeat: Any, clips: list[Path], tmp_path: Path
) -> None:
    folder, out = clips[0].parent, tmp_path / "out"
    printed = json.loads(kerasfeat("describe", folder, "--json").out)
    ended = kerasfeat("describe", folder, "--out", out, "--json")
    assert json.loads(ended.out) == {"out": str(out), "songs": 17, "asked": 20}
    files = sorted(out.glob("*.parquet"))
    assert len(files) == 10
    table = pd.read_parquet(out)
    assert list(table) == list(printed[0]) and len(table) == len(printed)
    for name in ("tempo", "loudness_lufs", "duration_ms", "error"):
        wanted = pd.Series([row[name] for row in printed], dtype=table[name].dtype)
        pd.testing.assert_series_equal(table[name], wanted, check_names=False)
    files[4].unlink()
    kept = {path: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    assert kerasfeat("describe", folder, "--out", out).code == 0
    assert pd.read_parquet(out).equals(table)
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())


def test_a_folder_of_something_else_is_refused(
    kerasfeat: Any, clips: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert kerasfeat("describe", *clips[:4], "--out", out).code == 0
    for other in (clips[:5], clips[1:5]):
        ended = kerasfeat("describe", *other, "--out", out)
        assert ended.code == 1 and "name another folder with --out" in ended.err
    ended = kerasfeat("describe", clips[0], "--out", out, "--where", "tempo > 1")
    assert ended.code == 2 and "leave out --where" in ended.err
    note = out / "_parts.json"
    note.write_bytes(note.read_bytes()[:9])
    ended = kerasfeat("describe", *clips[:4], "--out", out)
    assert ended.code == 1 and f"{note} is damaged" in ended.err
    assert f"Name another folder with --out, or remove {out}." in ended.err


def test_a_kill_in_the_first_moment_does_not_spoil_the_folder(
    kerasfeat: Any, clips: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    left = out / f"_parts.json.{uuid.uuid4().hex}.partial"
    left.write_text('{"comm')
    ended = kerasfeat("describe", *clips[:2], "--out", out)
    assert ended.code == 0 and len(pd.read_parquet(out)) == 2, ended.err
    assert not left.exists()


def test_a_second_command_is_told_and_disturbs_nothing(
    kerasfeat: Any, clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("describe", *clips[:2], "--out", tmp_path / "out")
    write_table, seconds = parts.pq.write_table, []

    def write(table: Any, path: Path) -> None:
        write_table(table, path)
        with monkeypatch.context() as patch:
            patch.setattr(parts.pq, "write_table", write_table)
            seconds.append(kerasfeat(*words))

    monkeypatch.setattr(parts.pq, "write_table", write)
    assert kerasfeat(*words).code == 0
    assert {second.code for second in seconds} == {1}
    assert "another process is filling" in seconds[0].err
    assert len(pd.read_parquet(tmp_path / "out")) == 2


def test_a_folder_that_is_refused_is_left_as_it_is(
    kerasfeat: Any, clips: list[Path], tmp_path: Path
) -> None:
    photo = tmp_path / "photos" / "a.jpg"
    photo.parent.mkdir()
    photo.touch()
    for out, told in ((photo.parent, "holds something else"), (photo / "out", "can't write")):
        ended = kerasfeat("describe", clips[0], "--out", out)
        assert ended.code == 1 and told in ended.err, ended.err
    assert list(photo.parent.iterdir()) == [photo]


def test_predictions_of_a_table_are_written(
    kerasfeat: Any, tabular: Any, songs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    printed = json.loads(kerasfeat("predict", tabular.path, songs, "--json").out)
    assert kerasfeat("predict", tabular.path, songs, "--out", out).code == 0
    table = pd.read_parquet(out)
    energy = [row["energy"] for row in printed]
    assert table["energy"].tolist() == pytest.approx(energy, abs=1e-5)
    assert table["track_id"].tolist() == [row["track_id"] for row in printed]
    assert table["error"].isna().all() and len(list(out.glob("*.parquet"))) == 35
