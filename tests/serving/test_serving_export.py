"""What `kerasfeat export` writes, `kerasfeat verify` finds, and `kerasfeat serve` starts."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.inference.predict import Predictor
from kerasfeat.serving import BATCH_SIZES, card, configs, graph
from kerasfeat.serving.export import export
from kerasfeat.serving.verify import verify
from kerasfeat.targets import Multiclass, of_run

FUSION = {"audio", "classify", "embed", "features", "schema", "serving_default", "wav_bytes"}


@pytest.fixture
def copied(exports, tmp_path):
    """The models' folder to be damaged."""
    return shutil.copytree(exports[0], tmp_path / "moved")


def test_every_signature_is_checked_at_both_ends_of_the_batch_sizes(exports):
    for name, signatures in (
        ("mood", FUSION),
        ("attributes", {"embed", "features", "schema", "serving_default"}),
    ):
        found = exports[1][name]
        assert set(found["signatures"]) == signatures and not found["strange_ops"]
        for signature in signatures:
            records = [record for record in found["records"] if record["signature"] == signature]
            assert {1, BATCH_SIZES[-1]} <= {record["rows"] for record in records}
            assert max(record["difference"] for record in records) < 1e-5


def test_a_version_is_what_a_server_loads(exports, fused):
    version = exports[0] / "mood" / "1"
    assert {path.name for path in version.iterdir()} >= {
        "saved_model.pb",
        "variables",
        "fingerprint.pb",
        "assets",
        "assets.extra",
    }
    assert [path.name for path in version.parent.iterdir()] == ["1"]
    schema = json.loads((version / "assets" / "schema.json").read_text())
    assert (
        schema["outputs"] == ["calm", "energetic", "happy", "sad"]
        and schema["sample_rate_hz"] == 22_050
    )
    assert of_run(schema) == Multiclass("mood", tuple(schema["outputs"]))
    assert (version / "assets" / "labels.txt").read_text().split() == schema["outputs"]
    card = (version / "assets" / "model_card.md").read_text()
    accuracy = json.loads((fused / "metrics.json").read_text())["test"]["accuracy"]
    assert "synthesised songs, which say nothing about real music" in card
    assert f"accuracy: {accuracy:.3f}" in card and "48000 Hz: " in card
    records = tf.data.TFRecordDataset(str(version / "assets.extra" / "tf_serving_warmup_requests"))
    logs = [prediction_log_pb2.PredictionLog.FromString(record.numpy()) for record in records]
    assert len(logs) == 3 * len(FUSION) <= 1000
    loaded = tf.saved_model.load(str(version))
    assert loaded.signatures["serving_default"].structured_input_signature[1][
        "waveform"
    ].shape.as_list() == [None, None]
    assert b"tensorflow/serving/classify" in (version / "saved_model.pb").read_bytes()


def test_a_model_that_reads_columns_in_place_of_audio_says_nothing_of_windows(tabular, tmp_path):
    predictor = Predictor(tabular.path)
    predictor.frontends = {"lowlevel": replace(frontends.get("lowlevel"), clip_s=3)}
    predictor.state["hyperparameters"]["clip_s"] = 3
    served = SimpleNamespace(
        frontends={}, columns=predictor.columns, rate_hz=0, alone=("features",)
    )
    text = card.schema(predictor, served)
    assert json.loads(text)["clip_s"] is None
    card.write(tmp_path, predictor, served, schema=text, signatures=["features"])
    written = (tmp_path / "model_card.md").read_text()
    assert "Missing numbers are NaN" in written and "windows" not in written


