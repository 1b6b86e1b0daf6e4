"""The event files of real runs, read back as TensorBoard reads them."""

import json
import time
import urllib.request

import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.pr_curve import metadata as pr_metadata
from tensorboard.util import tensor_util

from kerasfeat import KerasfeatError
from kerasfeat.boards.dashboard import board, logs_of
from kerasfeat.experiment.fit import Logging, fit
from kerasfeat.experiment.spec import Spec


def events(folder):
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def by_plugin(found):
    """{plugin: its tags} of one log folder."""
    tags = {}
    for tag, metadata in found.summary_metadata.items():
        tags.setdefault(metadata.plugin_data.plugin_name, set()).add(tag)
    return tags


def array(found, tag):
    return tensor_util.make_ndarray(found.Tensors(tag)[-1].tensor_proto)


def test_confusion_and_precision_recall_follow_the_epochs(fused):
    found = events(fused / "tensorboard" / "final" / "validation")
    tags = by_plugin(found)
    assert "validation/confusion" in tags["images"]
    assert tags["scalars"] == {"loss/total", "metrics/accuracy"}
    assert tags["pr_curves"] <= {
        f"validation/{label}/pr_curves" for label in fused.read()["labels"]
    }
    epochs = len(found.Tensors("loss/total"))
    wanted = [epoch for epoch in (0, 1, 3, 7, 15) if epoch < epochs]
    for tag in ["validation/confusion", *tags["pr_curves"]]:
        assert [event.step for event in found.Tensors(tag)] == wanted


def test_precision_recall_curve_of_the_test_songs(fused):
    found = events(fused / "tensorboard" / "test")
    table = pd.read_csv(fused / "predictions.csv")
    label = table["true_mood"].iloc[0]
    tag = f"test/{label}/pr_curves"
    assert found.summary_metadata[tag].plugin_data.plugin_name == pr_metadata.PLUGIN_NAME
    curve = array(found, tag)  # [6, thresholds]: true positives, false positives, ...
    songs = (table["true_mood"] == label).sum()
    assert (curve[0, 0], curve[1, 0]) == (songs, len(table) - songs)
    half = np.searchsorted(np.linspace(0, 1, curve.shape[1]), 0.5)
    sure = table[table[f"probability_{label}"] >= np.linspace(0, 1, curve.shape[1])[half]]
    assert curve[0, half] == (sure["true_mood"] == label).sum()


def test_songs_can_be_heard_seen_and_read(fused):
    found, table = events(fused / "tensorboard" / "test"), pd.read_csv(fused / "predictions.csv")
    tags = by_plugin(found)
    table["left"] = [row[f"probability_{row['true_mood']}"] for _, row in table.iterrows()]
    for group, songs in (
        ("test_best", table.nlargest(5, "left")),
        ("test_worst", table.nsmallest(5, "left")),
    ):
        shown = len(songs)
        for place in range(1, shown + 1):
            assert f"{group}/{place}_clip" in tags["audio"]
            assert f"{group}/{place}_spectrogram" in tags["images"]
            assert f"{group}/{place}_song" in tags["text"]
        assert f"{group}/{shown + 1}_song" not in tags["text"]
        first = songs.iloc[0]
        text = array(found, f"{group}/1_song").item().decode()
        assert f"mood: {first['true_mood']}, predicted {first['predicted_mood']}" in text and first[
            "title"
        ] in text.replace("\\", "")
        sound = array(found, f"{group}/1_clip").ravel()[0]
        assert sound[:4] == b"RIFF" and len(sound) > 2 * 22050


def test_hyperparameters_stand_beside_the_scores(fused):
    found = events(fused / "tensorboard" / "test")
    content = found.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    assert (
        start.hparams["task"].string_value == "mood" and start.hparams["epochs"].number_value == 3
    )
    metrics = json.loads((fused / "metrics.json").read_text())
    assert array(found, "test/accuracy") == pytest.approx(metrics["test"]["accuracy"])


