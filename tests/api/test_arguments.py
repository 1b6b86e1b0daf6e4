"""What the command line refuses, Python refuses too; NumPy's numbers and single names are taken."""

import numpy as np
import pandas as pd
import pytest

import kerasfeat as kf


@pytest.fixture(scope="module")
def frame(songs):
    """The songs' table without its audio."""
    return pd.read_csv(songs / "tracks.csv").drop(columns="audio")


@pytest.fixture(scope="module")
def run(frame, tmp_path_factory):
    """A run of arguments that are single names, and numbers of NumPy."""
    return kf.fit(
        frame,
        task="attributes",
        targets="energy",
        inputs="features",
        columns="all",
        members="linear",
        folds=np.int64(2),
        seed=np.int64(1),
        out=tmp_path_factory.mktemp("arguments") / "run",
    )


def test_a_name_alone_is_one_and_numpys_numbers_are_numbers(run):
    spec = run.spec
    assert (spec.targets, spec.inputs, spec.members) == (("energy",), ("features",), ("linear",))
    assert (spec.columns, spec.folds, spec.seed) == (("all",), 2, 1)


def test_ranges_and_switches_may_be_numpys(frame, tmp_path):
    frame.to_csv(tmp_path / "songs.csv", index=False)
    run = kf.fit(
        tmp_path / "songs.csv",
        task="attributes",
        targets="energy",
        ranges={"energy": np.array([0, 1])},
        inputs="features",
        members="linear",
        learning_curve=np.False_,
        out=tmp_path / "run",
    )
    assert run.spec.ranges == {"energy": (0, 1)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "group"}, "unknown split 'group'.*artist, table"),
        ({"strategy": "gpu"}, "unknown strategy 'gpu'.*mirrored"),
        ({"decoder": "librosa"}, "unknown decoder 'librosa'.*soundfile"),
        ({"folds": 0}, "folds must be a whole number of at least 2, not 0"),
        ({"folds": "3"}, "folds must be a whole number of at least 2, not '3'"),
        ({"folds": 2.5}, "folds must be .*, not 2.5"),
        ({"bag": 1}, "bag must be a whole number of at least 2, not 1"),
        ({"seed": None}, "seed must be a whole number from 0 to 2147483647, not None"),
        ({"seed": -1}, "seed must be .*, not -1"),
        ({"seed": 2**31}, "seed must be .*, not 2147483648"),
        ({"ranges": {"energy": 9}}, "range of energy must be two numbers, .*, not 9"),
        ({"ranges": {"energy": ("low", "high")}}, "range of energy must be two numbers"),
        ({"members": "lineal"}, "unknown member 'lineal'. Did you mean linear"),
        ({"reused": "nowhere"}, "nowhere doesn't exist"),
        ({"reused": ""}, '"" is not a path'),
        ({"model": ""}, "model is '', which names nothing: name one, or leave model out"),
        ({"task": " "}, "task is ' ', which names nothing"),
        ({"recipe": ""}, "unknown recipe ''"),
        ({"finetune": ""}, "finetune is ''"),
        ({"saved": ""}, "saved is ''"),
        ({"out": ""}, "out is ''"),
        ({"resume": ""}, "resume is ''"),
        ({"resume": "nowhere"}, "--resume nowhere names the run directory, and so does --out"),
        ({"label": ""}, "unknown label column ''"),
        ({"inputs": ""}, "unknown input ''"),
        ({"columns": ""}, "unknown column ''"),
        ({"members": ""}, "unknown member ''"),
        ({"strategy": ""}, "unknown strategy ''"),
    ],
)
def test_fit_refuses_what_the_command_line_refuses(frame, tmp_path, options, message):
    given = {"task": "mood", "out": tmp_path / "run", **options}
    with pytest.raises(kf.KerasfeatError, match=message):
        kf.fit(frame, **given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "torch"}, "unknown format 'torch'.*saved_model"),
        ({"format": "litert", "weights": "int4"}, "unknown kind of weights 'int4'.*int8"),
        ({"weights": "int8"}, "a SavedModel supports only weights of float32, not int8"),
        ({"version": 0}, "version must be a whole number of at least 1, not 0"),
        (
            {"format": "onnx", "version": 3},
            "only a SavedModel has a version; onnx files have none",
        ),
    ],
)
def test_export_refuses_what_the_command_line_refuses(run, tmp_path, options, message):
    with pytest.raises(kf.KerasfeatError, match=message):
        run.export(tmp_path, name="model", **options)
    assert not list(tmp_path.iterdir())


def test_a_file_for_small_devices_needs_the_table_that_was_learnt(run, tmp_path):
    with pytest.raises(kf.KerasfeatError, match="trained on a DataFrame, which is not kept"):
        run.export(tmp_path, name="small", format="litert")
    assert not list(tmp_path.iterdir())


def test_other_calls_refuse_what_the_command_line_refuses(run, frame, tmp_path):
    with pytest.raises(kf.KerasfeatError, match="workers must be .* at least 1, not -1"):
        kf.describe(tmp_path, workers=-1)
    with pytest.raises(kf.KerasfeatError, match="unknown decoder 'librosa'"):
        kf.describe(tmp_path, decoder="librosa")
    with pytest.raises(kf.KerasfeatError, match="unknown decoder 'librosa'"):
        run.predict(frame, decoder="librosa")
    with pytest.raises(kf.KerasfeatError, match="nowhere"):
        kf.describe(tmp_path, runs="nowhere")
    with pytest.raises(kf.KerasfeatError, match="where is '', which names nothing"):
        kf.describe(tmp_path, where="")
    with pytest.raises(kf.KerasfeatError, match="task is '', which names nothing"):
        kf.recipes.get("mood-mlp").build(frame, "")


def test_a_tilde_is_the_users_home(frame, tmp_path, monkeypatch):
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir(), here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    options = {"task": "mood", "inputs": "features", "members": "linear"}
    run = kf.fit(frame, **options, out="~/runs/one")
    assert run.path == home / "runs" / "one" and run.report.is_file()
    again = kf.fit(frame, **options, saved="~/runs/one/run.json", out="~/runs/two")
    compared = kf.compare("~/runs/one", "~/runs/two")
    assert compared.scores["accuracy"].tolist() == [run.metrics["test"]["accuracy"]] * 2
    assert kf.load_run("~/runs/two").path == again.path
    assert run.export("~/exports", name="moods") == home / "exports" / "moods" / "1"
    assert not list(here.iterdir())


def test_a_name_that_begins_with_a_tilde_and_is_no_users_stays(frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kf.KerasfeatError, match="~nobodys-run is not a run"):
        kf.load_run("~nobodys-run")
