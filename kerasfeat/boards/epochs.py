"""How a model's answers for its validation songs change while it trains: plots, precision-recall
curves, and histograms by epoch.
"""

from contextlib import contextmanager
from functools import singledispatch

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.pr_curve import summary as pr_curve

from kerasfeat.evaluation import plots
from kerasfeat.evaluation.summary import words
from kerasfeat.pipeline.batches import predict_songs
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

SONGS = 1000  # at most, of the validation songs
POINTS = 1000  # of a scatter plot
MOST_CURVES = 30  # with a precision-recall curve each


class AnswersByEpoch(keras.callbacks.Callback):
    """Writes the validation songs' answers after epochs 1, 2, 4, 8, and so on: often enough to see
    them settle, and cheap.

    Args:
        experiment: the Experiment that is trained.
        parts: [songs] of "train", "validation", "test".
        logs: folder of this training's TensorBoard logs.
        inputs: Inputs that the model reads.
    """

    def __init__(self, experiment, parts, logs, inputs):
        super().__init__()
        self.experiment = experiment
        known = np.flatnonzero(parts == "validation")
        self.songs = known[plots.sample(len(known), SONGS)]
        self.logs = logs
        self.inputs = inputs

    def on_epoch_end(self, epoch, logs=None):
        target, dataset = self.experiment.target, self.experiment.dataset
        # A stage may train a part of the network, which answers nothing.
        if (
            not len(self.songs)
            or (epoch + 1) & epoch
            or not set(target.heads) <= set(self.model.output)
        ):
            return
        predicted = predict_songs(self.model, target.heads, self.inputs, self.songs)
        with _writing(self.logs / "validation", epoch):
            write_answers(target, dataset.y[self.songs], predicted, "validation", epoch)


class WeightsByEpoch(keras.callbacks.Callback):
    """Writes histograms of every layer's weights after each epoch."""

    def __init__(self, logs):
        super().__init__()
        self.logs = logs

    def on_epoch_end(self, epoch, logs=None):
        with _writing(self.logs / "train", epoch):
            for weight in self.model.weights:
                tf.summary.histogram(weight.path, weight)


class Profile(keras.callbacks.Callback):
    """Profiles some batches of the first epoch, behind those in which graphs are traced."""

    FIRST, LAST = 3, 13

    def __init__(self, logs):
        super().__init__()
        self.logs = logs
        self.running = False

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.FIRST and self.logs is not None:
            tf.profiler.experimental.start(str(self.logs))
            self.logs, self.running = None, True

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.LAST:
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        self._stop()

    def _stop(self):
        if self.running:
            tf.profiler.experimental.stop()
            self.running = False


@contextmanager
def _writing(folder, step):
    """The default writer of a folder for one epoch; its file is complete afterwards."""
    writer = tf.summary.create_file_writer(str(folder))
    try:
        with writer.as_default(step=step):
            yield
    finally:
        writer.close()


@singledispatch
def write_answers(target: Target, truth, prediction, group: str, step: int) -> None:
    """Write what answers look like to the default writer.

    Of labels a precision-recall curve each, of one label a song a confusion matrix too; of numbers
    predicted over true values.

    Args:
        target: of the answers.
        truth, prediction: of some songs.
        group: first part of the tags, under which the dashboard gathers them.
        step: the epoch.
    """
    raise TypeError(type(target))


@write_answers.register
def _(target: Multiclass, truth, prediction, group: str, step: int) -> None:
    counts = target.tables(truth, prediction)["confusion"]
    side = max(4.0, 1.6 + 0.34 * len(target.labels))
    image(
        f"{group}/confusion",
        plots.confusion(np.array(counts), list(target.labels)),
        step,
        (side + 0.8, side),
    )
    precision_recall(target, truth, prediction, group, step)


@write_answers.register
def _(target: Multilabel, truth, prediction, group: str, step: int) -> None:
    precision_recall(target, truth, prediction, group, step)


@write_answers.register
def _(target: Regression, truth, prediction, group: str, step: int) -> None:
    truth, prediction = target.in_unit(truth), target.in_unit(prediction)
    for place, name in enumerate(target.names):
        known = np.isfinite(truth[:, place])
        if known.any():
            draw = plots.against(truth[known, place], prediction[known, place], POINTS)
            image(f"{group}/{name}", draw, step, title=words(name))


def precision_recall(target: Target, truth, prediction, group: str, step: int) -> None:
    """Write a precision-recall curve of each label that a song has, the first MOST_CURVES of them;
    nothing of numbers.
    """
    has = target.label_truth(truth)
    for label in np.flatnonzero(has.any(axis=0))[:MOST_CURVES]:
        curve = pr_curve.pb(
            f"{group}/{target.outputs[label]}", has[:, label], np.clip(prediction[:, label], 0, 1)
        )
        tf.summary.experimental.write_raw_pb(curve.SerializeToString(), step=step)


def image(tag, draw, step, size=plots.SIZE, title=None):
    """Write what `draw(axes)` draws as an image."""
    pixels = tf.io.decode_png(plots.png(draw, size, title), channels=3)  # [height, width, 3]
    tf.summary.image(tag, pixels[tf.newaxis], step=step)
