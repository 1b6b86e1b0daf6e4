"""Warm-up requests for every signature, each with the answer that the Keras model gives to it.

A server runs the requests before it takes any other
(https://www.tensorflow.org/tfx/serving/saved_model_warmup); the check compares the answers. Beside
a single song and the largest allowed batch, there are silence, noise, and a tone of 440 Hz of
different lengths.
"""

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from kerasfeat.audio.windows import cut
from kerasfeat.serving import BATCH_SIZES
from kerasfeat.serving import signatures as names
from kerasfeat.serving.client import float_wav
from kerasfeat.serving.graph import EMBEDDING, LENGTH, WAV, WAVEFORM
from kerasfeat.serving.resample import resample
from kerasfeat.songs import schema

TONE_HZ = 440.0
# Of a column without a largest value, such as the duration in milliseconds.
HIGHEST = 300_000.0
# Of a column without bounds, such as a descriptor of the sound.
UNBOUNDED = (-1.0, 1.0)


def songs(graph):
    """Batches of (waveforms, table [songs, columns]): one song; silence, noise, and a tone, two
    clips long; the largest allowed batch.
    """
    generator = np.random.default_rng(0)
    clip = max(
        (
            frontend.clip_samples * graph.rate_hz // frontend.sample_rate_hz
            for frontend in graph.frontends.values()
        ),
        default=0,
    )

    def noise(share):
        return generator.uniform(-0.5, 0.5, round(clip * share)).astype("float32")

    def table(rows):
        columns = [schema.column_of(name) for name in graph.columns]
        drawn = np.zeros((rows, len(columns)), "float32")
        for i, column in enumerate(columns):
            bounds = (
                UNBOUNDED
                if column.low is None
                else (column.low, HIGHEST if column.high is None else column.high)
            )
            values = generator.uniform(*bounds, rows)
            drawn[:, i] = np.round(values, 0 if column.whole else 3)
        drawn[1:2, :1] = np.nan  # in batches, one value is missing
        return drawn

    tone = (
        0.5 * np.sin(2 * np.pi * TONE_HZ * np.arange(round(clip * 1.15)) / max(graph.rate_hz, 1))
    ).astype("float32")
    largest = BATCH_SIZES[-1]
    return [
        ([noise(0.5)], table(1)),
        ([np.zeros(round(clip * 0.2), "float32"), noise(0.35), tone], table(3)),
        ([noise(0.02) for _ in range(largest)], table(largest)),
    ]


def reference(graph, waveforms, table, at_rate=None):
    """What the Keras model says: every song cut outside the graph, all its windows, their mean.

    Args:
        graph: a Graph.
        waveforms: of each song, or None where no song has audio.
        table: float32 [songs, columns].
        at_rate: function of (waveform, sample rate in Hz) that changes its rate; None where the
            waveforms have the graph's.

    Returns:
        {head: [songs, size]}.
    """
    at_rate = at_rate or (lambda waveform, rate_hz: _resampled(waveform, graph.rate_hz, rate_hz))
    answers = []
    for song, row in enumerate(table):
        waveform = None if waveforms is None else waveforms[song]
        inputs = {
            name: _clips(frontend, waveform, at_rate) for name, frontend in graph.frontends.items()
        }
        windows = min((len(values) for values in inputs.values()), default=1)
        inputs = {name: values[:windows] for name, values in inputs.items()}
        inputs |= {
            name: np.repeat(values, windows, 0) for name, values in graph.tabular(row[None]).items()
        }
        answers.append(
            {
                name: np.mean(values, 0)
                for name, values in graph.model.predict_on_batch(inputs).items()
            }
        )
    return {name: np.stack([answer[name] for answer in answers]) for name in answers[0]}


def _clips(frontend, waveform, at_rate):
    if waveform is None:
        return np.full((1, *frontend.field.shape), np.nan, "float32")
    return np.asarray(
        frontend(
            tf.constant(cut(at_rate(waveform, frontend.sample_rate_hz), frontend.clip_samples))
        )
    )


def _resampled(waveform, from_hz, to_hz):
    return (
        waveform
        if from_hz == to_hz
        else resample(waveform[None], [len(waveform)], from_hz, to_hz)[0][0].numpy()
    )


def records(graph, signatures, text):
    """PredictionLogs of every signature, in the order of `songs`.

    Args:
        graph: a Graph.
        signatures: names of the signatures that the model has.
        text: the schema's.
    """
    for waveforms, table in songs(graph):
        missing = np.full_like(table, np.nan)
        both = reference(graph, waveforms, table)
        everything = _audio(graph, waveforms) | _columns(graph, table)
        yield _predict(names.DEFAULT, everything, named(graph, both))
        yield _predict(names.EMBED, everything, {EMBEDDING: both[EMBEDDING]})
        yield _predict(
            names.SCHEMA,
            {"query": np.array([b""] * len(table))},
            {"schema": np.array([text.encode()] * len(table))},
        )
        if names.CLASSIFY in signatures:
            yield _classify(graph, waveforms, table, named(graph, both))
        if names.FEATURES in signatures:
            yield _predict(
                names.FEATURES, _columns(graph, table), named(graph, reference(graph, None, table))
            )
        if names.AUDIO in signatures:
            alone = named(graph, reference(graph, waveforms, missing))
            yield _predict(names.AUDIO, _audio(graph, waveforms), alone)
            yield _predict(
                names.WAV_BYTES,
                {
                    WAV: np.array(
                        [float_wav(waveform, graph.rate_hz) for waveform in waveforms], object
                    )
                },
                alone,
            )


def named(graph, answers):
    """What a client is told of the arrays that `reference` gives."""
    return {
        name: value.numpy()
        for name, value in graph.named(
            {name: tf.constant(value) for name, value in answers.items()}
        ).items()
    }


def _audio(graph, waveforms):
    if not graph.frontends:
        return {}
    length = np.array([len(waveform) for waveform in waveforms], "int32")
    padded = np.stack(
        [np.pad(waveform, (0, length.max() - len(waveform))) for waveform in waveforms]
    )
    return {WAVEFORM: padded, LENGTH: length}


def _columns(graph, table):
    return {column: table[:, i] for i, column in enumerate(graph.columns)}


def _predict(signature, inputs, outputs):
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = signature
    for part, values in (
        (log.predict_log.request.inputs, inputs),
        (log.predict_log.response.outputs, outputs),
    ):
        for name, value in values.items():
            part[name].CopyFrom(tf.make_tensor_proto(np.asarray(value)))
    return log


def _classify(graph, waveforms, table, answers):
    log = prediction_log_pb2.PredictionLog()
    log.classify_log.request.model_spec.signature_name = names.CLASSIFY
    for song, row in enumerate(table):
        feature = log.classify_log.request.input.example_list.examples.add().features.feature
        for column, value in zip(graph.columns, row, strict=True):
            feature[column].float_list.value.append(value)
        if graph.frontends:
            feature[WAVEFORM].float_list.value.extend(waveforms[song])
        answer = log.classify_log.response.result.classifications.add()
        for label, score in zip(graph.target.outputs, answers["probabilities"][song], strict=True):
            answer.classes.add(label=label, score=score)
    return log
