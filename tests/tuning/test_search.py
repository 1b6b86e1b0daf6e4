import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasfeat import KerasfeatError
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.setup import make_setup, with_saved
from kerasfeat.experiment.spec import Spec
from kerasfeat.recipes import Recipe, recipes
from kerasfeat.search_ranges import Choices
from tuning.finish import tune
from tuning.plan import Request, directory, make_plan
from tuning.search import search
from tuning.trials import SCORED, SECRET, Trainer

SMALL = {"epochs": "1", "units": "8", "blocks": "1"}


@pytest.fixture
def request_for(songs, tmp_path):
    """A function that gives a small Request; keywords are its own, `spec` those of its Spec."""

    def make(spec=None, **options):
        found = Spec(
            members=("network",),
            **{
                "task": "mood",
                "data": str(songs),
                "inputs": ("features",),
                "hyperparameters": SMALL,
                **(spec or {}),
            },
        )
        return Request(
            found,
            **{
                "tuner": "random",
                "over": ("dropout", "learning_rate"),
                "out": str(tmp_path / "searches"),
                **options,
            },
        )

    return make


@pytest.fixture(scope="module")
def tuned(songs, tmp_path_factory):
    """A finished search of three trials with two repeats each."""
    out = tmp_path_factory.mktemp("tuned")
    spec = Spec(
        members=("network",),
        task="mood",
        data=str(songs),
        inputs=("features",),
        hyperparameters=SMALL,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASFEAT_CACHE", str(out / "cache"))
        request = Request(
            spec,
            tuner="random",
            max_trials=2,
            repeats=2,
            over=("dropout", "schedule"),
            out=str(out),
        )
        return request, tune(request)


def test_a_search_ends_with_a_table_of_its_trials(tuned):
    _, found = tuned
    table = pd.read_csv(found.search.folder / "trials.csv", dtype={"trial": str})
    assert list(table) == [
        *(
            "trial",
            "status",
            "log_loss",
            "low",
            "high",
            "deviation",
            "epochs",
            "seconds",
            "reason",
            "schedule",
            "dropout",
        ),
    ]
    assert list(table["status"]) == ["COMPLETED"] * 2 and found.search.complete
    assert tuple(table.loc[0, ["schedule", "dropout"]]) == ("constant", 0.3)
    assert ((table["low"] < table["log_loss"]) & (table["log_loss"] < table["high"])).all()
    assert (table["deviation"] > 0).all()
    assert not list(found.search.folder.glob("trial_*/work"))


def test_a_damaged_result_of_a_trial_is_named(tuned, tmp_path):
    request, found = tuned
    folder = shutil.copytree(found.search.folder, tmp_path / found.search.folder.name)
    result = folder / f"trial_{found.search.rows[0]['trial']}" / "result.json"
    for content in (b"", b"{}", result.read_bytes()[:40]):
        result.write_bytes(content)
        with pytest.raises(KerasfeatError, match=f"{result} is damaged .* Remove {folder}, and"):
            tune(replace(request, out=str(tmp_path)))


def test_every_trial_is_in_tensorboards_hparams(tuned):
    _, found = tuned
    for row in found.search.rows:
        events = EventAccumulator(str(found.search.folder / "tensorboard" / row["trial"])).Reload()
        assert "_hparams_/session_start_info" in events.summary_metadata
        (scalar,) = events.Tensors("search/log_loss")
        assert float(tf.make_ndarray(scalar.tensor_proto)) == pytest.approx(
            row["log_loss"], rel=1e-5
        )


def test_the_refit_trains_on_training_and_validation_songs_and_scores_the_test_songs(tuned):
    _, found = tuned
    sizes = json.loads((found.final / "metrics.json").read_text())["split"]["sizes"]
    assert sizes["validation"] == 0 and sizes["train"] + sizes["test"] == 70
    history = pd.read_csv(found.final / "history.csv")
    best = json.loads((found.search.folder / "best.json").read_text())
    assert len(history) == best["epochs"][""] == 1 and "val_loss" not in history
    assert found.final.read()["status"] == "complete"


def test_the_report_is_one_page_that_says_what_was_found_and_how_the_test_songs_were_used(tuned):
    _, found = tuned
    page = found.report.read_text()
    assert re.search("clearly better than the defaults: |no trial of . beats the def", page)
    assert "<script" not in page and page.count("<svg") == 2 and "http" not in page
    assert "Synthesised data" in page and "were scored once" in page and "0 (defaults)" in page
    assert "(standard deviation over 2 repeats, pooled over trials)" in page


def test_the_same_command_again_trains_nothing(tuned, capfd):
    request, found = tuned
    before = {
        path: path.stat().st_mtime_ns
        for path in found.search.folder.rglob("*")
        if path.suffix in (".keras", ".csv", ".v2")
    }
    again = tune(request)
    said = capfd.readouterr().err
    assert "going on with" in said and "2 trials done" in said and "training:" not in said
    assert again.search.rows == found.search.rows
    assert before == {
        path: path.stat().st_mtime_ns
        for path in found.search.folder.rglob("*")
        if path.suffix in (".keras", ".csv", ".v2")
    }


@pytest.mark.slow
def test_best_json_is_what_fit_takes(tuned, tmp_path):
    request, found = tuned
    path = found.search.folder / "best.json"
    spec = with_saved(replace(request.spec, inputs=(), hyperparameters={"epochs": "2"}), path)
    state = fit(spec, out=tmp_path / "run").read()
    (best,) = [
        row for row in found.search.rows if row["trial"] == json.loads(path.read_text())["trial"]
    ]
    assert (state["inputs"], state["model"], state["hyperparameters"]["epochs"]) == (
        ["features"],
        "tabular",
        2,
    )
    assert (
        state["hyperparameters"]["dropout"] == best["dropout"]
        and state["hyperparameters"]["units"] == 8
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [("[]", "holds no hyperparameters"), ("{", "can't be read"), (None, "can't be read")],
)
def test_a_file_without_hyperparameters_is_told(tmp_path, text, message):
    if text:
        (tmp_path / "best.json").write_text(text)
    with pytest.raises(KerasfeatError, match=message):
        with_saved(Spec(), tmp_path / "best.json")


def test_another_space_is_another_search_and_says_what_differs(tuned, capfd):
    request, found = tuned
    plan = make_plan(replace(request, over=("dropout", "weight_decay")))
    assert directory(plan, request.out) != found.search.folder
    said = " ".join(capfd.readouterr().err.split())
    assert (
        "is another search (range of schedule, weight_decay): this one starts from scratch" in said
    )
    assert (
        directory(make_plan(replace(request, max_trials=50, workers=3)), request.out)
        == found.search.folder
    )


def test_a_table_that_was_moved_is_searched_in_the_same_directory(request_for, tmp_path):
    rows = [f"song {song},0.{song + 11},{('sad', 'calm')[song % 2]}" for song in range(31)]
    (tmp_path / "one.csv").write_text("\n".join(["track_id,energy,mood", *rows]) + "\n")
    (tmp_path / "elsewhere").mkdir()
    moved = shutil.copy(tmp_path / "one.csv", tmp_path / "elsewhere" / "two.csv")
    there, here, other = (
        directory(make_plan(request_for({"data": str(data)})), tmp_path / "searches")
        for data in (tmp_path / "one.csv", moved, _with_a_song_less(moved))
    )
    assert there == here != other


def _with_a_song_less(path):
    lines = path.read_text().splitlines()
    (path.parent / "less.csv").write_text("\n".join(lines[:-1]) + "\n")
    return path.parent / "less.csv"


@pytest.mark.slow
def test_failed_trials_are_recorded_and_three_in_a_row_stop_the_search_which_can_go_on(
    request_for, monkeypatch
):
    name = "tuning-test-diverging"
    rates = (2e-3, 1e36, 1e37, 1e38)
    if name not in recipes.names():
        recipes.add(Recipe(name, "trials that diverge", space={"learning_rate": Choices(rates)}))
    request = request_for(
        {"recipe": name, "hyperparameters": {**SMALL}}, tuner="grid", over=("learning_rate",)
    )
    with pytest.raises(
        KerasfeatError,
        match="3 trials in a row failed, and the search stopped. The last: training diverged in ",
    ):
        search(request)
    plan = make_plan(request)
    table = pd.read_csv(directory(plan, request.out) / "trials.csv")
    assert list(table["status"]) == ["COMPLETED", "FAILED", "FAILED", "FAILED"]
    assert table["reason"][1:].str.startswith("training diverged in epoch ").all()
    again = search(request)
    assert again.complete and len(again.rows) == 4


@pytest.mark.slow
def test_hyperbands_best_trials_go_on_where_they_stopped(request_for):
    request = request_for(
        {"hyperparameters": {**SMALL, "epochs": "3"}}, tuner="hyperband", max_trials=4
    )
    found = search(request)
    assert [row["budget"] for row in found.rows] == [1, 1, 1, 3]
    last = found.rows[-1]
    assert last["after"] == min(found.rows[:3], key=lambda row: row["log_loss"])["trial"]
    short, whole = (
        json.loads((found.folder / f"trial_{name}" / "work" / "0-0" / "history.json").read_text())
        for name in (last["after"], "3")
    )
    assert [row["epoch"] for row in whole] == [0, 1, 2] and whole[:1] == short


def test_inner_folds_measure_on_every_song_but_the_test_songs(request_for, tmp_path):
    trainer = Trainer(make_plan(request_for(folds=3)), tmp_path)
    outer = Trainer(make_plan(request_for()), tmp_path)
    for each in (trainer, outer):
        each.experiment({})
    test = outer.rounds[0].parts == "test"
    rounds = [split.parts for split in trainer.rounds]
    assert test.any() and all(
        (parts[test] == SECRET).all() and (parts[~test] != SECRET).all() for parts in rounds
    )
    scored = np.sum([parts == SCORED for parts in rounds], axis=0)
    assert (scored[~test] == 1).all() and (scored[test] == 0).all()
    assert all(set(parts) == {"train", "validation", SCORED, SECRET} for parts in rounds)


def test_a_search_of_a_recipe_in_stages_changes_the_last_one_alone(request_for):
    spec = {
        "task": "popularity",
        "recipe": "hitmusicnet",
        "hyperparameters": {"autoencoder.epochs": "4"},
    }
    plan = make_plan(request_for(spec, over=("learning_rate", "optimizer")))
    found = plan.resolved({"learning_rate": 0.02, "optimizer": "sgd"})
    assert (found.training.learning_rate, found.training.optimizer) == (0.02, "sgd")
    assert found.stages["autoencoder"] == plan.setup.hyperparameters.stages["autoencoder"]
    assert (found.stages["autoencoder"].learning_rate, found.stages["autoencoder"].epochs) == (
        1e-3,
        4,
    )
    assert fit_choice(plan, found) == found


def fit_choice(plan, hyperparameters):
    """What `fit` makes of best.json's hyperparameters."""
    values = json.loads(json.dumps(hyperparameters.to_json()))
    return make_setup(replace(plan.setup.asked, hyperparameters=values)).hyperparameters


def test_inputs_are_extracted_once_for_all_trials_with_the_same_front_ends(
    request_for, tmp_path, capfd
):
    spec = {"inputs": ("logmel",), "hyperparameters": {"clip_s": "3"}}
    trainer = Trainer(make_plan(request_for(spec, over=("logmel.mels", "dropout"))), tmp_path)
    first = trainer.experiment({"logmel.mels": 40})
    assert "extracting" in capfd.readouterr().err
    assert trainer.experiment({"logmel.mels": 40, "dropout": 0.1}).dataset is first.dataset
    assert trainer.experiment({"logmel.mels": 64}).dataset.inputs.frontends["logmel"].mels == 64
    assert capfd.readouterr().err.count("extracting: 70/70") == 1
    Trainer(trainer.plan, tmp_path).experiment({"logmel.mels": 40})
    assert "extracting: 70/70" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_trials": 0}, "max_trials is 0; it must be at least 1"),
        (
            {"objective": "acuracy"},
            "unknown objective of task 'mood' 'acuracy'. Did you mean accuracy",
        ),
        ({"over": ("droput",)}, "unknown hyperparameter 'droput'. Did you mean dropout"),
        ({"over": ("units",)}, "'units' can't be searched: it has a fixed value"),
        ({"tuner": "grid", "over": ()}, "the grid has [0-9,]+ combinations"),
        (
            {"spec": {"hyperparameters": {"unitz": "3"}}},
            "unknown hyperparameter 'unitz'. Did you mean units",
        ),
        ({"spec": {"data": "nowhere.csv"}}, "nowhere.csv doesn't exist"),
        (
            {
                "spec": {"hyperparameters": {**SMALL, "epochs": "500", "patience": "400"}},
                "time_limit_s": 1,
            },
            "is shorter than one trial",
        ),
    ],
)
def test_bad_requests_are_told_before_any_trial(request_for, tmp_path, options, message):
    with pytest.raises(KerasfeatError, match=message):
        search(request_for(**options))
    assert not list(tmp_path.glob("searches/*/trial_*"))


