"""Losses, metrics, and the learning rate by epoch, for TensorBoard."""

from pathlib import Path

import keras
import tensorflow as tf

from kerasfeat.arrays import Tensor

VALIDATION = "val_"


class Curves(keras.callbacks.Callback):
    """Writes what Keras measures of each epoch into groups that TensorBoard opens tidily.

    Training and validation share a curve's name. Keras's own callback names all of it epoch_...,
    in one heap, and validation a second time by iterations.

    Args:
        logs: folder of this training's TensorBoard logs.
    """

    def __init__(self, logs: Path | str) -> None:
        super().__init__()
        self.logs = Path(logs)
        self.writers: dict[str, Tensor] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the epoch's `logs`."""
        for name, value in (logs or {}).items():
            part = "validation" if name.startswith(VALIDATION) else "train"
            if part not in self.writers:
                self.writers[part] = tf.summary.create_file_writer(str(self.logs / part))
            with self.writers[part].as_default(step=epoch):
                tf.summary.scalar(grouped(name.removeprefix(VALIDATION)), value)
        for writer in self.writers.values():
            writer.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()


def grouped(name: str) -> str:
    """The tag of a quantity that Keras logs.

    Examples: loss/total, loss/energy, metrics/accuracy, training/learning_rate.
    """
    if name == "loss":
        return "loss/total"
    if name.endswith("_loss"):
        return f"loss/{name.removesuffix('_loss')}"
    return f"training/{name}" if name == "learning_rate" else f"metrics/{name}"
