import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from killing import kill_when
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasfeat import KerasfeatError
from kerasfeat.experiment.dataset import make_dataset
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.folds import make_splits
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.predict import Predictor
from kerasfeat.inference.requested import songs_of
from kerasfeat.serving.graph import Graph
from kerasfeat.songs import loading
from kerasfeat.tasks import tasks

QUICK = {"epochs": "3", "patience": "2", "clip_s": "3", "logmel.mels": "24"}
TABULAR = {"epochs": "4", "units": "16", "blocks": "1"}
CLASS_METRICS = {
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "log_loss",
    "ece",
    "per_class",
    "confusion",
}
VALUE_METRICS = {"mae", "mse", "rmse", "r2", "pearson", "spearman"}
BASELINES_OF = {
    "classes": {
        "constant",
        "logistic_regression",
        "extra_trees",
        "gradient_boosting",
        "support_vector_machine",
        "simple_blend",
    },
    "values": {"constant", "ridge", "extra_trees", "gradient_boosting", "simple_blend"},
}


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text())


def test_metrics_have_exactly_what_is_promised(fused):
    metrics = metrics_of(fused)
    told = [
        "task",
        "recipe",
        "inputs",
        "data",
        "split",
        "resampled",
        "units",
        "test",
        "baselines",
        "best_baseline",
    ]
    assert list(metrics) == told
    assert (metrics["task"], metrics["recipe"], metrics["inputs"]) == (
        "mood",
        "default",
        ["features", "logmel"],
    )
    assert (
        set(metrics["data"]) == {"rows", "dropped", "artists", "source"}
        and metrics["data"]["source"] == "synthesised"
    )
    assert set(metrics["test"]) == CLASS_METRICS | {"ci95"}
    assert set(metrics["baselines"]) == BASELINES_OF["classes"]
    assert metrics["split"]["strategy"] == "artist"
    assert (
        metrics["split"]["shared_artists"],
        metrics["split"]["shared_ids"],
        metrics["split"]["shared_audio"],
    ) == (0, 0, 0)
    assert sum(metrics["split"]["sizes"].values()) == metrics["data"]["rows"] == 70
    low, high = metrics["test"]["ci95"]["accuracy"]
    assert low <= metrics["test"]["accuracy"] <= high
    tested = pd.read_csv(fused / "predictions.csv")
    assert (metrics["resampled"], metrics["units"]) == ("artist", tested["artist"].nunique())
    best = metrics["best_baseline"]["name"]
    # Few songs tell good models apart by their probabilities.
    assert metrics["best_baseline"]["by"] == "log_loss"
    assert metrics["baselines"][best]["log_loss"] == min(
        scores["log_loss"] for scores in metrics["baselines"].values()
    )
    lead = metrics["best_baseline"]["differences"]["accuracy"]["value"]
    assert lead == pytest.approx(
        metrics["test"]["accuracy"] - metrics["baselines"][best]["accuracy"]
    )


def test_the_run_directory_is_complete_and_agrees_with_itself(fused):
    names = {
        "run.json",
        "model.keras",
        "metrics.json",
        "history.csv",
        "predictions.csv",
        "neighbours.npz",
        "splits.csv",
        "permutation_importance.json",
        "timelines.json",
        "tensorboard",
        "report.html",
        "plots",
    }
    assert {path.name for path in fused.path.iterdir()} == names
    state, metrics = fused.read(), metrics_of(fused)
    assert state["status"] == "complete" and state["labels"] == [
        "calm",
        "energetic",
        "happy",
        "sad",
    ]
    predictions = pd.read_csv(fused / "predictions.csv")
    assert len(predictions) == metrics["split"]["sizes"]["test"]
    assert (predictions["true_mood"] == predictions["predicted_mood"]).mean() == pytest.approx(
        metrics["test"]["accuracy"]
    )
    np.testing.assert_allclose(
        predictions[[f"probability_{label}" for label in state["labels"]]].sum(axis=1), 1, atol=1e-4
    )
    parts = pd.read_csv(fused / "splits.csv")
    sides = parts.groupby("artist")["part"].nunique()
    assert (sides == 1).all() and len(parts) == 70
    assert "synthesised" in (fused / "report.html").read_text()


