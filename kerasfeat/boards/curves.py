"""Losses, metrics, and the learning rate by epoch, for TensorBoard."""

from pathlib import Path

import keras
import tensorflow as tf

VALIDATION = "val_"


class Curves(keras.callbacks.Callback):
    """Writes what Keras measures of each epoch into groups that TensorBoard opens tidily; training
    and validation share a curve's name.

    Keras's own callback names all of it epoch_..., in one heap, and validation a second time by
    iterations.

    Args:
        logs: folder of this training's TensorBoard logs.
    """

    def __init__(self, logs):
        super().__init__()
        self.logs = Path(logs)
        self.writers = {}

    def on_epoch_end(self, epoch, logs=None):
        for name, value in logs.items():
            part = "validation" if name.startswith(VALIDATION) else "train"
            if part not in self.writers:
                self.writers[part] = tf.summary.create_file_writer(str(self.logs / part))
            with self.writers[part].as_default(step=epoch):
                tf.summary.scalar(grouped(name.removeprefix(VALIDATION)), value)
        for writer in self.writers.values():
            writer.flush()

    def on_train_end(self, logs=None):
        for writer in self.writers.values():
            writer.close()


def grouped(name):
    """The tag of a quantity that Keras logs: loss/total, loss/energy, metrics/accuracy,
    training/learning_rate.
    """
    if name == "loss":
        return "loss/total"
    if name.endswith("_loss"):
        return f"loss/{name.removesuffix('_loss')}"
    return f"training/{name}" if name == "learning_rate" else f"metrics/{name}"
