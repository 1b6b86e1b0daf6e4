"""A model for small devices: a LiteRT (TFLite) file with the signatures of
kerasfeat.serving.numeric for one row, whole or with smaller weights.
"""

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from hub_models.spectra import LITERT, WITHOUT_BITCAST
from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.windows import cut
from kerasfeat.choices import FLOAT16, FLOAT32
from kerasfeat.evaluation.predictions import read_typed
from kerasfeat.inference.predict import Predictor
from kerasfeat.serving.graph import Graph
from kerasfeat.serving.numeric import Signature, signatures
from kerasfeat.serving.signatures import save
from kerasfeat.serving.warmup import named, reference
from kerasfeat.targets import Target

# As many test songs as the scores are measured on.
SONGS = 100


def convert(graph: Graph, kind: str) -> bytes:
    """The bytes of a LiteRT file.

    Args:
        graph: of the run.
        kind: "float32"; "float16" for weights of half the size; "int8" for weights of 8 bits
            ("dynamic range": values stay float32).

    Raises:
        KerasfeatError: the model reads inputs of several sample rates, or has operations that
            LiteRT lacks.
    """
    token = WITHOUT_BITCAST.set(LITERT)
    try:
        functions = {name: _concrete(signature) for name, signature in signatures(graph, 1).items()}
    finally:
        WITHOUT_BITCAST.reset(token)
    with tempfile.TemporaryDirectory() as folder:
        save(functions, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions))
        if kind != FLOAT32:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == FLOAT16:
            converter.target_spec.supported_types = [tf.float16]
        try:
            return converter.convert()
        except Exception as error:  # the converter has no error class of its own
            raise KerasfeatError(
                f"LiteRT can't hold this model: {str(error).splitlines()[0]}. Export it "
                "as saved_model."
            ) from error


def _concrete(signature: Signature) -> Any:
    """A concrete function by the inputs' names."""
    by_name = tf.function(lambda **row: signature.answers(row), autograph=False)
    return by_name.get_concrete_function(**signature.specs)


class Lite:
    """A LiteRT file at work.

    Args:
        content: its bytes.

    Attributes:
        signatures: their names, sorted.
    """

    def __init__(self, content: bytes) -> None:
        with warnings.catch_warnings():
            # TensorFlow would rather have another package's interpreter.
            warnings.simplefilter("ignore")
            self._interpreter = tf.lite.Interpreter(model_content=content)
        self.signatures = sorted(self._interpreter.get_signature_list())

    def features(self, columns: Mapping[str, float]) -> dict[str, Array]:
        """The numbers for one song's table columns, column -> value."""
        run = self._interpreter.get_signature_runner("features")
        return run(**{name: np.array([value], "float32") for name, value in columns.items()})

    def audio(self, waveform: Array, clip_samples: int) -> dict[str, Array]:
        """The numbers for one song [samples]: the mean over its windows."""
        run = self._interpreter.get_signature_runner("audio")
        windows = [run(waveform=clip[None]) for clip in cut(waveform, clip_samples)]
        return {name: np.mean([window[name] for window in windows], axis=0) for name in windows[0]}


@dataclass(frozen=True)
class Measured:
    """One signature of a LiteRT file beside the Keras model.

    Attributes:
        songs: how many test songs were asked about.
        keras_score, lite_score: the mean of the target's `song_metric`.
        difference: the largest between their answers.
    """

    songs: int
    keras_score: float
    lite_score: float
    difference: float


@dataclass(frozen=True)
class _Pair:
    """One song's truth, and the answers of the Keras model and of the file."""

    truth: Array
    keras: Array
    lite: Array


def measure(predictor: Predictor, graph: Graph, content: bytes) -> dict[str, Measured]:
    """How a LiteRT file does beside the Keras model on the run's test songs, by signature.

    Args:
        predictor: of the run.
        graph: of the run.
        content: of the file.

    Raises:
        KerasfeatError: the table that the run was trained on is gone, or no longer the same.
    """
    lite, measured = Lite(content), {}
    rows = _test_songs(predictor).to_dict("records")
    for signature in lite.signatures:
        pairs = [pair for row in rows if (pair := _pair(lite, graph, signature, row))]
        if pairs:
            truth = np.array([pair.truth for pair in pairs])
            keras = np.array([pair.keras for pair in pairs])
            small = np.array([pair.lite for pair in pairs])
            measured[signature] = Measured(
                songs=len(pairs),
                keras_score=_score(predictor.target, truth, keras),
                lite_score=_score(predictor.target, truth, small),
                difference=float(np.abs(keras - small).max()),
            )
    return measured


def _test_songs(predictor: Predictor) -> pd.DataFrame:
    """Table rows of at most SONGS songs that the run was tested on, with their targets."""
    tested = read_typed(predictor.run.path, predictor.target)["track_id"]
    songs = predictor.own_table().frame
    return songs[songs["track_id"].isin(tested)].head(SONGS)


def _pair(lite: Lite, graph: Graph, signature: str, row: dict[str, Any]) -> _Pair | None:
    """The answers for one song; None of a song without the input."""
    table = np.array([[row.get(column, np.nan) for column in graph.columns]], "float32")
    if signature == "features":
        if not np.isfinite(table).any():
            return None
        keras = reference(graph, None, table)
        small = lite.features(dict(zip(graph.columns, table[0], strict=True)))
    else:
        try:
            waveform = decode(row.get("audio") or "", graph.rate_hz)
        except AudioError:
            return None
        keras = reference(graph, [waveform], np.full_like(table, np.nan))
        small = lite.audio(waveform, next(iter(graph.frontends.values())).clip_samples)

    def joined(answer: Mapping[str, Array]) -> Array:
        return np.hstack([answer[name][0] for name in graph.target.served])

    truth = graph.target.encode(pd.DataFrame([row]))[0]
    return _Pair(truth, joined(named(graph, keras)), joined(small))


def _score(target: Target, truth: Array, answers: Array) -> float:
    """The mean of the songs' scores, for their predictions in the table's unit."""
    scores = target.song_scores(truth, target.from_unit(answers))[target.song_metric]
    return float(np.nanmean(scores))
