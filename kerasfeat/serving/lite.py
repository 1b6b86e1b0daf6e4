"""A model for small devices: a LiteRT (TFLite) file with the signatures `features` and `audio`,
whole or with smaller weights.

`audio` takes one window: [1, samples] of the length and rate that the schema names. A song is the
mean over its windows, cut by the rule of kerasfeat.audio.windows. Answers are numbers; the label
names stand in `assets/labels.txt`.
"""

import tempfile
import warnings

import numpy as np
import pandas as pd
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.spectra import WITHOUT_BITCAST
from kerasfeat.audio.windows import cut
from kerasfeat.serving.graph import WAVEFORM
from kerasfeat.serving.signatures import save
from kerasfeat.serving.warmup import named, reference
from kerasfeat.songs import loading

WHOLE, FLOAT16, INT8 = "float32", "float16", "int8"
KINDS = (WHOLE, FLOAT16, INT8)
# As many test songs as the scores are measured on.
SONGS = 100


def convert(graph, kind):
    """The bytes of a LiteRT file.

    Args:
        graph: a Graph.
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


def _functions(graph):
    clips = {
        (frontend.sample_rate_hz, frontend.clip_samples) for frontend in graph.frontends.values()
    }
    if len(clips) > 1:
        raise KerasfeatError(
            "a model that reads inputs of several sample rates has no LiteRT form. Export "
            "it without --lite."
        )
    found = {}
    if "features" in graph.alone:
        columns = {column: tf.TensorSpec([1], tf.float32) for column in graph.columns}
        found["features"] = _concrete(
            graph, columns, lambda row: graph.from_features(_table(graph, row))
        )
    if "audio" in graph.alone:
        ((_, samples),) = clips
        found["audio"] = _concrete(
            graph,
            {WAVEFORM: tf.TensorSpec([1, samples], tf.float32)},
            lambda row: _window(graph, row[WAVEFORM]),
        )
    return found


def _concrete(graph, specs, answers):
    def numbers(**inputs):
        return {
            name: value
            for name, value in graph.named(answers(inputs)).items()
            if value.dtype == tf.float32
        }

    return tf.function(numbers, autograph=False).get_concrete_function(**specs)


def _table(graph, row):
    # TensorFlow hands over inputs in the order of their names, which is not that of the columns.
    return tf.stack([row[column] for column in graph.columns], axis=1)  # [1, columns]


def _window(graph, waveform):
    heard = {name: frontend(waveform) for name, frontend in graph.frontends.items()}
    absent = graph.tabular(tf.fill([1, len(graph.columns)], np.float32(np.nan)))
    return graph.model({**absent, **heard}, training=False)


class Lite:
    """A LiteRT file at work."""

    def __init__(self, content):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # TensorFlow would rather have another package's interpreter
            self._interpreter = tf.lite.Interpreter(model_content=content)
        self.signatures = sorted(self._interpreter.get_signature_list())

    def features(self, columns):
        """The numbers for one song's table columns, a dict of column to value."""
        run = self._interpreter.get_signature_runner("features")
        return run(**{name: np.array([value], "float32") for name, value in columns.items()})

    def audio(self, waveform, clip_samples):
        """The numbers for one song [samples]: the mean over its windows."""
        run = self._interpreter.get_signature_runner("audio")
        windows = [run(waveform=clip[None]) for clip in cut(waveform, clip_samples)]
        return {name: np.mean([window[name] for window in windows], axis=0) for name in windows[0]}


def measure(predictor, graph, content):
    """A LiteRT file beside the Keras model on the run's test songs.

    Returns:
        {signature: (songs, the Keras model's score, the file's score, largest difference of their
        answers)}; the score is the mean of the target's `song_metric`.

    Raises:
        KerasfeatError: the table that the run was trained on is gone.
    """
    lite, found = Lite(content), {}
    rows = _test_songs(predictor)
    for signature in lite.signatures:
        answers = [
            each
            for each in (_both(lite, graph, signature, row) for row in rows.to_dict("records"))
            if each
        ]
        if answers:
            true, keras, small = (np.array(part) for part in zip(*answers, strict=True))
            found[signature] = (
                len(true),
                _score(predictor.target, true, keras),
                _score(predictor.target, true, small),
                float(np.abs(keras - small).max()),
            )
    return found


def _test_songs(predictor):
    """Table rows of at most SONGS songs that the run was tested on, with their targets."""
    tested = pd.read_csv(predictor.run / "predictions.csv", dtype={"track_id": str})["track_id"]
    state = predictor.state
    known = {"percent": predictor.percent, "columns": predictor.columns}
    table = loading.load(state["data"], label=state["label"], task=predictor.task, **known)
    return table.frame[table.frame["track_id"].isin(tested)].head(SONGS)


def _both(lite, graph, signature, row):
    """(target, the Keras model's answer, the file's answer) for one song; None of a song without
    the input.
    """
    table = np.array([[row.get(column, np.nan) for column in graph.columns]], "float32")
    if signature == "features":
        if not np.isfinite(table).any():
            return None
        keras, small = (
            reference(graph, None, table),
            lite.features(dict(zip(graph.columns, table[0], strict=True))),
        )
    else:
        try:
            waveform = decode(row.get("audio") or "", graph.rate_hz)
        except AudioError:
            return None
        keras = reference(graph, [waveform], np.full_like(table, np.nan))
        small = lite.audio(waveform, next(iter(graph.frontends.values())).clip_samples)
    truth = graph.target.encode(pd.DataFrame([row]))[0]
    return truth, *(
        np.hstack([answer[name][0] for name in graph.target.served])
        for answer in (named(graph, keras), small)
    )


def _score(target, truth, answers):
    """The mean of the songs' scores, for their predictions in the table's unit."""
    return float(
        np.nanmean(target.song_scores(truth, target.from_unit(answers))[target.song_metric])
    )
