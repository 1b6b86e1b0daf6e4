"""Warm-up requests for every signature, each with the answer that the Keras model gives to it.

A server runs the requests before it takes any other
(https://www.tensorflow.org/tfx/serving/saved_model_warmup); the check compares the answers. Beside
a single song and the largest allowed batch, there are silence, noise, and a tone of 440 Hz of
different lengths.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from kerasfeat.arrays import Array
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.audio.windows import cut
from kerasfeat.serving import BATCH_SIZES
from kerasfeat.serving import signatures as names
from kerasfeat.serving.client import float_wav
from kerasfeat.serving.graph import EMBEDDING, LENGTH, WAV, WAVEFORM, Graph
from kerasfeat.serving.resample import resample
from kerasfeat.songs import schema

PredictionLog: TypeAlias = Any  # of tensorflow_serving.apis, which has no types
AtRate = Callable[[Array, int], Array]

TONE_HZ = 440.0
# Of a column without a largest value, such as the duration in milliseconds.
HIGHEST = 300_000.0
# Of a column without bounds, such as a descriptor of the sound.
UNBOUNDED = (-1.0, 1.0)


def songs(graph: Graph) -> list[tuple[list[Array], Array]]:
    """Batches of (waveforms, table [songs, columns]): one song; silence, noise, and a tone, two
    clips long; the largest allowed batch.
    """
    generator = np.random.default_rng(0)
    at_highest_rate = (
        frontend.clip_samples * graph.rate_hz // frontend.sample_rate_hz
        for frontend in graph.frontends.values()
    )
    clip = max(at_highest_rate, default=0)

    def noise(clips: float) -> Array:
        return generator.uniform(-0.5, 0.5, round(clip * clips)).astype("float32")

    time_s = np.arange(round(clip * 1.15)) / max(graph.rate_hz, 1)
    tone = (0.5 * np.sin(2 * np.pi * TONE_HZ * time_s)).astype("float32")
    silence = np.zeros(round(clip * 0.2), "float32")
    largest = BATCH_SIZES[-1]
    return [
        ([noise(0.5)], _drawn_table(graph, 1, generator)),
        ([silence, noise(0.35), tone], _drawn_table(graph, 3, generator)),
        ([noise(0.02) for _ in range(largest)], _drawn_table(graph, largest, generator)),
    ]


def _drawn_table(graph: Graph, rows: int, generator: np.random.Generator) -> Array:
    """Random values [rows, columns] within the columns' bounds; in batches one is missing."""
    drawn = np.zeros((rows, len(graph.columns)), "float32")
    for i, name in enumerate(graph.columns):
        column = schema.column_of(name)
        low, high = UNBOUNDED
        if column.low is not None:
            low, high = column.low, HIGHEST if column.high is None else column.high
        drawn[:, i] = np.round(generator.uniform(low, high, rows), 0 if column.whole else 3)
    drawn[1:2, :1] = np.nan
    return drawn


def reference(
    graph: Graph,
    waveforms: Sequence[Array] | None,
    table: Array,
    at_rate: AtRate | None = None,
) -> dict[str, Array]:
    """What the Keras model says: every song cut outside the graph, all its windows, their mean.

    Args:
        graph: of the run.
        waveforms: of each song, or None where no song has audio.
        table: float32 [songs, columns].
        at_rate: function of (waveform, sample rate in Hz) that changes its rate; None where the
            waveforms have the graph's.

    Returns:
        head -> [songs, size].
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
        outputs = graph.model.predict_on_batch(inputs)  # [windows, size] each
        answers.append({name: np.mean(values, 0) for name, values in outputs.items()})
    return {name: np.stack([answer[name] for answer in answers]) for name in answers[0]}


def _clips(frontend: FrontEnd, waveform: Array | None, at_rate: AtRate) -> Array:
    """The front-end's values [windows, ...] of a song; one window of NaN without audio."""
    if waveform is None:
        return np.full((1, *frontend.field.shape), np.nan, "float32")
    clips = cut(at_rate(waveform, frontend.sample_rate_hz), frontend.clip_samples)
    return np.asarray(frontend(tf.constant(clips)))


