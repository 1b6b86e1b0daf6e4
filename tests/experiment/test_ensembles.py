"""Bagging, and finished runs combined: what answers, what is told of each member, what a kill
leaves, and what is refused.
"""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from killing import kill_when

from kerasfeat import KerasfeatError
from kerasfeat.experiment.bagging import bootstrap_sample
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.combine import combine
from kerasfeat.inference.evaluate import evaluate
from kerasfeat.inference.neighbours import nearest
from kerasfeat.inference.predict import Predictor
from kerasfeat.inference.requested import songs_of
from kerasfeat.networks.ensembles import members_of
from kerasfeat.serving.export import export
from kerasfeat.songs import splits

SMALL = {"epochs": "2", "units": "8", "blocks": "1"}


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text())


def probabilities(run):
    frame = pd.read_csv(run / "predictions.csv").set_index("track_id")
    return frame[[f"probability_{label}" for label in run.read()["labels"]]]


@pytest.fixture(scope="module")
def bagged(songs, tmp_path_factory):
    """Three small networks on bootstrap samples."""
    out = tmp_path_factory.mktemp("bagged") / "run"
    given = {
        "task": "attributes",
        "targets": ("energy", "valence"),
        "data": str(songs),
        "inputs": ("features",),
    }
    return fit(Spec(**given, hyperparameters=SMALL, bag=3), out=str(out))


@pytest.fixture(scope="module")
def pair(songs, tmp_path_factory):
    """Finished runs on the same songs: the published dense network on 11 columns, and the project's
    own on all.
    """
    folder = tmp_path_factory.mktemp("pair")
    first = fit(
        Spec(
            recipe="mood-mlp",
            data=str(songs),
            hyperparameters={"epochs": "9", "learning_rate": "0.003"},
        ),
        out=str(folder / "mlp"),
    )
    given = {
        "task": "mood",
        "data": str(songs),
        "inputs": ("features",),
        "hyperparameters": {**SMALL, "epochs": "7"},
    }
    return first, fit(Spec(members=("network",), **given), out=str(folder / "own"))


@pytest.mark.slow
def test_a_bag_answers_by_the_mean_of_its_members_each_of_which_is_scored(bagged, songs):
    metrics, predictor = metrics_of(bagged), Predictor(bagged.path)
    assert (
        list(metrics["members"]) == ["member 1", "member 2", "member 3"]
        and "ci95" not in metrics["members"]["member 1"]
    )
    assert len({scores["mae"] for scores in metrics["members"].values()}) == 3
    frame = songs_of([songs])[0].head(9)
    table = {"features": frame.reindex(columns=predictor.columns).to_numpy("float32")}
    alone = [member(table) for member in members_of(predictor.model, ["energy", "valence"])]
    mean = np.mean(
        [np.concatenate([member["energy"], member["valence"]], axis=1) for member in alone], axis=0
    )
    np.testing.assert_allclose(predictor.predict(frame).values, mean, atol=1e-6)
    history = pd.read_csv(bagged / "history.csv")
    assert history.groupby("member")["epoch"].max().tolist() == [1, 1, 1]
    assert bagged.read()["config"]["bag"] == 3
    assert {path.name for path in (bagged / "tensorboard" / "final").iterdir()} == {
        "member_1",
        "member_2",
        "member_3",
    }
    report = (bagged / "report.html").read_text()
    told = ("mean of 3 tabular models", "member 2", "each by itself")
    assert all(words in report for words in told)
    assert nearest(predictor, predictor.predict(frame), 2)[0][0]["similarity"] <= 1 + 1e-6


def test_artists_are_drawn_with_replacement_each_with_all_songs(songs):
    frame = songs_of([songs])[0]

    groups = splits.groups(frame)[0]
    train = np.flatnonzero(np.arange(len(frame)) % 5 > 0)
    draw = np.random.default_rng(4)
    drawn = [bootstrap_sample(train, groups[train], draw) for _ in range(5)]
    for sample in drawn:
        assert set(sample) < set(train)
        times = np.bincount(sample, minlength=len(frame))[train]
        assert times.max() > 1
        assert all(
            len(set(times[groups[train] == group])) == 1 for group in np.unique(groups[train])
        )
        distinct = np.mean(
            [times[groups[train] == group][0] > 0 for group in np.unique(groups[train])]
        )
        assert 0.45 < distinct < 0.8  # 1 - 1 / e of them are in a sample
    assert not np.array_equal(drawn[0], drawn[1])


@pytest.mark.slow
def test_a_bag_is_no_part_of_another_network(songs, tmp_path):
    bag = fit(
        Spec(
            recipe="mood-mlp",
            data=str(songs),
            hyperparameters={"epochs": "1"},
            bag=2,
        ),
        out=str(tmp_path / "bag"),
    )
    with pytest.raises(KerasfeatError, match="is 2 networks, and no part of another"):
        fit(
            Spec(
                recipe="mood-ensemble-rnn",
                data=str(songs),
                reused=(str(bag.path),),
            ),
            out=str(tmp_path / "run"),
        )


