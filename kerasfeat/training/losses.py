"""Losses beside Keras's own."""

import keras
from keras import ops

from kerasfeat import KerasfeatError
from kerasfeat.tasks import CLASSES, LABELS, VALUES


@keras.saving.register_keras_serializable("kerasfeat")
class OutlierWeighted(keras.losses.Loss):
    """Squared error that counts more the further the truth lies from the usual.

    Each example's squared error is multiplied by exp(((y - mean) / (alpha deviation))^2 / beta), with y the true value ("Autoen-chorder",
    section "Additional model considerations"). At the mean that is 1; with alpha = beta = 2, at two deviations e^0.5 = 1.65.

    Args:
        mean: the usual value.
        deviation: of the training songs' values.
        alpha, beta: how slowly the weight grows.
    """

    def __init__(self, mean, deviation, alpha=2.0, beta=2.0, name="outlier_weighted", **kwargs):
        super().__init__(name=name, **kwargs)
        self.mean, self.deviation, self.alpha, self.beta = mean, deviation, alpha, beta

    def call(self, y_true, y_pred):
        y_true = ops.cast(y_true, y_pred.dtype)
        weight = ops.exp(ops.square((y_true - self.mean) / (self.alpha * self.deviation)) / self.beta)
        return ops.mean(weight * ops.square(y_true - y_pred), axis=-1)

    def get_config(self):
        own = {"mean": self.mean, "deviation": self.deviation, "alpha": self.alpha, "beta": self.beta}
        return {**super().get_config(), **own}


def loss_of(task, training, deviation):
    """The loss of a head of the task.

    Args:
        task: a Task.
        training: Training hyperparameters.
        deviation: of the training songs' values.

    Raises:
        KerasfeatError: for a loss of numbers where the task predicts labels.
    """
    if task.kind != VALUES and training.loss != "default":
        raise KerasfeatError(f"loss {training.loss!r} is one of numbers, and task {task.name!r} predicts labels: take --set loss=default.")
    if task.kind == LABELS:
        return "binary_crossentropy"
    if task.kind == CLASSES:
        return "categorical_crossentropy" if training.mixup else "sparse_categorical_crossentropy"
    if training.loss == "outlier_weighted":
        return OutlierWeighted(training.outlier_mean, max(deviation, 1e-6), training.outlier_alpha, training.outlier_beta)
    # Huber's loss at 1 is PyTorch's SmoothL1Loss.
    return {"default": "mean_squared_error", "smooth_l1": keras.losses.Huber(delta=1.0)}.get(training.loss, training.loss)
