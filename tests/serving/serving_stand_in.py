"""A stand-in for tensorflow_model_server, for tests only: real exports behind the official gRPC
servicer and the documented REST shapes.

It runs models through TensorFlow's C API, and follows tensorflow_serving/util/json_tensor.cc in
what it takes, gives, and refuses. It neither batches nor polls for versions, and proves nothing
about the server's configuration files beyond that they name the models.
"""

import base64
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.example import example_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import classification_pb2, predict_pb2, prediction_service_pb2_grpc

from kerasfeat.serving import configs
from kerasfeat.serving.alone.session import Refused, Session

INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE = 3, 5, 14
HTTP_STATUS = {INVALID_ARGUMENT: 400, NOT_FOUND: 404, UNAVAILABLE: 503}
GRPC_STATUS = {code.value[0]: code for code in grpc.StatusCode}
PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?(?P<verb>:\w+|/metadata)?"
)


class Model:
    """One loaded version."""

    def __init__(self, path):
        self._session, self._lock = Session(path), threading.Lock()
        self.signatures = meta_graph_pb2.MetaGraphDef.FromString(
            self._session.meta_graph
        ).signature_def

    def signature(self, name):
        if name not in self.signatures:
            raise Refused(
                INVALID_ARGUMENT, f'Serving signature name: "{name}" not found in signature def'
            )
        return self.signatures[name]

    def run(self, name, inputs):
        """{output: array} of {input: array}."""
        signature = self.signature(name)
        if set(inputs) != set(signature.inputs):
            raise Refused(
                INVALID_ARGUMENT,
                f"input keys must be equal to: {','.join(sorted(signature.inputs))}",
            )
        for key, value in inputs.items():
            self._check(key, signature.inputs[key], np.asarray(value))
        feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
        with self._lock:
            arrays = self._session.run(feeds, [info.name for info in signature.outputs.values()])
        return dict(zip(signature.outputs, arrays, strict=True))

    @staticmethod
    def _check(key, info, array):
        wanted = [dim.size for dim in info.tensor_shape.dim]
        if len(wanted) != array.ndim or any(
            w not in (-1, g) for w, g in zip(wanted, array.shape, strict=True)
        ):
            raise Refused(
                INVALID_ARGUMENT, f"tensor {key} has shape {list(array.shape)}, expected {wanted}"
            )


class StandIn:
    """The models of a folder of exports on free ports of this machine, REST and gRPC, until
    `close`.
    """

    def __init__(self, exports):
        self.exports, self._models = Path(exports), {}
        self.failures_ahead, self.requests = 0, 0
        self._http = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"server_of_models": self})
        )
        self.rest = f"http://127.0.0.1:{self._http.server_port}"
        self._grpc = grpc.server(
            ThreadPoolExecutor(2), options=[("grpc.max_receive_message_length", -1)]
        )
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            _Servicer(self), self._grpc
        )
        self.grpc = f"127.0.0.1:{self._grpc.add_insecure_port('127.0.0.1:0')}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self._grpc.start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._grpc.stop(None)

    def model(self, name, version=None, label=None):
        """A version of a model, the highest where none is named."""
        self.requests += 1
        if self.failures_ahead:
            self.failures_ahead -= 1
            raise Refused(UNAVAILABLE, "the stand-in was told to fail")
        config = next(
            (c for c in configs.read(self.exports).model_config_list.config if c.name == name), None
        )
        number = config and int(
            version or (config.version_labels.get(label) if label else max(self._versions(config)))
        )
        if not number or not Path(config.base_path, str(number)).is_dir():
            raise Refused(
                NOT_FOUND,
                f"Servable not found for request: Specific({name}, {version or label or 'latest'})",
            )
        if (name, number) not in self._models:
            self._models[name, number] = Model(Path(config.base_path, str(number)))
        return self._models[name, number]

    @staticmethod
    def _versions(config):
        return [
            int(path.name) for path in Path(config.base_path).iterdir() if path.name.isdecimal()
        ]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(
            lambda model, verb: {":predict": _predict, ":classify": _classify}[verb](
                model, json.loads(body)
            )
        )

    def do_GET(self):
        def metadata(model, verb):
            signatures = {
                name: {"inputs": list(s.inputs), "outputs": list(s.outputs)}
                for name, s in model.signatures.items()
            }
            return (
                {"signature_def": signatures}
                if verb
                else {"model_version_status": [{"state": "AVAILABLE"}]}
            )

        self._answer(metadata)

    def _answer(self, act):
        found = PATH.fullmatch(self.path)
        try:
            if not found:
                raise Refused(INVALID_ARGUMENT, f"Malformed request: {self.command} {self.path}")
            status, said = (
                200,
                act(
                    self.server_of_models.model(found["name"], found["version"], found["label"]),
                    found["verb"],
                ),
            )
        except Refused as error:
            status, said = HTTP_STATUS.get(error.code, 500), {"error": str(error)}
        except json.JSONDecodeError as error:
            status, said = 400, {"error": f"JSON Parse error: {error}"}
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def _predict(model, body):
    if "instances" in body and "inputs" in body:
        raise Refused(
            INVALID_ARGUMENT,
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist",
        )
    if "instances" not in body and "inputs" not in body:
        raise Refused(INVALID_ARGUMENT, "Missing 'inputs' or 'instances' key")
    name = body.get("signature_name", "serving_default")
    infos = model.signature(name).inputs
    rows = "instances" in body
    inputs = _from_rows(body["instances"], infos) if rows else _from_columns(body["inputs"], infos)
    outputs = model.run(
        name, {key: _array(value, infos[key].dtype) for key, value in inputs.items()}
    )
    plain = {key: _plain(value, key.endswith("_bytes")) for key, value in outputs.items()}
    if not rows:
        return {"outputs": plain if len(plain) > 1 else next(iter(plain.values()))}
    if len({len(value) for value in plain.values()}) > 1:
        raise Refused(INVALID_ARGUMENT, "the outputs differ in their 0th dimension")
    named = [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]
    return {"predictions": named if len(plain) > 1 else [row for (row,) in map(dict.values, named)]}


