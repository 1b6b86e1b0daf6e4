"""Recipes trained on songs: stages in order, parts that stand still, runs taken as parts, and what
a kill leaves.
"""

import contextlib
import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from killing import kill_when

from kerasfeat import KerasfeatError
from kerasfeat.experiment import training as experiments
from kerasfeat.experiment.fit import check, fit
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.evaluate import evaluate
from kerasfeat.inference.predict import Predictor
from kerasfeat.inference.requested import songs_of
from kerasfeat.songs import loading

SHORT = {"epochs": "2", "clip_s": "3", "logmel.mels": "24"}
CODED = {"task": "popularity", "recipe": "hitmusicnet", "inputs": ("features",)}


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text())


@pytest.fixture(scope="module")
def mood_mlp(songs, tmp_path_factory):
    """A finished run of the dense mood network."""
    out = tmp_path_factory.mktemp("mlp") / "run"
    return fit(
        Spec(recipe="mood-mlp", data=str(songs), hyperparameters={"epochs": "3"}), out=str(out)
    )


@pytest.fixture
def watched(monkeypatch):
    """Of each stage that is trained: (its Training, frozen layers' weights before, after)."""
    calls, real = [], experiments.Experiment._train_stage

    def _train_stage(self, network, stage, *rest):
        def frozen():
            layers = [
                layer for layer in network.model.layers if layer.weights and not layer.trainable
            ]
            return {layer.name: [weight.numpy() for weight in layer.weights] for layer in layers}

        before = frozen()
        history = real(self, network, stage, *rest)
        calls.append((self.hyperparameters.stage(stage.part), before, frozen()))
        return history

    monkeypatch.setattr(experiments.Experiment, "_train_stage", _train_stage)
    return calls


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mood-ensemble-rnn", "autoenchorder-lossnet"])
def test_frozen_parts_that_answer_once_answer_as_in_every_epoch(
    name, songs, backbones, monkeypatch, tmp_path
):
    # A song has several windows, some have no audio, and the batches of both ways have the same
    # songs.
    table = pd.read_csv(songs / "tracks.csv")
    table["audio"] = [
        f"{songs / path}" if place % 9 else None for place, path in enumerate(table["audio"])
    ]
    table.to_csv(tmp_path / "tracks.csv", index=False)
    short = (
        {**SHORT, "batch_size": "16"}
        if name == "mood-ensemble-rnn"
        else {"epochs": "2", "clip_s": "3", "batch_size": "16"}
    )
    given = {"recipe": name, "data": str(tmp_path / "tracks.csv"), "hyperparameters": short}
    once = fit(Spec(members=("network",), **given), out=str(tmp_path / "once"))
    monkeypatch.setattr(
        experiments,
        "cached_frozen_parts",
        lambda network, model, paths, inputs, songs: contextlib.nullcontext((model, inputs)),
    )
    always = fit(Spec(members=("network",), **given), out=str(tmp_path / "always"))
    rows = [pd.read_csv(run / "history.csv") for run in (once, always)]
    assert len(rows[0]) == 2
    pd.testing.assert_frame_equal(*rows, rtol=1e-4)
    predicted = [
        pd.read_csv(run / "predictions.csv").select_dtypes("number") for run in (once, always)
    ]
    pd.testing.assert_frame_equal(*predicted, atol=1e-4)


@pytest.mark.slow
def test_an_ensemble_takes_a_run_as_a_part_and_leaves_it_as_it_is(
    songs, mood_mlp, watched, tmp_path
):
    overrides = {**SHORT, "lstm.units": "7", "lstm.epochs": "1"}
    out = str(tmp_path / "run")
    run = fit(
        Spec(
            recipe="mood-ensemble-lstm",
            data=str(songs),
            hyperparameters=overrides,
            reused=(str(mood_mlp.path),),
        ),
        out=out,
    )
    (lstm, nothing, _), (whole, before, after) = watched
    assert (lstm.epochs, lstm.learning_rate, whole.epochs, whole.learning_rate) == (
        1,
        3e-5,
        2,
        1e-2,
    )
    assert not nothing and len(before) > 8
    assert all(
        np.array_equal(old, new)
        for name in before
        for old, new in zip(before[name], after[name], strict=True)
    )
    trained = keras.saving.load_model(mood_mlp / "model.keras", compile=False)
    kept = keras.saving.load_model(run / "model.keras", compile=False)
    there = {weight.numpy().tobytes() for weight in kept.weights}
    assert all(weight.numpy().tobytes() in there for weight in trained.weights)
    assert list(metrics_of(run)["stages"]) == ["lstm"]
    assert (
        set(pd.read_csv(run / "stages.csv")["stage"]) == {"lstm"}
        and len(pd.read_csv(run / "history.csv")) == 2
    )
    assert run.read()["config"]["reused"] == [str(mood_mlp.path)]
    assert (run / "tensorboard" / "final" / "lstm" / "train").is_dir()
    assert len(Predictor(run.path).predict(songs_of([songs])[0].head(5)).values) == 5


