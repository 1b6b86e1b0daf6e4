import json
import uuid
import zipfile
from dataclasses import replace

import keras
import pytest

from kerasfeat import KerasfeatError, files
from kerasfeat.experiment import run_directory
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.experiment.saved_model import load_model
from kerasfeat.experiment.spec import Spec

SPEC = Spec(task="mood", seed=3, targets=("mood",))


def begin(tmp_path, spec=SPEC, **options):
    started = run_directory.start(spec, runs=tmp_path / "runs", **options)
    started.lock.release()
    return started.directory, started.resumed


def test_the_same_command_goes_on_with_its_unfinished_run(tmp_path):
    first, resumed = begin(tmp_path)
    assert not resumed
    again, resumed = begin(tmp_path)
    assert resumed and again.path == first.path
    other, resumed = begin(tmp_path, replace(SPEC, seed=4))
    assert not resumed and other.path != first.path


@pytest.mark.parametrize("content", ["{", "[]", '{"name": "another program\'s"}'])
def test_a_damaged_or_foreign_directory_beside_it_is_passed_over(tmp_path, content):
    (tmp_path / "runs" / "other").mkdir(parents=True)
    (tmp_path / "runs" / "other" / "run.json").write_text(content)
    first, _ = begin(tmp_path)
    (tmp_path / "runs" / "other" / "run.json").write_text(content)  # now the newest
    again, resumed = begin(tmp_path)
    assert resumed and again.path == first.path
    with pytest.raises(
        KerasfeatError, match="run.json (can't be read|is not one that `kerasfeat fit` wrote)"
    ):
        run_directory.load(tmp_path / "runs" / "other")


def test_a_run_at_work_is_left_alone(tmp_path):
    first, second = (run_directory.start(SPEC, runs=tmp_path / "runs") for _ in range(2))
    assert not second.resumed and second.directory.path != first.directory.path
    with pytest.raises(KerasfeatError, match="another process is at work"):
        run_directory.start(SPEC, out=first.directory.path)
    first.lock.release()
    second.lock.release()


def test_a_finished_run_is_never_overwritten(tmp_path):
    run, _ = begin(tmp_path, out=tmp_path / "mine")
    run.complete()
    assert not run.work.exists()
    with pytest.raises(KerasfeatError, match="a finished run, which is never overwritten, of an"):
        begin(tmp_path, replace(SPEC, seed=4), out=tmp_path / "mine")


@pytest.mark.parametrize("resume", [False, True])
def test_the_command_of_a_finished_run_finds_it_so(tmp_path, resume):
    run, _ = begin(tmp_path, out=tmp_path / "mine")
    run.complete()
    before = sorted(tmp_path.rglob("*"))
    again = run_directory.start(SPEC, out=tmp_path / "mine", resume=resume)
    assert again.finished and "finished: nothing is left to do" in again.said
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_kill_leaves_before_the_first_rename_is_removed(tmp_path):
    folder = tmp_path / "mine"
    (folder / "work").mkdir(parents=True)
    left = folder / f"run.json.{uuid.uuid4().hex}.partial"
    left.write_text('{"sta')
    run, resumed = begin(tmp_path, out=folder)
    assert not resumed and not left.exists() and run.read()["status"] == "running"


def test_another_experiments_directory_and_foreign_files_are_refused(tmp_path):
    begin(tmp_path, out=tmp_path / "mine")
    with pytest.raises(KerasfeatError, match="another experiment .seed: 3 there, 9 now."):
        begin(tmp_path, replace(SPEC, seed=9), out=tmp_path / "mine")
    begin(tmp_path, replace(SPEC, learning_curve=True), out=tmp_path / "curved")
    with pytest.raises(
        KerasfeatError, match="another experiment .learning_curve: True there, False now."
    ):
        begin(tmp_path, out=tmp_path / "curved")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    with pytest.raises(KerasfeatError, match="is not a new or empty directory"):
        begin(tmp_path, out=tmp_path / "photos")
    (tmp_path / "file").touch()
    with pytest.raises(KerasfeatError, match="is not a new or empty directory"):
        begin(tmp_path, out=tmp_path / "file")


def test_resume_needs_an_unfinished_run(tmp_path):
    with pytest.raises(KerasfeatError, match="is not a run; choose another"):
        begin(tmp_path, out=tmp_path / "none", resume=True)


def test_later_commands_refuse_what_is_no_finished_run(tmp_path):
    with pytest.raises(KerasfeatError, match="is not a run: it has no run.json"):
        run_directory.load(tmp_path)
    run, _ = begin(tmp_path)
    with pytest.raises(KerasfeatError, match="--resume"):
        run_directory.load(run.path)
    (run / "run.json").write_text("{")
    with pytest.raises(KerasfeatError, match="can't be read"):
        run_directory.load(run.path)


def test_files_are_replaced_whole_or_not_at_all(tmp_path):
    files.write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "a.json", {"a": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(KerasfeatError, match="can't write"):
        files.write_json(tmp_path / "missing" / "a.json", {})


@pytest.mark.parametrize("damage", ["cut off", "zeros inside", "another archive"])
def test_a_damaged_model_is_told(tmp_path, damage):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)]).save(path)
    assert load_model(RunDirectory(tmp_path)).count_params() == 18
    content = path.read_bytes()
    path.write_bytes(
        content[: len(content) // 2] if damage == "cut off" else bytes(300) + content[300:]
    )
    if damage == "another archive":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("song.txt", "la")
    with pytest.raises(KerasfeatError, match="model.keras is damaged"):
        load_model(RunDirectory(tmp_path))