def test_tensorboard_shows_curves_hyperparameters_and_images(fused):
    train = EventAccumulator(str(fused / "tensorboard" / "final" / "train")).Reload().Tags()
    assert set(train["tensors"]) == {"loss/total", "metrics/accuracy", "training/learning_rate"}
    test = EventAccumulator(str(fused / "tensorboard" / "test")).Reload()
    tags = set(test.Tags()["tensors"])
    assert "test/accuracy" in tags and any("confusion" in tag for tag in tags)
    assert (
        any("hparams" in tag for tag in test.summary_metadata)
        or "_hparams_/session_start_info" in test.summary_metadata
    )


@pytest.mark.slow
def test_cross_validation_pools_every_song_once(songs, tmp_path):
    run = fit(
        Spec(
            members=("network",),
            task="popularity",
            data=str(songs),
            inputs=("features",),
            hyperparameters=TABULAR,
            folds=3,
        ),
        out=str(tmp_path / "run"),
    )
    metrics, predictions = metrics_of(run), pd.read_csv(run / "predictions.csv")
    assert set(metrics["test"]) == {
        f"{prefix}{name}" for name in VALUE_METRICS for prefix in ("", "popularity/")
    } | {"ci95"}
    assert set(metrics["baselines"]) == BASELINES_OF["values"]
    assert (
        predictions["track_id"].is_unique
        and len(predictions) == 70
        and set(predictions["fold"]) == {1, 2, 3}
    )
    assert all(len(found["values"]) == 3 and found["std"] >= 0 for found in metrics["cv"].values())
    assert metrics["cv"]["mae"]["mean"] == pytest.approx(np.mean(metrics["cv"]["mae"]["values"]))
    error = (predictions["true_popularity"] - predictions["predicted_popularity"]).abs().mean()
    # Predictions are from 0 to 100, scores shares of that range.
    assert error / 100 == pytest.approx(metrics["test"]["mae"], abs=1e-6)
    parts = pd.read_csv(run / "splits.csv")
    assert set(parts[parts["fold"] == "final"]["part"]) == {"train", "validation"}


def test_a_target_is_never_an_input(songs, tmp_path):
    spec = Spec(
        members=("network",),
        task="attributes",
        targets=("energy", "valence"),
        data=str(songs),
        inputs=("features",),
        hyperparameters=TABULAR,
    )
    run = fit(spec, out=tmp_path / "run")
    assert run.read()["targets"] == ["energy", "valence"]
    assert (
        not {"energy", "valence"} & set(run.read()["columns"])
        and "danceability" in run.read()["columns"]
    )


@pytest.mark.slow
def test_missing_values_unusable_audio_and_songs_without_a_label_are_counted(copied, tmp_path):
    table = pd.read_csv(copied / "tracks.csv", dtype=str)
    table.loc[[3, 8], "mood"] = None
    table.loc[5:9, "tempo"] = None
    (copied / table["audio"][12]).write_bytes(b"")
    (copied / table["audio"][13]).write_bytes(b"no music at all" * 99)
    table.to_csv(copied / "tracks.csv", index=False)
    options = {"task": "mood", "data": str(copied), "hyperparameters": QUICK}
    fusion = fit(Spec(members=("network",), **options), out=str(tmp_path / "fusion"))
    state, metrics = fusion.read(), metrics_of(fusion)
    assert metrics["data"]["rows"] == 68 and sum(metrics["data"]["dropped"].values()) == 2
    assert len(state["audio_failures"]) == 2 and state["imputed"]["tempo"] >= 4
    audio = fit(
        Spec(members=("network",), **options, inputs=("logmel",)), out=str(tmp_path / "audio")
    )
    assert metrics_of(audio)["data"]["rows"] == 66
    assert metrics_of(audio)["data"]["dropped"]["no usable audio"] == 2
    with pytest.raises(KerasfeatError, match="no mood, row dropped .2 rows: line 5, line 10."):
        fit(Spec(members=("network",), **options), strict=True, out=tmp_path / "strict")
    table["mood"] = table["mood"].fillna("sad")
    table["tempo"] = table["tempo"].fillna("100")
    numbers = table.columns[table.columns.get_loc("audio") + 1 : table.columns.get_loc("mood")]
    table[numbers] = table[numbers].fillna("1")
    table.to_csv(copied / "tracks.csv", index=False)
    with pytest.raises(KerasfeatError, match="2 audio files can't be used, and --strict"):
        fit(Spec(members=("network",), **options), strict=True, out=tmp_path / "strict")


