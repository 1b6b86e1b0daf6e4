"""Run every warm-up request of an exported version and compare with the answers recorded beside
them.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from session import Refused, Session, Values
from tensorflow.core.framework import op_def_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import prediction_log_pb2

WARM_UP = Path("assets.extra", "tf_serving_warmup_requests")
# Python's own operations are registered too, but run in no server.
PYTHON_OPS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Request:
    """A warm-up request with the answers that were recorded.

    Attributes:
        signature: that is asked.
        inputs: name -> array, or list of bytes.
        answers: output -> array.
    """

    signature: str
    inputs: dict[str, Values]
    answers: dict[str, np.ndarray]


def used_ops(meta_graph: Any) -> set[str]:
    """The operations that the graph and its functions use."""
    library = meta_graph.graph_def.library.function
    inner = (node for function in library for node in function.node_def)
    names = {node.op for node in (*meta_graph.graph_def.node, *inner)}
    return names - {function.signature.name for function in library}


def requests(path: Path) -> Iterator[Request]:
    """The warm-up requests of the version at `path`."""
    for content in tf.data.TFRecordDataset(str(path / WARM_UP)).as_numpy_iterator():
        yield unpacked(prediction_log_pb2.PredictionLog.FromString(content))


def unpacked(record: Any) -> Request:
    """What a PredictionLog holds."""
    kind = record.WhichOneof("log_type")
    log = getattr(record, kind)
    signature = log.request.model_spec.signature_name
    if kind == "predict_log":
        inputs = {key: tf.make_ndarray(value) for key, value in log.request.inputs.items()}
        answers = {key: tf.make_ndarray(value) for key, value in log.response.outputs.items()}
        return Request(signature, inputs, answers)
    examples = [example.SerializeToString() for example in log.request.input.example_list.examples]
    songs = [answer.classes for answer in log.response.result.classifications]
    classes = np.array([[each.label.encode() for each in song] for song in songs], object)
    scores = np.array([[each.score for each in song] for song in songs])
    return Request(signature, {"inputs": examples}, {"classes": classes, "scores": scores})


def difference(got: np.ndarray, wanted: np.ndarray) -> float:
    """How far apart two outputs are: as a share of the largest value where that is above 1;
    infinite where they differ in shape or text.
    """
    if got.shape != wanted.shape:
        return float("inf")
    if wanted.dtype.kind in "OS":
        return 0.0 if (got == wanted.astype(object)).all() else float("inf")
    if not np.isfinite(got).all():
        return float("inf")
    apart = np.abs(got.astype("float64") - wanted)
    return float(np.max(apart / np.maximum(1.0, np.abs(wanted).max())))


def run(session: Session, signatures: dict[str, Any], request: Request) -> dict[str, Any]:
    """How one request went, as kerasfeat.serving.verify.Record."""
    rows = len(next(iter(request.inputs.values())))
    asked = {"signature": request.signature, "rows": rows}
    if request.signature not in signatures:
        return {**asked, "error": "there is no such signature"}
    signature = signatures[request.signature]
    feeds = {signature.inputs[key].name: value for key, value in request.inputs.items()}
    outputs = [signature.outputs[key].name for key in request.answers]
    try:
        arrays = session.run(feeds, outputs)
    except Refused as error:
        return {**asked, "error": str(error)}
    apart = {
        key: difference(array, wanted)
        for (key, wanted), array in zip(request.answers.items(), arrays, strict=True)
    }
    worst = max(apart, key=apart.__getitem__)
    # Strict JSON has no infinity.
    largest = apart[worst] if np.isfinite(apart[worst]) else "infinite"
    start = time.perf_counter()  # of a request that is not the first of its shape
    session.run(feeds, outputs)
    elapsed_ms = 1000 * (time.perf_counter() - start)
    return {**asked, "output": worst, "difference": largest, "ms": elapsed_ms}


def _model_files(path: Path) -> list[Path]:
    """What a server reads to answer: the graph and its variables."""
    return [path / "saved_model.pb", *(path / "variables").iterdir()]


def main(path: Path) -> None:
    """Check the version at `path` and print kerasfeat.serving.verify.Findings as JSON."""
    session = Session(path)
    meta_graph = meta_graph_pb2.MetaGraphDef.FromString(session.meta_graph)
    stock = {op.name for op in op_def_pb2.OpList.FromString(session.known_ops()).op}
    ops = used_ops(meta_graph)
    signatures = {
        name: value for name, value in meta_graph.signature_def.items() if not name.startswith("__")
    }
    records = [run(session, signatures, request) for request in requests(path)]
    findings = {
        "bytes": sum(file.stat().st_size for file in _model_files(path)),
        "ops": len(ops),
        "strange_ops": sorted((ops - stock) | (ops & PYTHON_OPS)),
        "signatures": sorted(signatures),
        "without_record": sorted(set(signatures) - {record["signature"] for record in records}),
        "records": records,
        "tolerance": TOLERANCE,
    }
    print(json.dumps(findings))
