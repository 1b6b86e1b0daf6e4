"""A model for small devices: a LiteRT (TFLite) file with the signatures `features` and `audio`,
whole or with smaller weights.

`audio` takes one window: [1, samples] of the length and rate that the schema names. A song is the
mean over its windows, cut by the rule of kerasfeat.audio.windows. Answers are numbers; the label
names stand in `assets/labels.txt`.
"""

import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from hub_models.spectra import WITHOUT_BITCAST
from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.decode import decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.windows import cut
from kerasfeat.evaluation.predictions import read_typed
from kerasfeat.inference.predict import Predictor
from kerasfeat.serving.graph import WAVEFORM, Graph
from kerasfeat.serving.signatures import save
from kerasfeat.serving.warmup import named, reference
from kerasfeat.targets import Target

WHOLE, FLOAT16, INT8 = "float32", "float16", "int8"
KINDS = (WHOLE, FLOAT16, INT8)
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
    token = WITHOUT_BITCAST.set(True)
    try:
        functions = _functions(graph)
    finally:
        WITHOUT_BITCAST.reset(token)
    with tempfile.TemporaryDirectory() as folder:
        save(functions, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions))
        if kind != WHOLE:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == FLOAT16:
            converter.target_spec.supported_types = [tf.float16]
        try:
            return converter.convert()
        except Exception as error:  # the converter has no error class of its own
            raise KerasfeatError(
                f"LiteRT can't hold this model: {str(error).splitlines()[0]}. Export it "
                "without --lite."
            ) from error


def _functions(graph: Graph) -> dict[str, Any]:
    """Signature -> concrete function."""
    clips = {
        (frontend.sample_rate_hz, frontend.clip_samples) for frontend in graph.frontends.values()
    }
    if len(clips) > 1:
        raise KerasfeatError(
            "a model that reads inputs of several sample rates has no LiteRT form. Export "
            "it without --lite."
        )
    functions = {}
    if "features" in graph.alone:
        columns = {column: tf.TensorSpec([1], tf.float32) for column in graph.columns}
        functions["features"] = _concrete(
            graph, columns, lambda row: graph.from_features(_table(graph, row))
        )
    if "audio" in graph.alone:
        ((_, samples),) = clips
        functions["audio"] = _concrete(
            graph,
            {WAVEFORM: tf.TensorSpec([1, samples], tf.float32)},
            lambda row: _from_window(graph, row[WAVEFORM]),
        )
    return functions


def _concrete(
    graph: Graph,
    specs: Mapping[str, tf.TensorSpec],
    answers: Callable[[dict[str, Tensor]], dict[str, Tensor]],
) -> Any:
    def numbers(**inputs: Tensor) -> dict[str, Tensor]:
        outputs = graph.named(answers(inputs))
        return {name: value for name, value in outputs.items() if value.dtype == tf.float32}

    return tf.function(numbers, autograph=False).get_concrete_function(**specs)


def _table(graph: Graph, row: dict[str, Tensor]) -> Tensor:
    # TensorFlow hands over inputs in the order of their names, which is not that of the columns.
    return tf.stack([row[column] for column in graph.columns], axis=1)  # [1, columns]


def _from_window(graph: Graph, waveform: Tensor) -> dict[str, Tensor]:
    audio = {name: frontend(waveform) for name, frontend in graph.frontends.items()}
    absent = graph.tabular(tf.fill([1, len(graph.columns)], np.float32(np.nan)))
    return graph.model({**absent, **audio}, training=False)


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
        KerasfeatError: the table that the run was trained on is gone.
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
    state = predictor.state
    table = predictor.load(state["data"], predictor.task, state["label"])
    return table.frame[table.frame["track_id"].isin(tested)].head(SONGS)


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
