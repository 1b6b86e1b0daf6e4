"""Songs of any number of labels, from the table to the report, the answers, and what is made of
finished runs.
"""

import json

import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.comparison import compare
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.combine import combine
from kerasfeat.inference.evaluate import evaluate
from kerasfeat.targets import Multilabel, of_run

LABELS = ["ambient", "electronic", "folk", "hip hop", "rock"]
MEANS = {"roc_auc", "average_precision", "macro_f1", "micro_f1", "log_loss", "ece"}
SMALL = {"epochs": "3", "units": "8", "blocks": "1", "submodels": "1"}


@pytest.fixture
def copied(songs, tmp_path):
    """A function that changes the corpus's table; gives its path."""

    def change(edit):
        table = pd.read_csv(songs / "tracks.csv", dtype=str)
        table["audio"] = [str(songs / path) for path in table["audio"]]
        edit(table).to_csv(tmp_path / "tracks.csv", index=False)
        return tmp_path / "tracks.csv"

    return change


def tabular(data, out, **changed):
    return fit(
        Spec(
            members=("network",),
            task="genres",
            data=str(data),
            inputs=("features",),
            hyperparameters=SMALL,
            **changed,
        ),
        out=str(out),
    )


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text())


def test_scores_are_those_of_the_written_answers(labelled, songs):
    metrics, predictions, state = (
        metrics_of(labelled),
        pd.read_csv(labelled / "predictions.csv"),
        labelled.read(),
    )
    assert (state["kind"], state["targets"], state["labels"]) == ("labels", LABELS, [])
    names = {f"{label}/{name}" for label in LABELS for name in ("roc_auc", "average_precision")}
    assert set(metrics["test"]) == {*MEANS, *names, "per_class", "ci95"}
    assert set(metrics["baselines"]) == {
        "constant",
        "logistic_regression",
        "extra_trees",
        "gradient_boosting",
        "support_vector_machine",
        "simple_blend",
    }
    assert metrics["baselines"]["constant"]["roc_auc"] == 0.5
    true = pd.read_csv(songs / "tracks.csv", index_col="track_id")["genres"].loc[
        predictions["track_id"]
    ]
    for label in LABELS:
        assert predictions[f"true_{label}"].tolist() == [
            int(label in genres.split("; ")) for genres in true
        ]
    has, answers = (
        predictions[[f"{part}_{label}" for label in LABELS]].to_numpy()
        for part in ("true", "predicted")
    )
    assert of_run(state) == Multilabel("genres", tuple(LABELS))
    again = of_run(state).score(has > 0, answers)
    for name in MEANS:
        assert metrics["test"][name] == pytest.approx(again[name], abs=1e-6)
    low, high = metrics["test"]["ci95"]["roc_auc"]
    assert low <= metrics["test"]["roc_auc"] <= high


def test_the_report_tells_of_every_label_and_song(labelled):
    page = (labelled / "report.html").read_text()
    assert all(f'<th scope="row">{label}</th>' in page for label in LABELS)
    assert "names the genres of a song (ambient, electronic, folk, hip hop and rock)" in page
    assert (
        "Given two test songs of which one has a label" in page
        and "Can its probabilities be trusted?" in page
    )
    assert (labelled / "plots" / "labels.png").stat().st_size > 5000
    told = json.loads((labelled / "timelines.json").read_text())
    assert [set(song["true"]) <= set(LABELS) for song in told] == [True] * len(told) and set(
        told[0]["lines"]
    ) == set(LABELS)
    assert (
        next(iter(json.loads((labelled / "permutation_importance.json").read_text())["scores"]))
        == "log_loss"
    )


