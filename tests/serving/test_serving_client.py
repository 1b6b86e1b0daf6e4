"""`kerasfeat predict` through a server: the stand-in of serving_stand_in.py, which runs the real
exports.
"""

import base64
import io
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import numpy as np
import pandas as pd
import pytest
import requests
import soundfile
from serving_stand_in import StandIn
from tensorflow_serving.apis import classification_pb2, prediction_service_pb2_grpc

from kerasfeat.audio.decode import audio_files, decode
from kerasfeat.serving import client as clients
from kerasfeat.serving import rest
from kerasfeat.serving.export import export
from kerasfeat.targets import Multiclass

# A trained and exported run, and a server, for each of them.
pytestmark = pytest.mark.slow

LABELS = ["calm", "energetic", "happy", "sad"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(rest, "BACKOFF_S", 0.01)


def predicted(kerasfeat, *words):
    ended = kerasfeat("predict", *words, "--format", "json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def same(got, wanted):
    """Equal records, but for the last digits of their numbers."""
    assert [{**record, "probabilities": None} for record in got] == [
        {**record, "probabilities": None} for record in wanted
    ]
    for one, other in zip(got, wanted, strict=True):
        assert one.get("probabilities") == pytest.approx(other.get("probabilities"), abs=1e-5)


@pytest.mark.parametrize("way", ["rest", "grpc"])
def test_a_server_says_what_the_run_says(kerasfeat, run, songs, server, tmp_path, way):
    there = (
        ["--server", f"{server.rest}/v1/models/mood"]
        if way == "rest"
        else ["--grpc", server.grpc, "--name", "mood"]
    )
    table = pd.read_csv(songs / "tracks.csv").head(7)
    table["audio"] = [str(songs / path) for path in table["audio"]]
    table.loc[2, "audio"] = None  # features alone
    table.loc[3, ["danceability", "key"]] = np.nan
    (tmp_path / "broken.flac").write_bytes(b"fLaC")
    table.to_csv(tmp_path / "some.csv", index=False)
    paths = [tmp_path / "some.csv", *audio_files(songs)[:3], tmp_path / "broken.flac"]
    got, wanted = predicted(kerasfeat, *there, *paths), predicted(kerasfeat, run.path, *paths)
    same(got, wanted)
    assert len(got) == 11 and "error" in got[-1]


def test_a_large_table_goes_in_several_requests(kerasfeat, run, songs, server, tmp_path):
    pd.read_csv(songs / "tracks.csv").drop(columns="audio").to_csv(
        tmp_path / "features.csv", index=False
    )
    same(
        predicted(
            kerasfeat,
            "--server",
            f"{server.rest}/v1/models/mood/labels/stable",
            tmp_path / "features.csv",
        ),
        predicted(kerasfeat, run.path, tmp_path / "features.csv"),
    )
    assert server.requests == 1 + 3  # the schema, and 70 songs by 32


@pytest.mark.parametrize(("songs_at_once", "requests"), [(0, 3), (2, 2), (3, 1)])
def test_long_songs_are_sent_by_the_bytes_that_they_have(
    kerasfeat, run, songs, server, monkeypatch, songs_at_once, requests
):
    paths = audio_files(songs)[:3]
    longest = max(len(decode(path, 22_050)) for path in paths)
    monkeypatch.setattr(clients, "BATCH_BYTES", round((songs_at_once + 0.5) * 4 * longest))
    same(
        predicted(kerasfeat, "--server", f"{server.rest}/v1/models/mood", *paths),
        predicted(kerasfeat, run.path, *paths),
    )
    assert server.requests == 1 + requests  # the schema first


def test_songs_with_features_are_sent_by_the_bytes_of_their_json(
    kerasfeat, run, songs, server, monkeypatch, tmp_path
):
    table = pd.read_csv(songs / "tracks.csv").head(3)
    table["audio"] = [str(songs / path) for path in table["audio"]]
    table.to_csv(tmp_path / "three.csv", index=False)
    bodies, post = [], requests.Session.post
    monkeypatch.setattr(
        requests.Session,
        "post",
        lambda self, url, data, **options: bodies.append(data) or post(self, url, data, **options),
    )
    limit = max(len(json.dumps(decode(path, 22_050).tolist())) for path in table["audio"]) * 5 // 2
    monkeypatch.setattr(clients, "BATCH_BYTES", limit)
    same(
        predicted(kerasfeat, "--server", f"{server.rest}/v1/models/mood", tmp_path / "three.csv"),
        predicted(kerasfeat, run.path, tmp_path / "three.csv"),
    )
    assert len(bodies) == 1 + 2 and max(map(len, bodies)) < limit  # the schema, two songs, and one


def test_a_model_of_numbers(kerasfeat, tabular, songs, server):
    got = predicted(
        kerasfeat,
        "--server",
        f"{server.rest}/v1/models/attributes/versions/1",
        songs / "tracks.csv",
    )
    wanted = predicted(kerasfeat, tabular.path, songs / "tracks.csv")
    assert [record["energy"] for record in got] == pytest.approx(
        [record["energy"] for record in wanted], abs=1e-5
    )


def test_a_model_of_several_labels(kerasfeat, labelled, songs, tmp_path):
    found = export(labelled.path, tmp_path, "genres").findings
    assert {"audio", "classify", "features", "serving_default"} < set(found["signatures"])
    assert max(record["difference"] for record in found["records"]) < 1e-5
    server = StandIn(tmp_path)
    try:
        paths = [songs / "tracks.csv", *audio_files(songs)[:2]]
        wanted = predicted(kerasfeat, labelled.path, *paths)
        assert all(
            record["genres"] == [label for label, p in record["probabilities"].items() if p > 0.5]
            for record in wanted
        )
        for there in (
            ["--server", f"{server.rest}/v1/models/genres"],
            ["--grpc", server.grpc, "--name", "genres"],
        ):
            same(predicted(kerasfeat, *there, *paths), wanted)
    finally:
        server.close()


def test_curl_sends_a_wav_file_of_any_rate_and_gets_names(run, songs, server):
    song, buffer = audio_files(songs)[0], io.BytesIO()
    soundfile.write(buffer, decode(song, 48_000), 48_000, format="WAV", subtype="PCM_24")
    body = {
        "signature_name": "wav_bytes",
        "instances": [{"wav_bytes": {"b64": base64.b64encode(buffer.getvalue()).decode()}}],
    }
    (row,) = requests.post(f"{server.rest}/v1/models/mood:predict", json=body).json()["predictions"]
    assert (
        row["classes"] == LABELS
        and row["label"] == LABELS[row["class_id"]] == LABELS[int(np.argmax(row["probabilities"]))]
    )
    assert sum(row["probabilities"]) == pytest.approx(1)


def test_rows_columns_and_classify_say_the_same(songs, server):
    url, table = f"{server.rest}/v1/models/mood", pd.read_csv(songs / "tracks.csv")
    columns = requests.get(f"{url}/metadata").json()["signature_def"]["features"]["inputs"]
    rows = table[columns].dropna().head(3).astype(float).to_dict("records")
    by_row = requests.post(
        f"{url}:predict", json={"signature_name": "features", "instances": rows}
    ).json()["predictions"]
    inputs = {column: [row[column] for row in rows] for column in columns}
    by_column = requests.post(
        f"{url}:predict", json={"signature_name": "features", "inputs": inputs}
    ).json()["outputs"]
    examples = requests.post(
        f"{url}:classify", json={"signature_name": "classify", "examples": rows}
    ).json()["result"]
    probabilities = [row["probabilities"] for row in by_row]
    np.testing.assert_allclose(probabilities, by_column["probabilities"], atol=1e-6)
    np.testing.assert_allclose(
        [[score for _, score in row] for row in examples], probabilities, atol=1e-6
    )
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name, request.model_spec.signature_name = "mood", "classify"
    for row in rows:
        feature = request.input.example_list.examples.add().features.feature
        for column, value in row.items():
            feature[column].float_list.value.append(value)
    answer = prediction_service_pb2_grpc.PredictionServiceStub(
        grpc.insecure_channel(server.grpc)
    ).Classify(request)
    assert [each.label for each in answer.result.classifications[0].classes] == LABELS
    np.testing.assert_allclose(
        [[each.score for each in a.classes] for a in answer.result.classifications],
        probabilities,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"instances": [{"energy": 0.5}]}, "must be equal to"),
        ({"inputs": {"energy": [0.5]}}, "Missing named input"),
        ({"instances": [1], "inputs": [1]}, "only one of"),
        ({}, "Missing 'inputs' or 'instances'"),
        ({"signature_name": "nothing", "instances": [1]}, "not found in signature def"),
        ({"signature_name": "wav_bytes", "instances": [{"b64": "*"}]}, "base64"),
        ({"signature_name": "wav_bytes", "instances": [{"b64": "aGFsbG8="}]}, "not a WAV file"),
        (
            {"signature_name": "audio", "instances": [{"waveform": 0.5, "waveform_length": 1}]},
            "shape",
        ),
    ],
)
def test_wrong_requests_are_refused_with_the_reason(server, body, said):
    answer = requests.post(f"{server.rest}/v1/models/mood:predict", json=body)
    assert answer.status_code == 400 and said in answer.json()["error"]