def _from_rows(rows, infos):
    if not rows:
        raise Refused(INVALID_ARGUMENT, "No values in 'instances' array")
    named = isinstance(rows[0], dict) and set(rows[0]) != {"b64"}
    rows = rows if named else [{next(iter(infos)): row} for row in rows]
    for i, row in enumerate(rows):
        if set(row) != set(infos):
            raise Refused(
                INVALID_ARGUMENT,
                f"Failed to process element: {i} of 'instances' list. Keys must be equal "
                f"to: {','.join(infos)}",
            )
    return {key: [row[key] for row in rows] for key in infos}


def _from_columns(inputs, infos):
    if not isinstance(inputs, dict) or set(inputs) == {"b64"}:
        return {next(iter(infos)): inputs}
    missing = set(infos) - set(inputs)
    if missing:
        raise Refused(
            INVALID_ARGUMENT, f"Missing named input: {sorted(missing)[0]} in 'inputs' object."
        )
    return {key: inputs[key] for key in infos}


def _array(values, dtype):
    def unpacked(value):
        if isinstance(value, list):
            return [unpacked(part) for part in value]
        try:
            return (
                base64.b64decode(value["b64"], validate=True) if isinstance(value, dict) else value
            )
        except ValueError:
            raise Refused(INVALID_ARGUMENT, "Unable to base64 decode") from None

    if dtype == tf.string.as_datatype_enum:
        return np.array(
            [value.encode() if isinstance(value, str) else value for value in unpacked(values)],
            object,
        )
    try:
        return np.array(values, tf.as_dtype(dtype).as_numpy_dtype)
    except (ValueError, TypeError) as error:
        raise Refused(
            INVALID_ARGUMENT,
            f"Encountered list at unexpected size, or a value of another type: {error}",
        ) from None


def _plain(array, as_bytes):
    if array.dtype != object:
        return array.tolist()
    flat = [
        {"b64": base64.b64encode(text).decode()} if as_bytes else text.decode()
        for text in array.ravel()
    ]
    return np.array(flat, object).reshape(array.shape).tolist()


def _classify(model, body):
    examples = []
    for given in body["examples"]:
        example = example_pb2.Example()
        for key, value in given.items():
            values = value if isinstance(value, list) else [value]
            kind = (
                "float_list"
                if isinstance(values[0], float)
                else "int64_list"
                if isinstance(values[0], int)
                else "bytes_list"
            )
            getattr(example.features.feature[key], kind).value.extend(values)
        examples.append(example.SerializeToString())
    answers = model.run(body.get("signature_name", "serving_default"), {"inputs": examples})
    return {
        "result": [
            [[label.decode(), score] for label, score in zip(*row, strict=True)]
            for row in _scored(answers)
        ]
    }


def _scored(answers):
    return zip(answers["classes"], answers["scores"].tolist(), strict=True)


class _Servicer(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, models):
        self._models = models

    def Predict(self, request, context):
        response = predict_pb2.PredictResponse()
        inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        for key, value in self._run(request, inputs, context).items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response

    def Classify(self, request, context):
        response = classification_pb2.ClassificationResponse()
        examples = [example.SerializeToString() for example in request.input.example_list.examples]
        for labels, scores in _scored(self._run(request, {"inputs": examples}, context)):
            answer = response.result.classifications.add()
            for label, score in zip(labels, scores, strict=True):
                answer.classes.add(label=label.decode(), score=score)
        return response

    def _run(self, request, inputs, context):
        spec = request.model_spec
        try:
            return self._models.model(spec.name).run(
                spec.signature_name or "serving_default", inputs
            )
        except Refused as error:
            return context.abort(GRPC_STATUS[error.code], str(error))