@pytest.mark.slow
def test_a_part_that_sees_the_key_as_columns_is_taken_as_it_is(songs, tmp_path):
    given = {
        "recipe": "mood-mlp",
        "data": str(songs),
        "hyperparameters": {"epochs": "1", "one_hot_key": "true"},
    }
    part = fit(Spec(members=("network",), **given), out=str(tmp_path / "part"))
    encoder = Predictor(part.path).model.get_layer("features_encoder")
    keys = pd.read_csv(songs / "tracks.csv").merge(
        pd.read_csv(part / "splits.csv").query("part == 'train'"), on="track_id"
    )["key"]
    shares = np.bincount(keys.dropna().astype(int), minlength=12) / len(keys.dropna())
    np.testing.assert_allclose(
        encoder.typical[-12:], shares, atol=1e-6
    )  # what a missing key is taken for
    overrides = {**SHORT, "epochs": "1", "lstm.units": "7"}
    run = fit(
        Spec(
            recipe="mood-ensemble-lstm",
            data=str(songs),
            hyperparameters=overrides,
            reused=(str(part.path),),
        ),
        out=str(tmp_path / "run"),
    )
    assert run.read()["hyperparameters"]["mlp.one_hot_key"] is True
    assert len(Predictor(run.path).predict(songs_of([songs])[0].head(5)).values) == 5