def test_a_run_goes_on_with_the_songs_that_it_began_with(copied, tmp_path, monkeypatch):
    (copied / pd.read_csv(copied / "tracks.csv")["audio"][12]).rename(tmp_path / "away.flac")
    spec = Spec(
        members=("network",),
        task="mood",
        data=str(copied),
        inputs=("logmel",),
        hyperparameters=QUICK,
    )
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("kerasfeat.experiment.fit.make_splits", interrupt)
        fit(spec, out=tmp_path / "run")
    (tmp_path / "away.flac").rename(copied / pd.read_csv(copied / "tracks.csv")["audio"][12])
    with pytest.raises(KerasfeatError, match="run began with 69 songs, and now 70 can be used"):
        fit(spec, out=tmp_path / "run")


def interrupt(*_):
    raise KeyboardInterrupt


def test_audio_that_no_training_song_has_is_told(copied, tmp_path):
    table = pd.read_csv(copied / "tracks.csv", dtype=str)
    table["split"] = np.take(["train", "validation", "test"], pd.factorize(table["artist"])[0] % 3)
    table.assign(audio=table["audio"].mask(table["split"] == "train")).to_csv(
        copied / "some.csv", index=False
    )
    options = {"task": "mood", "hyperparameters": QUICK}
    told = (
        r"input logmel can't be learnt: none of the \d+ songs has audio\.{} Leave it "
        r"out, e\.g\. --inputs features\."
    )
    with pytest.raises(KerasfeatError, match=told.format("")):
        fit(
            Spec(members=("network",), **options, data=str(copied / "some.csv"), split="table"),
            out=tmp_path / "run",
        )
    for file in (copied / "audio").iterdir():
        file.write_bytes(b"")
    for member in ("network", "linear"):
        with pytest.raises(
            KerasfeatError,
            match=told.format(r" 70 files can't be used; the first: .*: empty file \(0 bytes\)\."),
        ):
            fit(Spec(members=(member,), **options, data=str(copied)), out=tmp_path / member)


@pytest.mark.slow
def test_options_train_too_and_the_same_each_time(songs, tmp_path):
    spec = Spec(
        task="genre",
        data=str(songs),
        inputs=("logmel",),
        model="recurrent",
        hyperparameters={
            **QUICK,
            "schedule": "plateau",
            "units": "6",
            "time_mask_frames": "9",
            "freq_mask_bands": "5",
            "gain_db": "4",
        },
        class_weights=True,
        balanced=True,
    )
    run, again = (fit(spec, out=tmp_path / name) for name in ("run", "again"))
    assert metrics_of(run)["test"]["log_loss"] > 0
    pd.testing.assert_frame_equal(
        *(pd.read_csv(its / "history.csv") for its in (run, again)), rtol=1e-5
    )


