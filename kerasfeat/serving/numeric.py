"""The signatures that other runtimes than a server have: numbers in, numbers out.

`features` takes the table's columns. `audio` takes one window a row, [batch, samples] of the length
and rate that the schema names: a song is the mean over its windows, cut by the rule of
kerasfeat.audio.windows. Label names stand beside the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Tensor
from kerasfeat.serving.graph import WAVEFORM, Graph
from kerasfeat.serving.signatures import AUDIO, FEATURES

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Signature:
    """A function of named tensors.

    Attributes:
        answers: {input: tensor} -> {output: float32 tensor}.
        specs: of the inputs.
    """

    answers: Callable[[Tensors], Tensors]
    specs: Mapping[str, tf.TensorSpec]


def signatures(graph: Graph, batch: int | None) -> dict[str, Signature]:
    """Those of "features" and "audio" that the model can answer.

    Args:
        graph: of the run.
        batch: rows; None where they are free.

    Raises:
        KerasfeatError: the model reads inputs of several sample rates.
    """
    clips = {
        (frontend.sample_rate_hz, frontend.clip_samples) for frontend in graph.frontends.values()
    }
    if len(clips) > 1:
        raise KerasfeatError(
            "a model that reads inputs of several sample rates has neither a LiteRT nor an ONNX "
            "form: export it as saved_model."
        )
    found = {}
    if FEATURES in graph.alone:
        columns = {name: tf.TensorSpec([batch], tf.float32, name) for name in graph.columns}
        found[FEATURES] = Signature(
            lambda row: _numbers(graph, graph.from_features(_table(graph, row))), columns
        )
    if AUDIO in graph.alone:
        ((_, samples),) = clips
        found[AUDIO] = Signature(
            lambda row: _numbers(graph, _from_windows(graph, row[WAVEFORM])),
            {WAVEFORM: tf.TensorSpec([batch, samples], tf.float32, WAVEFORM)},
        )
    return found


def _numbers(graph: Graph, answers: Tensors) -> Tensors:
    outputs = graph.named(answers)
    return {name: value for name, value in outputs.items() if value.dtype == tf.float32}


def _table(graph: Graph, row: Tensors) -> Tensor:
    # TensorFlow hands over inputs in the order of their names, which is not that of the columns.
    return tf.stack([row[column] for column in graph.columns], axis=1)  # [batch, columns]


def _from_windows(graph: Graph, waveform: Tensor) -> Tensors:
    audio = {name: frontend(waveform) for name, frontend in graph.frontends.items()}
    missing = tf.fill([tf.shape(waveform)[0], len(graph.columns)], np.float32(np.nan))
    return graph.model({**graph.tabular(missing), **audio}, training=False)
