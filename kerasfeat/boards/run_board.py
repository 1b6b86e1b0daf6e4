"""What TensorBoard shows of a run beside the curves that training logs: hyperparameters with
scores, plots, songs, graph, projector.
"""

import shutil

import tensorflow as tf
from tensorboard.plugins.hparams import api

from kerasfeat.boards.epochs import AnswersByEpoch, Profile, WeightsByEpoch, precision_recall
from kerasfeat.boards.projector import write_projector
from kerasfeat.boards.songs import write_songs
from kerasfeat.evaluation.predictions import read_predictions

TEST = "test"


def callbacks(experiment, parts, logs, inputs, histograms=False, profile=False):
    """Keras callbacks that log one training on `inputs` under the folder `logs`, and were asked
    for.
    """
    asked = [WeightsByEpoch(logs)] if histograms else []
    return (
        AnswersByEpoch(experiment, parts, logs, inputs),
        *asked,
        *([Profile(logs)] if profile else []),
    )


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
        predictions = read_predictions(run.path, experiment.target)
        precision_recall(experiment.target, predictions.truth, predictions.prediction, "test", 0)
        write_songs(experiment.target, predictions)
        tf.summary.graph(_graph(model, experiment.dataset.fields))
    writer.close()
    write_projector(experiment, model, parts, folder)


def _hyperparameters(run, task, hyperparameters, test):
    """What the dashboard compares runs by, and the test's scalar metrics."""
    api.hparams(
        {"task": task.name, **{n: "none" if v is None else v for n, v in hyperparameters.items()}},
        trial_id=run.path.name,
    )
    for name, value in test.items():
        if isinstance(value, float):
            tf.summary.scalar(f"test/{name}", value)


def _graph(model, fields):
    """The operations that predict a batch."""
    call = tf.function(lambda inputs: model(inputs, training=False))
    return call.get_concrete_function(
        {field.name: field.spec(batch=True) for field in fields}
    ).graph