def _resampled(waveform: Array, from_hz: int, to_hz: int) -> Array:
    if from_hz == to_hz:
        return waveform
    resampled, _ = resample(waveform[None], [len(waveform)], from_hz, to_hz)
    return resampled[0].numpy()


def records(graph: Graph, signatures: Collection[str], text: str) -> Iterator[PredictionLog]:
    """PredictionLogs of every signature, in the order of `songs`.

    Args:
        graph: of the run.
        signatures: names of the signatures that the model has.
        text: the schema's.
    """
    for waveforms, table in songs(graph):
        missing = np.full_like(table, np.nan)
        both = reference(graph, waveforms, table)
        audio, columns = _audio(graph, waveforms), _columns(graph, table)
        yield _predict(names.DEFAULT, audio | columns, named(graph, both))
        yield _predict(names.EMBED, audio | columns, {EMBEDDING: both[EMBEDDING]})
        yield _predict(
            names.SCHEMA,
            {"query": np.array([b""] * len(table))},
            {"schema": np.array([text.encode()] * len(table))},
        )
        if names.CLASSIFY in signatures:
            yield _classify(graph, waveforms, table, named(graph, both)["probabilities"])
        if names.FEATURES in signatures:
            answers = named(graph, reference(graph, None, table))
            yield _predict(names.FEATURES, columns, answers)
        if names.AUDIO in signatures:
            answers = named(graph, reference(graph, waveforms, missing))
            yield _predict(names.AUDIO, audio, answers)
            files = [float_wav(waveform, graph.rate_hz) for waveform in waveforms]
            yield _predict(names.WAV_BYTES, {WAV: np.array(files, object)}, answers)


def named(graph: Graph, answers: Mapping[str, Array]) -> dict[str, Array]:
    """What a client is told of the arrays that `reference` gives."""
    tensors = {name: tf.constant(value) for name, value in answers.items()}
    return {name: value.numpy() for name, value in graph.named(tensors).items()}


def _audio(graph: Graph, waveforms: Sequence[Array]) -> dict[str, Array]:
    if not graph.frontends:
        return {}
    length = np.array([len(waveform) for waveform in waveforms], "int32")
    longest = length.max()
    padded = np.stack([np.pad(waveform, (0, longest - len(waveform))) for waveform in waveforms])
    return {WAVEFORM: padded, LENGTH: length}


def _columns(graph: Graph, table: Array) -> dict[str, Array]:
    return {column: table[:, i] for i, column in enumerate(graph.columns)}


def _predict(
    signature: str, inputs: Mapping[str, Array], outputs: Mapping[str, Array]
) -> PredictionLog:
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = signature
    for name, value in inputs.items():
        log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(np.asarray(value)))
    for name, value in outputs.items():
        log.predict_log.response.outputs[name].CopyFrom(tf.make_tensor_proto(np.asarray(value)))
    return log


def _classify(
    graph: Graph, waveforms: Sequence[Array], table: Array, probabilities: Array
) -> PredictionLog:
    log = prediction_log_pb2.PredictionLog()
    log.classify_log.request.model_spec.signature_name = names.CLASSIFY
    for song, row in enumerate(table):
        feature = log.classify_log.request.input.example_list.examples.add().features.feature
        for column, value in zip(graph.columns, row, strict=True):
            feature[column].float_list.value.append(value)
        if graph.frontends:
            feature[WAVEFORM].float_list.value.extend(waveforms[song])
        answer = log.classify_log.response.result.classifications.add()
        for label, score in zip(graph.target.outputs, probabilities[song], strict=True):
            answer.classes.add(label=label, score=score)
    return log
