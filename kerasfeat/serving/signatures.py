"""The signatures of an export: what a server offers by name, each a function of named tensors."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import tensorflow as tf

from kerasfeat.arrays import Tensor
from kerasfeat.serving.graph import EMBEDDING, LENGTH, NAN, WAV, WAVEFORM, Graph
from kerasfeat.serving.wav import scaled

DEFAULT, AUDIO, FEATURES = "serving_default", "audio", "features"
WAV_BYTES, EMBED, CLASSIFY, SCHEMA = "wav_bytes", "embed", "classify", "schema"

Tensors = dict[str, Tensor]
Function = Callable[[Tensors], Tensors]
Specs = Mapping[str, tf.TensorSpec]


def save(functions: Mapping[str, Any], folder: Path | str) -> None:
    """Write a SavedModel.

    Args:
        functions: signature -> concrete function.
        folder: where to.
    """
    module = tf.Module()
    # Whatever holds them, model or front-end: each variable once.
    module.variables_used = list(
        {id(v): v for function in functions.values() for v in function.graph.variables}.values()
    )
    tf.saved_model.save(module, str(folder), signatures=functions)


def signatures(graph: Graph, schema: str) -> dict[str, Any]:
    """Every signature that the model can answer.

    Args:
        graph: of a run.
        schema: text that the signature "schema" answers with.

    Returns:
        name -> concrete function from {input: tensor} to {output: tensor}.
    """
    audio = {
        WAVEFORM: tf.TensorSpec([None, None], tf.float32),
        LENGTH: tf.TensorSpec([None], tf.int32),
    }
    columns = {column: tf.TensorSpec([None], tf.float32) for column in graph.columns}
    everything = (audio if graph.frontends else {}) | columns
    text = tf.TensorSpec([None], tf.string)

    names = partial(_names, graph)
    functions: dict[str, tuple[Function, Specs]] = {
        DEFAULT: (names, everything),
        EMBED: (partial(_embed, graph), everything),
        SCHEMA: (partial(_schema, schema), {"query": text}),
    }
    if "features" in graph.alone:
        functions[FEATURES] = (partial(_from_features, graph), columns)
    if "audio" in graph.alone:
        functions |= {AUDIO: (names, audio), WAV_BYTES: (partial(_from_wav, graph), {WAV: text})}
    if graph.target.has_labels:
        functions[CLASSIFY] = (partial(_classify, graph), {"inputs": text})
    return {name: _concrete(function, specs) for name, (function, specs) in functions.items()}


def _concrete(function: Function, specs: Specs) -> Any:
    by_name = tf.function(lambda **inputs: function(inputs), autograph=False)
    return by_name.get_concrete_function(**specs)


def _table(graph: Graph, inputs: Tensors) -> Tensor:
    """[batch, columns]; what is no finite number is missing, and so is a column that the signature
    does not take.
    """
    batch = tf.shape(next(iter(inputs.values())))[0]
    missing = tf.fill([batch], NAN)
    columns = [inputs.get(column, missing) for column in graph.columns]
    table = tf.stack(columns, axis=1) if columns else tf.zeros([batch, 0])
    return tf.where(tf.math.is_finite(table), table, NAN)


def _answers(graph: Graph, inputs: Tensors) -> Tensors:
    table = _table(graph, inputs)
    if not graph.frontends:
        return graph.from_features(table)
    counts = tf.sequence_mask(inputs[LENGTH], tf.shape(inputs[WAVEFORM])[1])
    waveform = tf.where(counts, inputs[WAVEFORM], 0.0)
    with tf.control_dependencies([scaled(waveform)]):
        return graph.from_waveform(tf.identity(waveform), inputs[LENGTH], table)


def _names(graph: Graph, inputs: Tensors) -> Tensors:
    return graph.named(_answers(graph, inputs))


def _embed(graph: Graph, inputs: Tensors) -> Tensors:
    return {EMBEDDING: _answers(graph, inputs)[EMBEDDING]}


def _schema(text: str, inputs: Tensors) -> Tensors:
    """The same text for each query."""
    return {SCHEMA: tf.fill(tf.shape(inputs["query"]), text)}


def _from_features(graph: Graph, inputs: Tensors) -> Tensors:
    return graph.named(graph.from_features(_table(graph, inputs)))


def _from_wav(graph: Graph, inputs: Tensors) -> Tensors:
    return graph.named(graph.from_wav(inputs[WAV]))


def _classify(graph: Graph, inputs: Tensors) -> Tensors:
    """TensorFlow Serving's Classify: serialised tf.train.Examples [batch] to classes and scores
    [batch, labels].
    """
    features = {column: tf.io.FixedLenFeature([], tf.float32, NAN) for column in graph.columns}
    if graph.frontends:
        features[WAVEFORM] = tf.io.RaggedFeature(tf.float32)
    parsed = tf.io.parse_example(inputs["inputs"], features)
    if graph.frontends:
        ragged = parsed[WAVEFORM]
        parsed |= {WAVEFORM: ragged.to_tensor(), LENGTH: tf.cast(ragged.row_lengths(), tf.int32)}
    answers = graph.named(_answers(graph, parsed))
    return {"classes": answers["classes"], "scores": answers["probabilities"]}