def test_a_training_that_diverges_is_told(songs, tmp_path):
    overrides = {**TABULAR, "learning_rate": "1e30"}
    with pytest.raises(
        KerasfeatError, match="training diverged in epoch [12].*--set learning_rate=1e"
    ):
        fit(
            Spec(
                members=("network",),
                task="valence",
                data=str(songs),
                inputs=("features",),
                hyperparameters=overrides,
            ),
            out=str(tmp_path / "run"),
        )


@pytest.mark.slow
def test_mixed_precision_trains_and_predicts(songs, tmp_path):
    spec = Spec(
        members=("network",),
        task="mood",
        data=str(songs),
        hyperparameters={**QUICK, "schedule": "cosine"},
        mixed_precision=True,
    )
    run = fit(spec, out=tmp_path / "run")
    assert np.isfinite(metrics_of(run)["test"]["log_loss"])
    assert len(Predictor(run.path).predict(songs_of([songs])[0].head(5)).values) == 5
    graph = Graph(Predictor(run.path))
    served = graph.from_features(tf.ones([1, len(graph.columns)]))
    assert {values.dtype for values in served.values()} == {tf.float32}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "moood"}, "Did you mean mood"),
        ({"inputs": ("logmle",)}, "unknown input 'logmle'. Did you mean logmel"),
        ({"model": "tabluar"}, "Did you mean tabular"),
        ({"recipe": "defualt"}, "Did you mean default"),
        ({"hyperparameters": {"unit": "3"}}, "Did you mean units"),
        ({"data": "nowhere.csv"}, "nowhere.csv doesn't exist"),
        ({"label": "moood"}, "moood"),
        ({"split": "table"}, "no column 'split'"),
        ({"folds": 69}, "folds"),
        ({"inputs": ("features",), "model": "recurrent"}, "can't read input 'features'"),
    ],
)
def test_bad_requests_are_told_before_any_training(songs, tmp_path, options, message):
    with pytest.raises(KerasfeatError, match=message):
        fit(
            Spec(members=("network",), **{"task": "mood", "data": str(songs), **options}),
            out=tmp_path / "run",
        )


def test_a_leaking_split_is_refused(songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv")
    table["split"] = np.resize(["train", "train", "test", "validation"], len(table))
    table["audio"] = [str(songs / path) for path in table["audio"]]
    table.to_csv(tmp_path / "leaking.csv", index=False)
    with pytest.raises(KerasfeatError, match="artist"):
        fit(
            Spec(
                members=("network",),
                task="mood",
                data=str(tmp_path / "leaking.csv"),
                split="table",
                inputs=("features",),
            ),
            out=str(tmp_path / "run"),
        )


@pytest.fixture
def parts_of(tmp_path):
    """A function: the parts of each split by track id of a table of 67 songs by 29 artists, where
    some songs lack one of two inputs.
    """
    task = tasks.get("mood")
    draw = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "track_id": [f"t{song}" for song in range(67)],
            "artist": [f"artist {song % 29}" for song in range(67)],
        }
    )
    frame["mood"], frame["energy"] = (
        draw.choice(["calm", "happy", "sad"], 67),
        draw.random(67).round(3),
    )

    def make(lacking, **options):
        frame.assign(energy=frame["energy"].mask(frame["track_id"].isin(lacking))).to_csv(
            tmp_path / "songs.csv", index=False
        )
        table = loading.load_songs(tmp_path / "songs.csv", task=task)
        dataset = make_dataset(table, task, {"features": ("energy",)}, {})
        made = make_splits(Spec(task="mood", **options), table, dataset)
        assert sum(made.facts["sizes"].values()) == 67 - len(lacking) == len(dataset.y)
        assert made.facts["shared_artists"] == 0
        songs = dataset.songs["track_id"]
        return {split.name: pd.Series(split.parts, songs) for split in made.splits}

    return make


@pytest.mark.parametrize("options", [{}, {"folds": 3, "seed": 5}])
def test_songs_without_an_input_do_not_change_who_is_tested(parts_of, options):
    whole, some = parts_of((), **options), parts_of(("t0", "t11", "t12", "t40", "t63"), **options)
    assert whole.keys() == some.keys() and len(whole) == (4 if options else 1)
    for name, parts in some.items():
        assert len(parts) == 62 and (whole[name][parts.index] == parts).all()


