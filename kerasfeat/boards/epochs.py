"""How a model's answers for its validation songs change while it trains, for TensorBoard.

Plots, precision-recall curves, and histograms by epoch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import singledispatch
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.pr_curve import summary as pr_curve

from kerasfeat.arrays import Array
from kerasfeat.evaluation import plots, target_drawings
from kerasfeat.pipeline.batches import predict_songs
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target
from kerasfeat.text import words

SONGS = 1000  # at most, of the validation songs
POINTS = 1000  # of a scatter plot
MOST_CURVES = 30  # with a precision-recall curve each


class AnswersByEpoch(keras.callbacks.Callback):
    """Writes the validation songs' answers after epochs 1, 2, 4, 8, and so on.

    That is often enough to see them settle, and cheap.

    Args:
        target: what is learnt.
        truth: of all songs.
        parts: [songs] of "train", "validation", "test".
        logs: folder of this training's TensorBoard logs.
        inputs: of all songs, as the model reads them.
    """

    def __init__(
        self, target: Target, truth: Array, parts: Array, logs: Path, inputs: Inputs
    ) -> None:
        super().__init__()
        self.target = target
        validation = np.flatnonzero(parts == "validation")
        self.songs = validation[plots.sample(len(validation), SONGS)]
        self.truth = truth[self.songs]
        self.logs = logs
        self.inputs = inputs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the answers after the epoch, where it is one of those."""
        is_power_of_two = (epoch + 1) & epoch == 0
        # A stage may train a part of the network, which answers nothing.
        has_answers = set(self.target.heads) <= set(self.model.output)
        if not (len(self.songs) and is_power_of_two and has_answers):
            return
        prediction = predict_songs(self.model, self.target.heads, self.inputs, self.songs)
        with _writing(self.logs / "validation", epoch):
            write_answers(self.target, self.truth, prediction, group="validation", step=epoch)


class WeightsByEpoch(keras.callbacks.Callback):
    """Writes histograms of every layer's weights after each epoch.

    Args:
        logs: folder of this training's TensorBoard logs.
    """

    def __init__(self, logs: Path) -> None:
        super().__init__()
        self.logs = logs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the histograms."""
        with _writing(self.logs / "train", epoch):
            for weight in self.model.weights:
                tf.summary.histogram(weight.path, weight)


class Profile(keras.callbacks.Callback):
    """Profiles some batches of the first epoch, behind those in which graphs are traced.

    Args:
        logs: folder of this training's TensorBoard logs.
    """

    FIRST, LAST = 3, 13

    def __init__(self, logs: Path) -> None:
        super().__init__()
        self.logs = logs
        self.begun = self.running = False

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Start at the first of these batches, once."""
        if batch == self.FIRST and not self.begun:
            tf.profiler.experimental.start(str(self.logs))
            self.begun = self.running = True

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Stop at the last one."""
        if batch == self.LAST:
            self._stop()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop where the epoch has fewer batches."""
        self._stop()

    def _stop(self) -> None:
        if self.running:
            tf.profiler.experimental.stop()
            self.running = False


@contextmanager
def _writing(folder: Path, step: int) -> Iterator[None]:
    """The default writer of a folder for one epoch; its file is complete afterwards."""
    writer = tf.summary.create_file_writer(str(folder))
    try:
        with writer.as_default(step=step):
            yield
    finally:
        writer.close()


@singledispatch
def write_answers(target: Target, truth: Array, prediction: Array, group: str, step: int) -> None:
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
def _(target: Multiclass, truth: Array, prediction: Array, group: str, step: int) -> None:
    counts = target.tables(truth, prediction)["confusion"]
    draw = target_drawings.confusion(counts, target.labels)
    side = max(4.0, 1.6 + 0.34 * len(target.labels))
    image(f"{group}/confusion", draw, step, size=(side + 0.8, side))
    precision_recall(target, truth, prediction, group, step)


@write_answers.register
def _(target: Multilabel, truth: Array, prediction: Array, group: str, step: int) -> None:
    precision_recall(target, truth, prediction, group, step)


@write_answers.register
def _(target: Regression, truth: Array, prediction: Array, group: str, step: int) -> None:
    truth, prediction = target.in_unit(truth), target.in_unit(prediction)
    for place, name in enumerate(target.names):
        known = np.isfinite(truth[:, place])
        if known.any():
            own, predicted = truth[known, place], prediction[known, place]
            draw = target_drawings.against(own, predicted, POINTS)
            image(f"{group}/{name}", draw, step, title=words(name))


def precision_recall(
    target: Target, truth: Array, prediction: Array, group: str, step: int
) -> None:
    """Write a precision-recall curve of each label that a song has; nothing of numbers.

    Of many labels the first MOST_CURVES have one. The arguments are as of `write_answers`.
    """
    has = target.label_truth(truth)  # [songs, labels]
    for label in np.flatnonzero(has.any(axis=0))[:MOST_CURVES]:
        tag, probability = f"{group}/{target.outputs[label]}", np.clip(prediction[:, label], 0, 1)
        curve = pr_curve.pb(tag, has[:, label], probability)
        tf.summary.experimental.write_raw_pb(curve.SerializeToString(), step=step)


def image(
    tag: str,
    draw: plots.Draw,
    step: int,
    *,
    size: plots.Size = plots.SIZE,
    title: str | None = None,
) -> None:
    """Write what `draw(axes)` draws as an image to the default writer.

    Args:
        tag: of the image.
        draw: a function of Matplotlib axes.
        step: the epoch.
        size: of the figure.
        title: above the plot.
    """
    pixels = tf.io.decode_png(plots.png(draw, size, title), channels=3)  # [height, width, 3]
    tf.summary.image(tag, pixels[tf.newaxis], step=step)