def test_the_servers_files_name_every_model(exports, copied):
    config = text_format.Parse(
        (exports[0] / "models.config").read_text(), model_server_config_pb2.ModelServerConfig()
    )
    models = {model.name: model for model in config.model_config_list.config}
    assert (
        models["mood"].base_path == str(exports[0] / "mood")
        and models["attributes"].version_labels["stable"] == 1
    )
    assert all(model.model_platform == "tensorflow" for model in models.values())
    batching = (exports[0] / "batching.config").read_text()
    assert f"max_batch_size {{ value: {BATCH_SIZES[-1]} }}" in batching and batching.count(
        "allowed_batch_sizes"
    ) == len(BATCH_SIZES)
    (copied / "batching.config").write_text("mine")
    configs.write(copied, "mood", 4)
    assert (copied / "batching.config").read_text() == "mine"
    again = {model.name: model for model in configs.read(copied).model_config_list.config}
    assert again["mood"].version_labels["stable"] == 4 and set(again) == {"mood", "attributes"}
    (copied / "models.config").write_text("no such thing {")
    with pytest.raises(KerasfeatError, match="is not a configuration"):
        configs.read(copied)


def test_the_compose_file_and_its_models_hold_no_path_of_this_machine(tmp_path):
    (tmp_path / 'quote"d $HOME').mkdir()
    configs.write(tmp_path / 'quote"d $HOME', "mood", 3)
    inside = {path.name: path.read_text() for path in (tmp_path / 'quote"d $HOME').iterdir()}
    assert "$HOME" in inside.pop("models.config")
    assert not any(str(tmp_path) in text or "$HOME" in text for text in inside.values())
    compose = inside["compose.yaml"]
    assert "source: ." in compose and "target: /models" in compose
    assert '"--model_config_file=/models/models.container.config"' in compose
    assert '"127.0.0.1:8500:8500", "127.0.0.1:8501:8501"' in compose
    assert 'base_path: "/models/mood"' in inside["models.container.config"]


def test_exports_at_the_same_time_lose_no_model(tmp_path):
    names = [f"model{number}" for number in range(11)]
    code = """
import sys
from pathlib import Path
from kerasfeat.serving import configs

with configs.locked(Path(sys.argv[1])):
    configs.write(sys.argv[1], sys.argv[2], 1)
"""
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in names
    ]
    assert [process.wait() for process in running] == [0] * len(names)
    known = [model.name for model in configs.read(tmp_path).model_config_list.config]
    assert sorted(known) == sorted(names)


def test_what_a_killed_export_left_is_cleared(tabular, tmp_path):
    left = tmp_path / "attributes" / ".building"
    (left / "assets.extra").mkdir(parents=True)  # which would be in the way
    version = export(tabular.path, tmp_path, "attributes").path
    assert [path.name for path in version.parent.iterdir()] == ["1"]


