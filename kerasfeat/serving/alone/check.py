"""Run every warm-up request of an exported version and compare with the answers recorded beside
them.
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from session import Refused, Session
from tensorflow.core.framework import op_def_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import prediction_log_pb2

WARM_UP = Path("assets.extra", "tf_serving_warmup_requests")
# Python's own operations are registered too, but run in no server.
PYTHON_OPS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
TOLERANCE = 1e-5


def strange_ops(meta_graph, known):
    """(how many operations the graph uses, those among them that a stock server does not have)."""
    library = meta_graph.graph_def.library.function
    nodes = [
        *meta_graph.graph_def.node,
        *(node for function in library for node in function.node_def),
    ]
    used = {node.op for node in nodes} - {function.signature.name for function in library}
    return len(used), sorted((used - {op.name for op in known.op}) | (used & PYTHON_OPS))


def unpacked(record):
    """(signature name, {input: array}, {output: array}) of a PredictionLog."""
    kind = record.WhichOneof("log_type")
    log = getattr(record, kind)
    name = log.request.model_spec.signature_name
    if kind == "predict_log":
        return name, *(
            {key: tf.make_ndarray(value) for key, value in part.items()}
            for part in (log.request.inputs, log.response.outputs)
        )
    examples = [example.SerializeToString() for example in log.request.input.example_list.examples]
    answers = [answer.classes for answer in log.response.result.classifications]
    classes = np.array([[each.label.encode() for each in answer] for answer in answers], object)
    return (
        name,
        {"inputs": examples},
        {
            "classes": classes,
            "scores": np.array([[each.score for each in answer] for answer in answers]),
        },
    )


def difference(got, wanted):
    """How far apart two outputs are: as a share of the largest value where that is above 1;
    infinite where they differ in shape or text.
    """
    if got.shape != wanted.shape:
        return float("inf")
    if wanted.dtype.kind in "OS":
        return 0.0 if (got == wanted.astype(object)).all() else float("inf")
    apart = np.abs(got.astype("float64") - wanted)
    return (
        float(np.max(apart / np.maximum(1.0, np.abs(wanted).max())))
        if np.isfinite(got).all()
        else float("inf")
    )


def run(session, signatures, record):
    """A dict that tells how one record went."""
    name, inputs, wanted = unpacked(record)
    found = {"signature": name, "rows": len(next(iter(inputs.values())))}
    if name not in signatures:
        return {**found, "error": "there is no such signature"}
    signature = signatures[name]
    feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
    try:
        arrays = session.run(feeds, [signature.outputs[key].name for key in wanted])
    except Refused as error:
        return {**found, "error": str(error)}
    apart = {key: difference(array, wanted[key]) for key, array in zip(wanted, arrays, strict=True)}
    worst = max(apart, key=apart.get)
    return {
        **found,
        "output": worst,
        "difference": apart[worst] if np.isfinite(apart[worst]) else "infinite",
    }


def main(path):
    """Check the version at `path` and print what was found as JSON."""
    session = Session(path)
    meta_graph = meta_graph_pb2.MetaGraphDef.FromString(session.meta_graph)
    used, strange = strange_ops(meta_graph, op_def_pb2.OpList.FromString(session.known_ops()))
    signatures = {
        name: value for name, value in meta_graph.signature_def.items() if not name.startswith("__")
    }
    read = tf.data.TFRecordDataset(str(path / WARM_UP)).as_numpy_iterator()
    records = [
        run(session, signatures, prediction_log_pb2.PredictionLog.FromString(record))
        for record in read
    ]
    silent = sorted(set(signatures) - {record["signature"] for record in records})
    found = {
        "ops": used,
        "strange_ops": strange,
        "signatures": sorted(signatures),
        "without_record": silent,
        "records": records,
    }
    print(json.dumps({**found, "tolerance": TOLERANCE}))