@pytest.mark.slow
def test_what_a_part_has_learnt_of_another_table_is_known_to_the_whole(songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv", dtype=str).drop(columns="audio")
    table["track_id"], table["artist"] = "x" + table["track_id"], "x" + table["artist"]
    table.to_csv(tmp_path / "other.csv", index=False)
    given = {"recipe": "mood-mlp", "hyperparameters": {"epochs": "1"}}
    part = fit(Spec(**given, data=str(tmp_path / "other.csv")), out=str(tmp_path / "part"))
    tested = (pd.read_csv(part / "splits.csv")["part"] == "test").sum()
    whole = fit(
        Spec(
            recipe="mood-ensemble-lstm",
            data=str(songs),
            hyperparameters={**SHORT, "epochs": "1", "lstm.units": "7"},
            reused=(str(part.path),),
        ),
        out=str(tmp_path / "whole"),
    )
    shutil.rmtree(part.path)
    assert evaluate(whole.path, tmp_path / "other.csv")[1]["data"]["rows"] == tested


def test_a_run_that_does_not_fit_is_refused(songs, mood_mlp, tmp_path):
    taken = {"data": str(songs), "reused": (str(mood_mlp.path),), "hyperparameters": SHORT}
    with pytest.raises(
        KerasfeatError,
        match=r"is a mood_mlp, and model 'sfp_combiner' has no such part; its parts: numeric",
    ):
        fit(Spec(recipe="sfp-combiner-a", **taken), out=str(tmp_path / "a"))
    with pytest.raises(KerasfeatError, match=r"was trained on \d+ of the \d+ test songs"):
        fit(Spec(recipe="mood-ensemble-rnn", seed=4, **taken), out=str(tmp_path / "b"))
    with pytest.raises(KerasfeatError, match=r"was trained on \d+ of the \d+ test songs"):
        check(Spec(recipe="mood-ensemble-rnn", seed=4, **taken))
    assert check(Spec(recipe="mood-ensemble-rnn", **taken)).reused
    with pytest.raises(KerasfeatError, match="has a network of its own"):
        fit(Spec(recipe="mood-ensemble-rnn", model="tabular", **taken), out=str(tmp_path / "c"))


@pytest.mark.slow
def test_an_autoencoder_reports_its_error_and_its_code_stands_still(songs, watched, tmp_path):
    run = fit(
        Spec(
            members=("network",),
            **CODED,
            data=str(songs),
            hyperparameters={"epochs": "4", "batch_size": "16"},
        ),
        out=str(tmp_path / "run"),
    )
    (coding, _, _), (_, before, after) = watched
    assert (coding.patience, coding.epochs, coding.batch_size) == (2, 4, 16)
    assert len(before) == 4 and all(
        np.array_equal(old, new)
        for name in before
        for old, new in zip(before[name], after[name], strict=True)
    )
    reported = metrics_of(run)["stages"]["autoencoder"]
    rows = pd.read_csv(run / "stages.csv")
    assert (
        reported["val_loss"] == pytest.approx(rows["val_loss"].min())
        and 0 < reported["val_loss"] < 0.2
    )
    # The error is that of the columns from 0 to 1: what a code of all songs' mean would leave is
    # their variance.
    table = loading.load_songs(songs).frame[run.read()["columns"]].to_numpy(float)
    table = (table - np.nanmin(table, 0)) / (np.nanmax(table, 0) - np.nanmin(table, 0))
    assert 0.2 < reported["loss"] / np.nanmean(np.nanvar(table, 0)) < 3
    # 13 columns to 6, 4 and a code of 2, then 2, 1, 1 and the head, and 3 numbers a column for the
    # scaling; the way back is not kept.
    assert (
        Predictor(run.path).model.count_params()
        == run.read()["parameters"]
        == (84 + 28 + 10) + (6 + 3 + 2 + 2) + 39
    )


@pytest.mark.slow
def test_a_number_becomes_two_or_three_classes(songs, tmp_path):
    overrides = {"epochs": "2", "clip_s": "3", "side": "30"}
    run = fit(
        Spec(
            recipe="sfp-spectrogram-cnn",
            data=str(songs),
            hyperparameters=overrides,
        ),
        out=str(tmp_path / "two"),
    )
    metrics, predictions = metrics_of(run), pd.read_csv(run / "predictions.csv")
    table = pd.read_csv(songs / "tracks.csv").set_index("track_id")["danceability"]
    above = np.where(predictions["track_id"].map(table) > 0.5, "high", "low")
    assert (predictions["true_danceability"] == above).all()
    # Accuracy by a threshold of 0.5 on the single sigmoid unit, and what a constant scores beside
    # it.
    predicted = np.where(predictions["probability_high"] > 0.5, "high", "low")
    assert metrics["test"]["accuracy"] == pytest.approx((predicted == above).mean())
    assert metrics["baselines"]["constant"]["accuracy"] == pytest.approx(
        max((above == "high").mean(), (above == "low").mean()), abs=0.5
    )
    assert Predictor(run.path).model.get_layer("danceability_logits").output.shape == (None, 1)
    _, again = evaluate(run.path, str(_relabelled(songs, tmp_path)))
    heard = again["data"]["dropped"]["the model was trained on the same audio under another name"]
    assert again["data"]["rows"] == 70 - heard == metrics["split"]["sizes"]["test"] and set(
        again["test"]["per_class"]
    ) == {"low", "high"}
    spec = Spec(
        members=("network",),
        **{**CODED, "recipe": "hitmusicnet-classes"},
        data=str(songs),
        hyperparameters={"epochs": "2"},
    )
    three = fit(spec, out=tmp_path / "three")
    assert set(three.read()["labels"]) <= {"low", "medium", "high"}
    # Probabilities, and not shares of the number's own scale of 0 to 100.
    np.testing.assert_allclose(
        Predictor(three.path).predict(songs_of([songs])[0].head(6)).values.sum(axis=1), 1, rtol=1e-5
    )


def _relabelled(songs, folder):
    """The songs' table under other names of songs and artists."""
    table = pd.read_csv(songs / "tracks.csv", dtype=str)
    table["audio"] = [str(songs / path) for path in table["audio"]]
    table["track_id"], table["artist"] = "x" + table["track_id"], "x" + table["artist"]
    table.to_csv(folder / "other.csv", index=False)
    return folder / "other.csv"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process group")
def test_killed_in_its_second_stage_the_first_is_not_trained_again(songs, tmp_path):
    command = [
        sys.executable,
        "-m",
        "kerasfeat",
        "fit",
        "--members",
        "network",
        "--recipe",
        "hitmusicnet",
        "--data",
        str(songs),
        "--inputs",
        "features",
    ]
    command += ["--set", "epochs=25", "--set", "autoencoder.epochs=3"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    kill_when(process, lambda: any(tmp_path.glob("runs/*/work/1/checkpoints/whole/00000[3-9]")))
    (first,) = tmp_path.glob("runs/*/work/1/checkpoints/autoencoder/0*/best.npz")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "going on with" in done.stderr and "training autoencoder:" not in done.stderr
    run = first.parents[5]
    assert len(pd.read_csv(run / "history.csv")) == 25 and len(pd.read_csv(run / "stages.csv")) <= 3
