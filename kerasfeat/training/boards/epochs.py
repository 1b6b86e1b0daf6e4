"""How a model's answers for its validation songs change while it trains: plots, precision-recall curves, and histograms by epoch."""

from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.pr_curve import summary as pr_curve

from kerasfeat.evaluation import plots
from kerasfeat.evaluation.summary import words
from kerasfeat.tasks import CLASSES, LABELS
from kerasfeat.training.experiment import predict_songs

SONGS = 1000  # at most, of the validation songs
POINTS = 1000  # of a scatter plot
MOST_LABELS = 30  # with a precision-recall curve each


class AnswersByEpoch(keras.callbacks.Callback):
    """Writes the validation songs' answers after epochs 1, 2, 4, 8, and so on: often enough to see them settle, and cheap.

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
        task, prepared = self.experiment.task, self.experiment.prepared
        # A stage may train a part of the network, which answers nothing.
        if not len(self.songs) or (epoch + 1) & epoch or not set(task.heads) <= set(self.model.output):
            return
        predicted = predict_songs(self.model, task, self.inputs, self.songs)
        with _writing(self.logs / "validation", epoch):
            write_answers(task, prepared.labels, prepared.y[self.songs], predicted, "validation", epoch)


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


def write_answers(task, labels, true, predicted, group, step):
    """Write precision-recall curves and of one label a song a confusion matrix, or predicted over true values, to the default writer.

    Args:
        task: a Task.
        labels: label names, of a task that predicts classes.
        true: [songs] label indices, [songs, targets] with NaN where missing, or bool [songs, labels].
        predicted: [songs, labels], or [songs, targets].
        group: first part of the tags, under which the dashboard gathers them.
        step: the epoch.
    """
    if task.kind == CLASSES:
        counts = np.zeros((len(labels), len(labels)), int)
        np.add.at(counts, (true, predicted.argmax(1)), 1)
        side = max(4.0, 1.6 + 0.34 * len(labels))
        image(f"{group}/confusion", plots.confusion(counts, list(labels)), step, (side + 0.8, side))
        precision_recall(labels, true[:, np.newaxis] == np.arange(len(labels)), predicted, group, step)
        return
    if task.kind == LABELS:
        precision_recall(task.targets, true, predicted, group, step)
        return
    for place, target in enumerate(task.targets):
        known = np.isfinite(true[:, place])
        if known.any():
            draw = plots.against(true[known, place], predicted[known, place], POINTS)
            image(f"{group}/{target}", draw, step, title=words(target))


def precision_recall(labels, true, predicted, group, step):
    """Write a precision-recall curve of each label that a song has, the first MOST_LABELS of them; `true` is bool [songs, labels]."""
    for label in np.flatnonzero(true.any(axis=0))[:MOST_LABELS]:
        curve = pr_curve.pb(f"{group}/{labels[label]}", true[:, label], np.clip(predicted[:, label], 0, 1))
        tf.summary.experimental.write_raw_pb(curve.SerializeToString(), step=step)


def image(tag, draw, step, size=plots.SIZE, title=None):
    """Write what `draw(axes)` draws as an image."""
    pixels = tf.io.decode_png(plots.png(draw, size, title), channels=3)  # [height, width, 3]
    tf.summary.image(tag, pixels[tf.newaxis], step=step)