def test_tensorboard_shows_a_curve_of_each_label_and_the_songs(labelled):
    train = EventAccumulator(str(labelled / "tensorboard" / "final" / "train")).Reload().Tags()
    assert set(train["tensors"]) == {"loss/total", "metrics/roc_auc", "training/learning_rate"}
    test = labelled / "tensorboard" / "test"
    assert {f"test/{label}/pr_curves" for label in LABELS} <= set(
        EventAccumulator(str(test)).Reload().Tags()["tensors"]
    )
    projected = pd.read_csv(test / "songs_metadata.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert set(", ".join(projected["true genres"]).split(", ")) == set(LABELS)


def test_answers_are_labels_more_likely_than_not_with_their_probabilities(
    kerasfeat, labelled, songs
):
    table = songs / "tracks.csv"
    found = json.loads(kerasfeat("predict", labelled.path, table, "--format", "json").out)
    assert len(found) == 70
    for song in found:
        assert song["genres"] == [
            label for label, probability in song["probabilities"].items() if probability > 0.5
        ]
    rows = kerasfeat(
        "predict", labelled.path, table, "--format", "csv", "--timeline"
    ).out.splitlines()
    assert (
        rows[0].startswith("track_id,title,artist,audio,genres,probability_ambient")
        and "start_s" in rows[0]
    )
    shown = kerasfeat("predict", labelled.path, table).out
    several = next("; ".join(song["genres"]) for song in found if len(song["genres"]) > 1)
    assert several in shown


@pytest.mark.slow
def test_a_page_on_songs_names_their_labels(kerasfeat, labelled, songs, tmp_path):
    assert (
        kerasfeat(
            "predict", labelled.path, songs / "tracks.csv", "--html", tmp_path / "songs.html"
        ).code
        == 0
    )
    page = (tmp_path / "songs.html").read_text()
    assert "Genres of 70 songs" in page and "Nearest training songs" in page


def test_labels_that_the_model_does_not_know_do_not_count(labelled, copied, capsys):
    def others(table):
        table["artist"], table["track_id"] = table["artist"] + " (new)", table["track_id"] + "x"
        table["audio"] = None
        return table.assign(genres=table["genres"].str.replace("rock", "polka"))

    _, result = evaluate(labelled.path, copied(others))
    assert "1 genres that the model doesn't know don't count: polka" in capsys.readouterr().err
    assert result["data"]["rows"] == 70 and result["test"]["per_class"]["rock"]["support"] == 0
    assert result["test"]["rock/roc_auc"] is None and result["test"]["roc_auc"] is not None


@pytest.mark.slow
def test_rare_labels_are_left_out_and_their_songs_stay(copied, tmp_path, capsys):
    def change(table):
        genres = table["genres"].copy()
        genres[:3], genres[3:5] = "polka", None
        return table.assign(genres=genres)

    run = tabular(copied(change), tmp_path / "run")
    assert "labels of fewer than 10 songs are left out: polka (3)" in capsys.readouterr().err
    metrics = metrics_of(run)
    assert (
        run.read()["targets"] == LABELS
        and metrics["data"]["rows"] == 68
        and metrics["data"]["dropped"] == {"no genres": 2}
    )
    assert any("polka" in line for line in run.read()["data_problems"])


@pytest.mark.slow
def test_labels_that_all_songs_have_can_be_trained_and_not_scored(copied, tmp_path):
    run = tabular(copied(lambda table: table.assign(genres="rock; pop")), tmp_path / "run")
    metrics, page = metrics_of(run), (run / "report.html").read_text()
    assert metrics["test"]["roc_auc"] is None and metrics["test"]["macro_f1"] is not None
    assert "No label could be scored" in page and "so none can be scored. Give more songs." in page


@pytest.mark.slow
def test_finished_runs_are_compared_and_combined(songs, labelled, tmp_path):
    first, second = (
        tabular(songs, tmp_path / "first"),
        tabular(songs, tmp_path / "second", recipe="default", model="tabular", bag=2),
    )
    result = compare([first.path, labelled.path], samples=50).facts
    assert result["targets"] == ["genres"] and result["labels"] == LABELS
    (pair,) = result["pairs"]
    tables = [
        pd.read_csv(run / "predictions.csv").set_index("track_id").sort_index()
        for run in (first, labelled)
    ]
    losses = []
    for table in tables:
        has, answers = (
            table[[f"{part}_{label}" for label in LABELS]].to_numpy()
            for part in ("true", "predicted")
        )
        losses.append(-np.log(np.where(has > 0, answers, 1 - answers)).mean(axis=1))
    everything, *by_label = pair["wins"]
    assert (
        everything["better"] == np.sum(losses[1] < losses[0])
        and [row["band"] for row in by_label] == LABELS
    )
    assert pair["differences"]["log_loss"]["value"] == pytest.approx(
        losses[1].mean() - losses[0].mean(), abs=1e-5
    )
    for way in ("mean", "vote", "stack"):
        joined = metrics_of(combine([first.path, second.path], way, tmp_path / way))
        assert set(joined["members"]) == {"first", "second"} and 0 < joined["test"]["log_loss"] < 2
    mean, parts = (
        pd.read_csv(tmp_path / "mean" / "predictions.csv"),
        [pd.read_csv(run / "predictions.csv") for run in (first, second)],
    )
    assert mean["predicted_rock"].to_numpy() == pytest.approx(
        np.mean([part["predicted_rock"] for part in parts], axis=0), abs=1e-5
    )


@pytest.mark.slow
def test_recipes_of_one_class_train_on_several_labels_without_its_weights(songs, tmp_path, capsys):
    changed = {"epochs": "1", "mixup": "0.4"}
    run = fit(
        Spec(
            task="genres",
            recipe="mood-mlp",
            data=str(songs),
            folds=2,
            hyperparameters=changed,
        ),
        out=str(tmp_path / "run"),
    )
    assert (
        "recipe mood-mlp makes rare classes count for more; task genres" in capsys.readouterr().err
    )
    metrics = metrics_of(run)
    assert (
        set(metrics["cv"]) >= {"roc_auc", "log_loss", "rock/roc_auc"}
        and len(pd.read_csv(run / "predictions.csv")) == 70
    )
    assert run.read()["class_weights"] is False and run.read()["balanced"] is False


@pytest.mark.parametrize(
    ("asked", "why"),
    [({"class_weights": True}, "--class-weights makes"), ({"balanced": True}, "--balanced makes")],
)
@pytest.mark.parametrize("task", ["genres", "valence"])
def test_classes_are_not_weighed_where_there_are_none(songs, asked, why, task):
    with pytest.raises(
        KerasfeatError,
        match=f"{why} rare classes count for more, and task {task} does not predict one class",
    ):
        fit(Spec(members=("network",), task=task, data=str(songs), inputs=("features",), **asked))


def test_what_makes_no_sense_of_labels_is_refused(songs):
    with pytest.raises(
        KerasfeatError,
        match="'smooth_l1' is for numbers, and 'genres' has labels: take --set loss=default",
    ):
        fit(
            Spec(
                members=("network",),
                task="genres",
                data=str(songs),
                inputs=("features",),
                hyperparameters={**SMALL, "loss": "smooth_l1"},
            )
        )
    with pytest.raises(KerasfeatError, match="--target applies to tasks that predict numbers"):
        fit(Spec(members=("network",), task="genres", targets=("rock",), data=str(songs)))
    with pytest.raises(KerasfeatError, match="predicts numbers, and 'genres' has labels"):
        fit(Spec(task="genres", recipe="random-normal", data=str(songs)))