def test_an_overloaded_server_is_asked_again(kerasfeat, songs, server):
    for there in (
        ["--server", f"{server.rest}/v1/models/mood"],
        ["--grpc", server.grpc, "--name", "mood"],
    ):
        server.failures_ahead = 2
        assert (
            len(predicted(kerasfeat, *there, audio_files(songs)[0])) == 1
            and server.failures_ahead == 0
        )


def test_what_stands_in_the_way_is_said_in_one_message(kerasfeat, songs, server):
    song = audio_files(songs)[0]
    nobody = kerasfeat("predict", "--server", "http://127.0.0.1:9/v1/models/mood", song)
    assert (
        nobody.code == 1
        and "127.0.0.1:9/v1/models/mood: connection refused. Is the server running?" in nobody.err
        and "Traceback" not in nobody.err
    )
    unknown = kerasfeat("predict", "--server", f"{server.rest}/v1/models/moo", song)
    assert unknown.code == 1 and "Servable not found" in unknown.err
    nobody = kerasfeat("predict", "--grpc", "127.0.0.1:9", "--name", "mood", song)
    assert "no answer from 127.0.0.1:9: Connection refused. Is the server" in nobody.err
    by_grpc = kerasfeat("predict", "--grpc", server.grpc, "--name", "moo", song)
    assert by_grpc.code == 1 and "NOT_FOUND" in by_grpc.err
    no_url = kerasfeat("predict", "--server", "localhost:8501", song)
    assert no_url.code == 1 and "http://HOST:8501/v1/models/NAME" in no_url.err
    assert kerasfeat("predict", "--grpc", server.grpc, song).code == 2
    assert (
        kerasfeat("predict", "--server", f"{server.rest}/v1/models/mood", song, "--timeline").code
        == 2
    )
    strict = kerasfeat(
        "predict",
        "--server",
        f"{server.rest}/v1/models/mood",
        song.with_name("none.flac"),
        "--strict",
    )
    assert strict.code == 1 and "no such file" in strict.err