def test_the_graph_names_the_layers(fused):
    graph = events(fused / "tensorboard" / "test").Graph()
    scopes = [node.name.split("/")[1] for node in graph.node if "/" in node.name]
    # Keras may number them.
    assert all(
        any(scope.startswith(layer) for scope in scopes)
        for layer in ("features_encoder", "logmel_encoder", "mood")
    )


def test_projector_shows_every_song_with_labels_titles_and_predictions(fused):
    folder = fused / "tensorboard" / "test"
    vectors = np.loadtxt(folder / "songs.tsv", delimiter="\t")
    table = pd.read_csv(folder / "songs_metadata.tsv", sep="\t", keep_default_na=False, quoting=3)
    assert len(vectors) == len(table) == 70
    assert list(table) == ["title", "artist", "true mood", "predicted mood", "part"]
    assert (
        set(table["part"]) == {"train", "validation", "test"} and table["title"].str.len().min() > 0
    )
    # The same answers as in predictions.csv.
    known = pd.read_csv(fused / "predictions.csv")
    assert sorted(table[table["part"] == "test"]["predicted mood"]) == sorted(
        known["predicted_mood"]
    )


@pytest.mark.slow
def test_values_are_plotted_by_target_and_weights_on_request(songs, tmp_path):
    small = {"epochs": "3", "units": "8", "blocks": "1", "batch_size": "8"}
    both = ("energy", "valence")
    run = fit(
        Spec(
            members=("network",),
            task="attributes",
            targets=both,
            data=str(songs),
            inputs=("features",),
            hyperparameters=small,
        ),
        out=str(tmp_path / "run"),
        logging=Logging(histograms=True, profile=True),
    )
    found = by_plugin(events(run / "tensorboard" / "final" / "validation"))
    assert {"validation/energy", "validation/valence"} <= found[
        "images"
    ] and "pr_curves" not in found
    assert {
        "loss/total",
        "loss/energy",
        "loss/valence",
        "metrics/energy_mean_absolute_error",
    } <= found["scalars"]
    assert any(
        "energy" in tag
        for tag in by_plugin(events(run / "tensorboard" / "final" / "train"))["histograms"]
    )
    assert list((run / "tensorboard" / "final").rglob("*.xplane.pb"))
    tags = by_plugin(events(run / "tensorboard" / "test"))
    assert (
        "test_worst/1_clip" in tags["audio"]
        and "energy:"
        in array(events(run / "tensorboard" / "test"), "test_worst/1_song").item().decode()
    )


def test_a_real_tensorboard_serves_the_run(fused):
    base = board(logs_of([fused.path]), port=0).launch()

    def ask(path):
        with urllib.request.urlopen(base.rstrip("/") + path, timeout=30) as answer:
            return json.load(answer)

    assert {"tensorboard/test", "tensorboard/final/train"} <= set(ask("/data/runs"))
    (config,) = (
        ask(f"/data/plugin/projector/info?run={run}") for run in ask("/data/plugin/projector/runs")
    )
    assert config["embeddings"][0]["tensorShape"][0] == 70
    for name in (
        "scalars",
        "images",
        "audio",
        "graphs",
        "hparams",
        "pr_curves",
        "projector",
        "text",
    ):
        for _ in range(100):  # what a plugin has to show, it finds out in a thread
            if enabled := ask("/data/plugins_listing")[name]["enabled"]:
                break
            time.sleep(0.1)
        assert enabled, name


def test_folders_without_logs_are_refused(tmp_path, fused, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KerasfeatError, match="neither ./runs nor ./searches"):
        logs_of([])
    with pytest.raises(KerasfeatError, match="is not a directory"):
        logs_of(["absent"])
    with pytest.raises(KerasfeatError, match="holds no TensorBoard logs"):
        logs_of([tmp_path])
    twins = [tmp_path / name / "run" for name in ("a", "b")]
    for twin in twins:
        twin.mkdir(parents=True)
        (twin / "events.out.tfevents.1").touch()
    assert list(logs_of(twins)) == list(map(str, twins)) and list(logs_of([fused.path])) == ["run"]
