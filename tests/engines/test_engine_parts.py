"""`--out`: Parquet files that a command which was stopped goes on with."""

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kerasfeat as kf
from kerasfeat.audio.decode import audio_files
from kerasfeat.inference import parts
from kerasfeat.pipeline import store


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


def test_songs_that_are_mended_or_replaced_are_done_again(
    kerasfeat: Any, clips: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    names = [path.name for path in clips]
    good, other, gone, broken, empty = map(
        names.index, ("clip04.flac", "clip08.flac", "clip09.flac", "clip12.flac", "empty.mp3")
    )
    sound, time_ns = clips[broken].read_bytes(), clips[broken].stat().st_mtime_ns
    # As long and as old as the sound: only that it can't be used tells that it is to be read again.
    clips[broken].write_bytes(bytes(len(sound)))
    os.utime(clips[broken], ns=(time_ns, time_ns))
    asked = ("describe", *clips, "--out", out, "--json")
    assert json.loads(kerasfeat(*asked).out)["songs"] == 16
    before = pd.read_parquet(out)
    times = {path: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    clips[broken].write_bytes(sound)
    os.utime(clips[broken], ns=(time_ns, time_ns))
    for place in (other, empty):
        shutil.copy(clips[good], clips[place])
    clips[gone].unlink()
    ended = kerasfeat(*asked)
    assert json.loads(ended.out) == {"out": str(out), "songs": 18, "asked": 20}, ended.err
    after, changed = pd.read_parquet(out), [broken, other, empty]
    pd.testing.assert_frame_equal(after.drop(changed), before.drop(changed))
    assert after["error"][changed].isna().all()
    measured = after.drop(columns=["track_id", "title", "audio"])
    for place in (other, empty):
        pd.testing.assert_series_equal(measured.loc[place], measured.loc[good], check_names=False)
    written = {path for path, time in times.items() if path.stat().st_mtime_ns != time}
    assert written == {out / f"part-{place // 2 * 2:010}.parquet" for place in changed}


def test_windows_of_songs_that_are_done_again_stay_beside_them(
    kerasfeat: Any, run: Any, songs: Path, tmp_path: Path
) -> None:
    files = audio_files(songs)[:4]
    music = [tmp_path / f"{name}{file.suffix}" for name, file in zip("dacb", files, strict=True)]
    for copy, file in zip(music, files, strict=True):
        shutil.copy(file, copy)
    sound = music[1].read_bytes()
    asked = ("predict", run.path, *music, "--timeline")
    assert kerasfeat(*asked, "--out", tmp_path / "whole").code == 0
    music[1].write_bytes(sound[:-1000])
    assert kerasfeat(*asked, "--out", tmp_path / "mended").code == 0
    assert pd.read_parquet(tmp_path / "mended")["error"].notna().sum() == 1
    music[1].write_bytes(sound)
    assert kerasfeat(*asked, "--out", tmp_path / "mended").code == 0
    whole, mended = (pd.read_parquet(tmp_path / name) for name in ("whole", "mended"))
    pd.testing.assert_frame_equal(mended, whole, check_dtype=False, atol=1e-6)
    assert whole["start_s"].notna().sum() > 4


def test_answers_of_another_run_or_version_are_not_kept(
    kerasfeat: Any,
    run: Any,
    songs: Path,
    clips: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = tmp_path / "run"

    def fit(seed: int) -> None:
        shutil.rmtree(own, ignore_errors=True)
        kf.fit(songs, "mood", members=["linear"], inputs=["features"], seed=seed, out=own)

    fit(3)
    described = ("describe", *clips[:3], "--run", own, "--out", tmp_path / "described")
    predicted = ("predict", run.path, *clips[:3], "--out", tmp_path / "predicted")
    for asked in (described, predicted):
        for _ in range(2):
            assert kerasfeat(*asked).code == 0
    fit(5)
    ended = kerasfeat(*described)
    assert ended.code == 1 and "or by another command, run, network, or version" in ended.err
    monkeypatch.setattr(store, "CODE_VERSION", store.CODE_VERSION + 1)
    ended = kerasfeat(*predicted)
    assert ended.code == 1 and "or by another command, run, network, or version" in ended.err


def test_a_damaged_part_is_told(kerasfeat: Any, clips: list[Path], tmp_path: Path) -> None:
    asked = ("describe", *clips[:3], "--out", tmp_path / "out")
    assert kerasfeat(*asked).code == 0
    first, *_ = sorted((tmp_path / "out").glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:77])
    ended = kerasfeat(*asked)
    assert ended.code == 1 and f"{first} is damaged" in ended.err
    first.unlink()
    assert kerasfeat(*asked).code == 0


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