def test_rest_needs_no_tensorflow(songs, server):
    code = """
import sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras")))
from kerasfeat.cli import main
sys.argv = ["kerasfeat", "predict", "--server", sys.argv[1], sys.argv[2], "--format", "json"]
main()
"""
    command = [
        sys.executable,
        "-c",
        code,
        f"{server.rest}/v1/models/mood",
        str(audio_files(songs)[0]),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["mood"] in LABELS


@pytest.fixture
def answering():
    """A function that starts a server which answers each request with the next of some JSON texts,
    or not at all; gives its address.

    Its list `asked` gets the path of every request.
    """
    servers = []

    def start(*texts):
        left = list(texts)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                start.asked.append(self.path)
                if not left:
                    return self.server.ended.wait(5)
                content = left.pop(0).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                return self.wfile.write(content)

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.ended = threading.Event()
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1/models/mood"

    start.asked = []
    yield start
    for server in servers:
        server.ended.set()
        server.shutdown()
        server.server_close()


SCHEMA = {
    "task": "mood",
    **Multiclass("mood", tuple(LABELS)).to_json(),
    "columns": [],
    "sample_rate_hz": 16_000,
    "alone": ["audio"],
}
SCHEMA = json.dumps({"predictions": [json.dumps({**SCHEMA, "max_batch_size": 8})]})


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (['["x"]'], "without a prediction for each of 1 rows"),
        (['{"predictions": []}'], "without a prediction for each of 1 rows"),
        (['{"predictions": [{"mood": 1}]}'], "not written by `kerasfeat export`"),
        (['{"predictions": [0.5]}'], "not written by `kerasfeat export`"),
        (['{"predictions": ["[1]"]}'], "not written by `kerasfeat export`"),
        ([SCHEMA, '{"predictions": [[0.1, 0.9]]}'], "4 numbers for each of 1 songs"),
        ([SCHEMA, '{"predictions": [{"scores": [1, 0, 0, 0]}]}'], "4 numbers for each of 1 songs"),
        ([SCHEMA, '{"predictions": [{"probabilities": "abcd"}]}'], "4 numbers for each of 1 songs"),
    ],
)
def test_answers_of_another_shape_are_told(kerasfeat, songs, answering, texts, said):
    ended = kerasfeat("predict", "--server", answering(*texts), audio_files(songs)[0])
    assert ended.code == 1 and said in ended.err and "Traceback" not in ended.err


def test_a_server_that_hangs_is_asked_once(kerasfeat, songs, answering, monkeypatch):
    monkeypatch.setattr(rest, "TIMEOUT_S", 0.4)
    ended = kerasfeat("predict", "--server", answering(), audio_files(songs)[0])
    assert (
        ended.code == 1
        and "is too slow: not done after 0.4 s" in ended.err
        and len(answering.asked) == 1
    )


def test_a_password_is_not_repeated(kerasfeat, songs, answering, monkeypatch):
    monkeypatch.setattr(rest, "TIMEOUT_S", 0.4)
    host = answering().removeprefix("http://")
    for address in (
        f"http://me:se@cret@{host}",
        "http://me:se@cret@127.0.0.1:9/v1/models/mood",
        "http://me:se@cret@host:no/v1/models/mood",
    ):
        ended = kerasfeat("predict", "--server", address, audio_files(songs)[0])
        assert ended.code == 1 and "http://" in ended.err and "cret" not in ended.err
    ended = kerasfeat("predict", "--server", "me:se@cret@localhost:8501", audio_files(songs)[0])
    assert (
        ended.code == 1
        and "'localhost:8501' is not a model" in ended.err
        and "cret" not in ended.err
    )