def test_serve_prints_what_to_run_and_finds_models_that_were_moved(
    kerasfeat, copied, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = kerasfeat("serve", copied)
    assert ended.code == 0 and f"docker compose -f {copied / 'compose.yaml'} up" in ended.out
    assert {model.base_path for model in configs.read(copied).model_config_list.config} == {
        str(copied / "mood"),
        str(copied / "attributes"),
    }
    empty = kerasfeat("serve", tmp_path)
    assert empty.code == 1 and "holds no exported model" in empty.err
    assert "`kerasfeat export RUN" in empty.err and "--name NAME` writes one" in empty.err


@pytest.mark.slow
def test_verify_finds_a_changed_model(kerasfeat, copied):
    shutil.rmtree(copied / "mood")
    whole = kerasfeat("verify", copied)
    assert (
        whole.code == 0
        and "serving_default" in whole.out
        and whole.out.count("all of stock TensorFlow") == 1
    )
    weights = next((copied / "attributes" / "1" / "variables").glob("*.data*"))
    content = bytearray(weights.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    weights.write_bytes(content)
    changed = kerasfeat("verify", copied / "attributes")
    assert changed.code == 1 and "Traceback" not in changed.err
    (copied / "attributes" / "1" / "saved_model.pb").write_bytes(b"nothing")
    broken = kerasfeat("verify", copied / "attributes" / "1")
    assert broken.code == 1 and "can't be loaded" in broken.err
    nothing = kerasfeat("verify", copied / "attributes" / "1" / "assets")
    assert nothing.code == 1 and "no saved_model.pb" in nothing.err


def test_python_operations_are_refused(copied):
    module, folder = tf.Module(), copied / "attributes" / "1"

    def schema(query):
        answer = tf.numpy_function(lambda text: text, [query], tf.string)
        answer.set_shape([None])
        return {"schema": answer}

    function = tf.function(schema, input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    tf.saved_model.save(module, str(folder), signatures={"schema": function})
    with pytest.raises(
        KerasfeatError,
        match=r"(?s)operations that a stock TensorFlow does not have: PyFunc.*there is no such "
        r"signature",
    ):
        verify(folder)


def test_an_export_that_answers_otherwise_is_not_published(tabular, tmp_path, monkeypatch):
    real = graph.Graph.from_features
    monkeypatch.setattr(graph.Graph, "from_features", lambda self, table: real(self, table + 0.001))
    with pytest.raises(KerasfeatError, match="serving_default with 1 rows: .* differs by"):
        export(tabular.path, tmp_path, "attributes")
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_file_for_small_devices_is_written_with_its_scores(kerasfeat, tabular, tmp_path):
    words = ("--name", "attributes", "--format", "litert", "--weights", "float16")
    ended = kerasfeat("export", tabular.path, tmp_path / "small", *words)
    assert ended.code == 0, ended.err
    assert "model_float16.tflite, 0." in ended.err
    assert "features: mean absolute error 0." in ended.err
    folder = tmp_path / "small" / "attributes"
    assert (folder / "model_float16.tflite").stat().st_size > 1000
    assert (folder / "labels.txt").read_text() == "energy\nvalence\n"
    again = kerasfeat("export", tabular.path, tmp_path / "small", *words)
    assert again.code == 1 and "never overwritten" in again.err


def test_versions_are_counted_and_never_overwritten(kerasfeat, tabular, exports, copied, tmp_path):
    ended = kerasfeat("export", tabular.path, copied, "--name", "attributes")
    assert (
        ended.code == 0
        and str(copied / "attributes" / "2") in ended.out
        and re.search(r"/2: \d+\.\d MB, \d+ operations", ended.out)
        and re.search(r"largest difference +ms of the smallest\n", ended.out)
    )
    assert (
        next(
            m for m in configs.read(copied).model_config_list.config if m.name == "attributes"
        ).version_labels["stable"]
        == 2
    )
    taken = kerasfeat("export", tabular.path, copied, "--name", "attributes", "--version", "1")
    assert taken.code == 1 and "no version is ever overwritten" in taken.err
    wrong = kerasfeat("export", tabular.path, copied, "--name", "../up")
    assert wrong.code == 1 and "can't be a model's name" in wrong.err
    reserved = kerasfeat("export", tabular.path, tmp_path, "--name", "models.config")
    assert (
        reserved.code == 1
        and "a file of the server is called so" in reserved.err
        and list(tmp_path.iterdir()) == [copied]
    )
    no_run = kerasfeat("export", copied, copied, "--name", "mood")
    assert no_run.code == 1 and "is not a run" in no_run.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--hub-folder", "hub", "--name", "mood"), "Give DIR and --name, or --hub-folder."),
        (("exports", "--hub-folder", "hub"), "Give DIR and --name, or --hub-folder."),
        (("--hub-folder", "hub", "--format", "onnx"), "--format belongs to DIR"),
        (("--hub-folder", "hub", "--version", "3"), "--version belongs to --format saved_model"),
        (
            ("exports", "--name", "mood", "--format", "litert", "--version", "3"),
            "--version belongs to --format saved_model",
        ),
    ],
)
def test_what_would_count_for_nothing_is_a_wrong_usage(
    kerasfeat, tabular, tmp_path, monkeypatch, words, told
):
    monkeypatch.chdir(tmp_path)
    ended = kerasfeat("export", tabular.path, *words)
    assert ended.code == 2 and told in " ".join(ended.err.split())
    assert not list(tmp_path.iterdir())
