"""What TensorBoard shows of a run beside the curves that training logs: hyperparameters with scores, plots, songs, graph, projector."""

import shutil

import numpy as np
import pandas as pd
import tensorflow as tf
from tensorboard.plugins.hparams import api

from kerasfeat.tasks import CLASSES, VALUES
from kerasfeat.training.boards.epochs import AnswersByEpoch, Profile, WeightsByEpoch, precision_recall
from kerasfeat.training.boards.projector import write_projector
from kerasfeat.training.boards.songs import write_songs

TEST = "test"


def callbacks(experiment, parts, logs, inputs, histograms=False, profile=False):
    """Keras callbacks that log one training on `inputs` under the folder `logs`, and were asked for."""
    asked = [WeightsByEpoch(logs)] if histograms else []
    return (AnswersByEpoch(experiment, parts, logs, inputs), *asked, *([Profile(logs)] if profile else []))


def write(run, experiment, model, parts, test):
    """Everything on the finished training, under `tensorboard/test`.

    Args:
        run: a Run with predictions.csv and the report's plots.
        experiment: its Experiment.
        model: the one that is kept.
        parts: [songs] of the split that it was trained on.
        test: metrics.json's `test`.
    """
    task, folder = experiment.task, run / "tensorboard" / TEST
    shutil.rmtree(folder, ignore_errors=True)  # of an interrupted attempt
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step=0):
        _hyperparameters(run, task, experiment.hyperparameters.to_json(), test)
        for plot in sorted((run / "plots").glob("*.png")):
            image = tf.io.decode_png(plot.read_bytes(), channels=3)  # [height, width, 3]
            tf.summary.image(f"test/{plot.stem}", image[tf.newaxis])
        if task.kind != VALUES:
            labels = experiment.prepared.labels or task.targets
            precision_recall(labels, *_answers(run, task, labels), "test", 0)
        write_songs(run, task)
        tf.summary.graph(_graph(model, experiment.fields()))
    writer.close()
    write_projector(experiment, model, parts, folder)


def _hyperparameters(run, task, hyperparameters, test):
    """What the dashboard compares runs by, and the test's scalar metrics."""
    api.hparams({"task": task.name, **{n: "none" if v is None else v for n, v in hyperparameters.items()}}, trial_id=run.path.name)
    for name, value in test.items():
        if isinstance(value, float):
            tf.summary.scalar(f"test/{name}", value)


def _answers(run, task, labels):
    """(bool, whether it is the song's label; probabilities), both [songs, labels], of the test songs."""
    table = pd.read_csv(run / "predictions.csv", dtype=str, keep_default_na=False)
    if task.kind == CLASSES:
        true = table[f"true_{task.name}"].to_numpy()[:, np.newaxis] == np.array(labels, object)
        return true, table[[f"probability_{label}" for label in labels]].to_numpy(np.float64)
    true, predicted = (table[[f"{part}_{label}" for label in labels]].to_numpy(np.float64) for part in ("true", "predicted"))
    return true > 0, predicted


def _graph(model, fields):
    """The operations that predict a batch."""
    call = tf.function(lambda inputs: model(inputs, training=False))
    return call.get_concrete_function({field.name: field.spec(batch=True) for field in fields}).graph