def command(songs, out, *words):
    tune_words = [
        "tune",
        "--task",
        "mood",
        "--data",
        str(songs),
        "--inputs",
        "features",
        "--tuner",
        "random",
        "--out",
        str(out),
    ]
    small = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    return [sys.executable, "-m", "kerasfeat", *tune_words, *small, *words]


def wait_until(process, condition, timeout_s=150):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills a process group")
def test_killed_twice_the_same_command_ends_with_every_trial_once(songs, tmp_path):
    words = command(songs, tmp_path, "--max-trials", "4")
    # In the middle of the second trial, and right after the third has begun.
    for marks in ("*/tensorboard/1/0-0/train/*", "*/trial_2/trial.json"):
        process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(process, lambda marks=marks: any(tmp_path.glob(marks)))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "going on with" in done.stderr and "2 trials done" in done.stderr
    assert done.stdout.startswith("best of 4 trials by log_loss on validation songs")
    (table,) = tmp_path.glob("*/trials.csv")
    table = pd.read_csv(table)
    assert list(table["trial"]) == [0, 1, 2, 3] and set(table["status"]) == {"COMPLETED"}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_killed_worker_loses_one_trial_and_not_the_search(request_for, tmp_path):
    request = request_for(workers=2, max_trials=4)
    killed = []

    def kill_one():
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline and not any(
            tmp_path.glob("searches/*/trial_1/trial.json")
        ):
            time.sleep(0.02)
        victim = next(
            child for child in multiprocessing.active_children() if child.name == "worker1"
        )
        killed.append(victim.pid)
        victim.kill()

    killer = threading.Thread(target=kill_one)
    killer.start()
    found = search(request)
    killer.join()
    assert killed and found.complete and len(found.rows) == 4
    failed = [row for row in found.rows if row["status"] == "FAILED"]
    assert [row["reason"] for row in failed] == ["its process died (signal 9; out of memory?)"]
    assert not Path(found.folder / "workers").exists()
