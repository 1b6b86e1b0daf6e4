"""The signatures of an export: what a server offers by name, each a function of named tensors."""

import numpy as np
import tensorflow as tf

from kerasfeat.serving.graph import EMBEDDING, LENGTH, WAV, WAVEFORM

DEFAULT, AUDIO, FEATURES, WAV_BYTES, EMBED, CLASSIFY, SCHEMA = (
    *("serving_default", "audio", "features", "wav_bytes", "embed", "classify", "schema"),
)


def save(functions, folder):
    """Write concrete functions as the signatures of a SavedModel."""
    module = tf.Module()
    # Whatever holds them, model or front-end: each variable once.
    module.variables_used = list({id(v): v for function in functions.values() for v in function.graph.variables}.values())
    tf.saved_model.save(module, str(folder), signatures=functions)


def signatures(graph, schema):
    """Every signature that the model can answer.

    Args:
        graph: a Graph.
        schema: text that the signature "schema" answers with.

    Returns:
        dict of name to concrete function from {input: tensor} to {output: tensor}.
    """
    audio = {
        WAVEFORM: tf.TensorSpec([None, None], tf.float32),
        LENGTH: tf.TensorSpec([None], tf.int32),
    }
    columns = {column: tf.TensorSpec([None], tf.float32) for column in graph.columns}
    everything = (audio if graph.frontends else {}) | columns
    text = tf.TensorSpec([None], tf.string)
    found = {
        DEFAULT: (lambda inputs: graph.named(_answers(graph, inputs)), everything),
        EMBED: (lambda inputs: {EMBEDDING: _answers(graph, inputs)[EMBEDDING]}, everything),
        SCHEMA: (lambda inputs: {"schema": tf.fill(tf.shape(inputs["query"]), schema)}, {"query": text}),
    }
    if "features" in graph.alone:
        found[FEATURES] = (lambda inputs: graph.named(graph.from_features(_table(graph, inputs))), columns)
    if "audio" in graph.alone:
        found[AUDIO] = (lambda inputs: graph.named(_answers(graph, inputs)), audio)
        found[WAV_BYTES] = (lambda inputs: graph.named(graph.from_wav(inputs[WAV])), {WAV: text})
    if graph.target.has_labels:
        found[CLASSIFY] = (lambda inputs: _classify(graph, everything, inputs), {"inputs": text})
    return {name: _concrete(*function) for name, function in found.items()}


def _concrete(function, specs):
    return tf.function(lambda **inputs: function(inputs), autograph=False).get_concrete_function(**specs)


def _table(graph, inputs):
    """[batch, columns]; a column that the signature does not take is missing."""
    batch = tf.shape(next(iter(inputs.values())))[0]
    missing = tf.fill([batch], np.float32(np.nan))
    columns = [inputs.get(column, missing) for column in graph.columns]
    return tf.stack(columns, axis=1) if columns else tf.zeros([batch, 0])


def _answers(graph, inputs):
    table = _table(graph, inputs)
    return graph.from_waveform(inputs[WAVEFORM], inputs[LENGTH], table) if graph.frontends else graph.from_features(table)


def _classify(graph, specs, inputs):
    """TensorFlow Serving's Classify: serialised tf.train.Examples [batch] to classes and scores [batch, labels]."""
    wanted = {column: tf.io.FixedLenFeature([], tf.float32, np.nan) for column in graph.columns}
    if WAVEFORM in specs:
        wanted[WAVEFORM] = tf.io.RaggedFeature(tf.float32)
    parsed = tf.io.parse_example(inputs["inputs"], wanted)
    if WAVEFORM in specs:
        ragged = parsed[WAVEFORM]
        parsed |= {WAVEFORM: ragged.to_tensor(), LENGTH: tf.cast(ragged.row_lengths(), tf.int32)}
    named = graph.named(_answers(graph, parsed))
    return {"classes": named["classes"], "scores": named["probabilities"]}