@pytest.mark.slow
def test_every_stage_and_fold_of_a_recipe_is_bagged(songs, tmp_path):
    overrides = {"epochs": "2", "mixup": "0.2"}
    given = {
        "recipe": "hitmusicnet-classes",
        "data": str(songs),
        "inputs": ("features",),
        "folds": 2,
    }
    run = fit(Spec(**given, hyperparameters=overrides, bag=2), out=str(tmp_path / "run"))
    metrics, stages = metrics_of(run), pd.read_csv(run / "stages.csv")
    assert sorted(stages.groupby(["fold", "member"]).groups) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    best = stages.loc[stages.groupby(["fold", "member"])["val_loss"].idxmin()]
    assert metrics["stages"]["autoencoder"]["val_loss"] == pytest.approx(best["val_loss"].mean())
    assert (
        metrics["data"]["rows"] == len(pd.read_csv(run / "predictions.csv"))
        and len(metrics["members"]) == 2
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process group")
def test_killed_in_its_second_member_the_first_is_not_trained_again(songs, tmp_path):
    command = [
        sys.executable,
        "-m",
        "kerasfeat",
        "fit",
        "--task",
        "mood",
        "--data",
        str(songs),
        "--inputs",
        "features",
        "--bag",
        "3",
    ]
    command += ["--set", "epochs=30", "--set", "patience=30", "--set", "units=16"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    kill_when(process, lambda: any(tmp_path.glob("runs/*/work/1/checkpoints/member_2/00000[3-9]")))
    (first,) = tmp_path.glob("runs/*/work/1/checkpoints/member_1/0*/best.npz")
    done = subprocess.run(
        [*command, "--out", str(first.parents[5])], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (
        "going on with" in done.stderr
        and "member 1:" not in done.stderr
        and "member 3:" in done.stderr
    )
    assert pd.read_csv(first.parents[5] / "history.csv").groupby("member").size().tolist() == [
        30,
        30,
        30,
    ]
    assert "member 2" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("way", ["mean", "vote", "stack"])
def test_runs_of_different_networks_and_columns_become_one(pair, songs, way, tmp_path):
    run = combine([member.path for member in pair], way, str(tmp_path / "run"))
    state, metrics, test = run.read(), metrics_of(run), metrics_of(run)["test"]
    assert (state["recipe"], state["model"]) == (f"{way} of 2 runs", "ensemble")
    assert state["config"]["combined"] == [str(member.path) for member in pair]
    first, second = (probabilities(member).to_numpy() for member in pair)
    found = probabilities(run)
    assert found.index.equals(probabilities(pair[0]).index)
    for name, member in zip(("mlp", "own"), pair, strict=True):
        assert metrics["members"][name]["accuracy"] == pytest.approx(
            metrics_of(member)["test"]["accuracy"]
        )
        assert metrics["members"][name]["log_loss"] == pytest.approx(
            metrics_of(member)["test"]["log_loss"], abs=1e-4
        )
    if way == "mean":
        np.testing.assert_allclose(found, (first + second) / 2, atol=1e-5)
    if way == "vote":
        votes, place, mean = (
            np.stack([first.argmax(1), second.argmax(1)]),
            np.arange(len(first)),
            (first + second) / 2,
        )
        likelier = np.where(
            mean[place, votes[0]] > mean[place, votes[1]], votes[0], votes[1]
        )  # of two labels with a vote each
        np.testing.assert_array_equal(found.to_numpy().argmax(1), likelier)
    if way == "stack":
        shares = Predictor(run.path).model.get_layer("mood").shares
        assert sum(shares) == pytest.approx(1) and min(shares) >= 0
        np.testing.assert_allclose(found, shares[0] * first + shares[1] * second, atol=1e-5)
    assert test["ci95"]["accuracy"] and set(metrics["baselines"]) == {
        "constant",
        "logistic_regression",
        "extra_trees",
        "gradient_boosting",
        "simple_blend",
    }
    predicted = Predictor(run.path).predict(songs_of([songs])[0].head(5)).values
    assert predicted.shape == (5, 4) and np.isfinite(predicted).all()


@pytest.mark.slow
def test_songs_whose_inputs_a_member_lacks_are_left_out(copied, tmp_path):
    given = {"task": "mood", "data": str(copied)}
    table = fit(
        Spec(
            members=("network",),
            **given,
            inputs=("features",),
            hyperparameters={**SMALL, "epochs": "1"},
        ),
        out=str(tmp_path / "table"),
    )
    parts = pd.read_csv(table / "splits.csv", dtype=str).set_index("track_id")["part"]
    unreadable = [parts.index[parts == part][0] for part in ("train", "validation", "test")]
    files = pd.read_csv(copied / "tracks.csv", dtype=str).set_index("track_id")["audio"]
    for song in unreadable:
        (copied / files[song]).write_bytes(b"")
    quick = {"epochs": "1", "clip_s": "3", "logmel.mels": "24"}
    audio = fit(
        Spec(members=("network",), **given, inputs=("logmel",), hyperparameters=quick),
        out=str(tmp_path / "audio"),
    )
    metrics = metrics_of(combine([table.path, audio.path], "stack", str(tmp_path / "run")))
    assert metrics["data"]["rows"] == 67 and metrics["data"]["dropped"] == {
        "an input that a member reads is missing": 3
    }
    assert metrics["split"]["sizes"] == metrics_of(audio)["split"]["sizes"]
    assert metrics["members"]["audio"]["accuracy"] == pytest.approx(
        metrics_of(audio)["test"]["accuracy"]
    )


@pytest.mark.slow
def test_a_combined_run_is_evaluated_exported_and_combined_again(pair, songs, tmp_path):
    once = combine([member.path for member in pair], "mean", str(tmp_path / "once"))
    table = pd.read_csv(songs / "tracks.csv", dtype=str).drop(columns="audio")
    table["track_id"], table["artist"] = "x" + table["track_id"], "x" + table["artist"]
    table.to_csv(tmp_path / "other.csv", index=False)
    assert evaluate(once.path, str(tmp_path / "other.csv"))[1]["data"]["rows"] == 70
    checked = export(once.path, tmp_path / "exports", "mood").findings
    assert max(record["difference"] for record in checked["records"]) < 1e-5
    twice = combine([once.path, pair[0].path], "mean", str(tmp_path / "twice"))
    first, second = (probabilities(member).to_numpy() for member in pair)
    np.testing.assert_allclose(probabilities(twice), 0.75 * first + 0.25 * second, atol=1e-5)


@pytest.mark.slow
def test_numbers_are_combined_target_by_target(bagged, songs, tmp_path):
    given = {
        "task": "attributes",
        "targets": ("energy", "valence"),
        "data": str(songs),
        "inputs": ("features",),
    }
    others = [
        fit(
            Spec(members=("network",), **given, hyperparameters={**SMALL, "units": str(units)}),
            out=str(tmp_path / str(units)),
        )
        for units in (5, 11)
    ]
    members = [bagged, *others]
    run = combine([member.path for member in members], "vote", str(tmp_path / "run"))
    frames = [
        pd.read_csv(member / "predictions.csv").set_index("track_id") for member in (*members, run)
    ]
    for target in ("energy", "valence"):
        *each, found = (frame[f"predicted_{target}"].to_numpy() for frame in frames)
        np.testing.assert_allclose(found, np.median(each, axis=0), atol=1e-5)
    stacked = combine([member.path for member in members], "stack", str(tmp_path / "stacked"))
    model = Predictor(stacked.path).model
    assert model.get_layer("energy").shares != model.get_layer("valence").shares


@pytest.mark.slow
def test_runs_that_do_not_belong_together_are_refused(pair, tabular):
    first, second = (member.path for member in pair)
    with pytest.raises(KerasfeatError, match="an ensemble needs two runs or more"):
        combine([first])
    with pytest.raises(
        KerasfeatError, match="unknown way to combine runs 'means'. Did you mean mean"
    ):
        combine([first, second], "means")
    with pytest.raises(KerasfeatError, match="can't be combined: the one has labels"):
        combine([first, tabular.path])


@pytest.mark.slow
def test_runs_of_other_splits_are_refused(pair, songs, tmp_path):
    first = pair[0].path
    given = {
        "task": "mood",
        "data": str(songs),
        "hyperparameters": {**SMALL, "epochs": "1"},
        "inputs": ("features",),
    }
    other = fit(Spec(members=("network",), **given, seed=4), out=str(tmp_path / "other"))
    with pytest.raises(KerasfeatError, match="can't be combined: the one has seed 0, the other 4"):
        combine([first, other.path])
    crossed = fit(Spec(members=("network",), **given, folds=2), out=str(tmp_path / "crossed"))
    with pytest.raises(KerasfeatError, match=r"was trained on \d+ of the \d+ test songs"):
        combine([first, crossed.path], out=str(tmp_path / "leaking"))
    refitted = fit(
        Spec(members=("network",), **given, refit_epochs={"": 1}), out=str(tmp_path / "refitted")
    )
    with pytest.raises(
        KerasfeatError, match="was trained on the validation songs too, which --by stack learns"
    ):
        combine([first, refitted.path], "stack")


@pytest.mark.slow
def test_an_input_means_one_thing(songs, tmp_path):
    quick = {"epochs": "1", "clip_s": "3"}
    given = {"task": "mood", "data": str(songs), "inputs": ("logmel",)}
    runs = [
        fit(
            Spec(members=("network",), **given, hyperparameters={**quick, **more}),
            out=str(tmp_path / str(number)),
        ).path
        for number, more in enumerate(
            ({"logmel.mels": "24"}, {"logmel.mels": "31"}, {"logmel.mels": "24", "clip_s": "2"})
        )
    ]
    for other in runs[1:]:
        with pytest.raises(
            KerasfeatError,
            match=r"0 and . can't be combined: a model has one input of a name, and windows of "
            r"one length",
        ):
            combine([runs[0], other])