def test_a_part_whose_songs_all_lack_the_input_is_filled_with_others(parts_of):
    (whole,) = parts_of(()).values()
    (some,) = parts_of(tuple(whole.index[whole == "test"])).values()
    assert set(some) == {"train", "validation", "test"}


@pytest.mark.parametrize(("folds", "artists"), [(3, 3), (2, 4)])
def test_few_artists_are_enough_for_few_folds(tmp_path, folds, artists):
    frame = pd.DataFrame(
        {
            "artist": [f"artist {song % artists}" for song in range(23)],
            "tempo": 90.0 + np.arange(23),
        }
    )
    frame.assign(mood=np.where(np.arange(23) % 7 < 3, "sad", "calm")).to_csv(
        tmp_path / "songs.csv", index=False
    )
    task = tasks.get("mood")
    table = loading.load_songs(tmp_path / "songs.csv", task=task)
    dataset = make_dataset(table, task, {"features": ("tempo",)}, {})
    *crossed, final = make_splits(Spec(folds=folds), table, dataset).splits
    assert [split.name for split in crossed] == [*map(str, range(1, folds + 1))]
    assert all(len(set(split.parts)) == 3 for split in crossed)
    assert final.name == "final" and set(final.parts) == {"train", "validation"}


def test_a_target_that_no_training_song_has_is_told_before_any_training(tmp_path):
    frame = pd.DataFrame(
        {
            "energy": np.linspace(0, 1, 23),
            "valence": np.nan,
            "danceability": np.linspace(1, 0, 23),
            "tempo": 90.0,
        }
    )
    frame.loc[4, "valence"] = 0.3
    task = tasks.get("attributes").choose(("energy", "valence", "danceability"))
    told = (
        r"none of the \d+ training songs{} has a value of valence. Give more songs, or choose "
        r".* --target: danceability, energy."
    )
    for options, part in ({"split": "table"}, ""), ({"folds": 3}, r" of fold \d"):
        frame["split"] = np.where(frame.index == 4, "test", np.resize(["train", "validation"], 23))
        frame.to_csv(tmp_path / "t.csv", index=False)
        table = loading.load_songs(tmp_path / "t.csv", task=task)
        dataset = make_dataset(table, task, {"features": ("tempo",)}, {})
        with pytest.raises(KerasfeatError, match=told.format(part)):
            make_splits(Spec(**options), table, dataset)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills a process group")
def test_killed_while_training_the_same_command_goes_on(songs, tmp_path):
    command = [
        sys.executable,
        "-m",
        "kerasfeat",
        "fit",
        "--members",
        "network",
        "--task",
        "mood",
        "--data",
        str(songs),
        "--inputs",
        "features",
        "--folds",
        "3",
    ]
    command += ["--set", "epochs=40", "--set", "patience=40"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    second_fold = "runs/*/work/2/checkpoints/00000[3-9]"
    kill_when(process, lambda: any(tmp_path.glob(second_fold)))
    first = next(tmp_path.glob("runs/*/work/1/predictions.npz")).read_bytes()
    epochs = int(max(tmp_path.glob("runs/*/work/2/checkpoints/0*")).name.removesuffix(".tmp"))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs").iterdir()
    assert "going on with" in done.stderr and "fold 1: " not in done.stderr
    history = pd.read_csv(run / "history.csv")
    assert [len(fold) for _, fold in history.groupby("fold")] == [40, 40, 40]
    assert epochs < 40 and first
    # Every song was answered by the model of its fold, also by one that was trained before the
    # kill.
    assert json.loads((run / "permutation_importance.json").read_text())["songs"] == 70
    assert json.loads((run / "metrics.json").read_text())["data"]["rows"] == 70
