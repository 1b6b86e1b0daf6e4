"""Optimisers and what becomes of their learning rate."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from keras.optimizers import schedules

from kerasfeat.arrays import Tensor
from kerasfeat.experiment.hyperparameters import Training


def optimizer(training: Training, steps: int) -> keras.optimizers.Optimizer:
    """The optimiser of a stage.

    Args:
        training: hyperparameters.
        steps: batches an epoch, which schedules count in.
    """
    rate = _learning_rate(training, steps)
    decay = training.weight_decay or None
    made = {
        "adamw": lambda: keras.optimizers.AdamW(rate, weight_decay=training.weight_decay),
        "adam": lambda: keras.optimizers.Adam(rate, weight_decay=decay),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=training.momentum, weight_decay=decay),
        "adadelta": lambda: keras.optimizers.Adadelta(rate, weight_decay=decay),
    }[training.optimizer]()
    if training.weight_decay:
        made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "absent", "growth"])
    return made


def _learning_rate(training: Training, steps: int) -> float | schedules.LearningRateSchedule:
    rate, decay = training.learning_rate, training.decay
    if training.schedule == "cosine":
        return schedules.CosineDecay(rate, training.epochs * steps)
    if training.schedule in ("exponential", "staircase"):
        return schedules.ExponentialDecay(
            rate, training.decay_epochs * steps, decay, staircase=training.schedule == "staircase"
        )
    if training.schedule == "cyclic":
        return Cyclic(decay * rate, rate, training.decay_epochs * steps)
    return rate


@keras.saving.register_keras_serializable("kerasfeat")
class Cyclic(schedules.LearningRateSchedule):
    """The triangular policy of Smith 2017 (arXiv 1506.01186): from `low` to `high` in `steps`
    steps, back in as many, and again.
    """

    def __init__(self, low: float, high: float, steps: int) -> None:
        self.low, self.high, self.steps = low, high, steps

    def __call__(self, step: Tensor) -> Tensor:
        place = ops.cast(step, "float32") / self.steps
        return self.low + (self.high - self.low) * (1.0 - ops.abs(place % 2.0 - 1.0))

    def get_config(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high, "steps": self.steps}


def plateau(training: Training, monitor: str) -> keras.callbacks.Callback:
    """A callback that lowers the rate when `monitor` no longer falls: by `decay`, or to the next of
    `rates`.
    """
    patience = max(1, training.patience // 3)
    if training.rates:
        return NextRate(training.rates, monitor, patience)
    return keras.callbacks.ReduceLROnPlateau(monitor, factor=training.decay, patience=patience)


class NextRate(keras.callbacks.Callback):
    """Goes to the next learning rate after `patience` epochs without a lower value.

    Args:
        rates: learning rates in order.
        monitor: name of the value.
        patience: epochs.
    """

    def __init__(self, rates: Sequence[float], monitor: str, patience: int) -> None:
        super().__init__()
        self.rates, self.monitor, self.patience = list(rates), monitor, patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.waited += 1
        if logs[self.monitor] < self.best:
            self.best, self.waited = logs[self.monitor], 0
        elif self.waited >= self.patience and self.rates:
            self.model.optimizer.learning_rate, self.waited = self.rates.pop(0), 0
