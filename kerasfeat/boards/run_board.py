"""What TensorBoard shows of a run beside the curves that training logs.

Hyperparameters with scores, plots, songs, graph, and projector.
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorboard.plugins.hparams import api

from kerasfeat.arrays import Array, Tensor
from kerasfeat.boards.epochs import AnswersByEpoch, Profile, WeightsByEpoch, precision_recall
from kerasfeat.boards.projector import write_projector
from kerasfeat.boards.songs import write_songs
from kerasfeat.evaluation.predictions import read_predictions
from kerasfeat.evaluation.song_vectors import SongVectors
from kerasfeat.fields import Field
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.targets import Target

TEST = "test"


def callbacks(
    target: Target,
    truth: Array,
    parts: Array,
    logs: Path,
    inputs: Inputs,
    *,
    answers: bool = True,
    histograms: bool = False,
    profile: bool = False,
) -> list[keras.callbacks.Callback]:
    """Keras callbacks that log one training beside its curves.

    Args:
        target: what is learnt.
        truth: of all songs.
        parts: [songs] of "train", "validation", "test".
        logs: folder of this training's TensorBoard logs.
        inputs: of all songs, as the trained model reads them.
        answers: whether those of validation songs are logged.
        histograms: whether weights are logged.
        profile: whether some batches are profiled.
    """
    return [
        *([AnswersByEpoch(target, truth, parts, logs, inputs)] if answers else []),
        *([WeightsByEpoch(logs)] if histograms else []),
        *([Profile(logs)] if profile else []),
    ]


def write(
    run_dir: Path,
    model: keras.Model,
    songs: SongVectors,
    *,
    task: str,
    target: Target,
    fields: Iterable[Field],
    hyperparameters: Mapping[str, Any],
    test: Mapping[str, Any],
) -> None:
    """Write everything on the finished training under RUN/tensorboard/test.

    Args:
        run_dir: with predictions.csv and the report's plots.
        model: the one that is kept.
        songs: of the run, as this model represents them.
        task: its name.
        target: what is learnt.
        fields: the model's inputs.
        hyperparameters: their values by name, as run.json has them.
        test: metrics.json's `test`.
    """
    folder = run_dir / "tensorboard" / TEST
    shutil.rmtree(folder, ignore_errors=True)  # of an interrupted attempt
    predictions = read_predictions(run_dir, target)
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step=0):
        _write_hyperparameters(run_dir.name, {"task": task, **hyperparameters})
        _write_scores(test)
        _write_plots(run_dir / "plots")
        if predictions is not None:
            precision_recall(target, predictions.truth, predictions.prediction, TEST, step=0)
            write_songs(target, predictions)
        tf.summary.graph(_graph(model, fields))
    writer.close()
    write_projector(folder, target, songs, title=f"songs by {task}")


def _write_hyperparameters(run: str, values: Mapping[str, Any]) -> None:
    """Write what the dashboard compares runs by; `run` is the name of this one."""
    known = {name: "none" if value is None else value for name, value in values.items()}
    api.hparams(known, trial_id=run)


def _write_scores(test: Mapping[str, Any]) -> None:
    """Write the test's scalar metrics."""
    for name, value in test.items():
        if isinstance(value, float):
            tf.summary.scalar(f"test/{name}", value)


def _write_plots(folder: Path) -> None:
    """Write the report's plots as images."""
    for plot in sorted(folder.glob("*.png")):
        image = tf.io.decode_png(plot.read_bytes(), channels=3)  # [height, width, 3]
        tf.summary.image(f"test/{plot.stem}", image[tf.newaxis])


def _graph(model: keras.Model, fields: Iterable[Field]) -> Tensor:
    """The operations that predict a batch."""
    call = tf.function(lambda inputs: model(inputs, training=False))
    specs = {field.name: field.spec(batch=True) for field in fields}
    return call.get_concrete_function(specs).graph
