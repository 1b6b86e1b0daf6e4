"""Losses beside Keras's own."""

from typing import Any

import keras
from keras import ops

from kerasfeat.arrays import Tensor


@keras.saving.register_keras_serializable("kerasfeat")
class OutlierWeighted(keras.losses.Loss):
    """Squared error that counts more the further the truth lies from the usual.

    Each example's squared error is multiplied by exp(((y - mean) / (alpha deviation))^2 / beta),
    with y the true value ("Autoen-chorder", section "Additional model considerations"). At the mean
    that is 1; with alpha = beta = 2, at two deviations e^0.5 = 1.65.

    Args:
        mean: the usual value.
        deviation: of the training songs' values.
        alpha, beta: how slowly the weight grows.
    """

    def __init__(
        self,
        mean: float,
        deviation: float,
        alpha: float = 2.0,
        beta: float = 2.0,
        name: str = "outlier_weighted",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.mean, self.deviation, self.alpha, self.beta = mean, deviation, alpha, beta

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """[batch, values] each to [batch]."""
        y_true = ops.cast(y_true, y_pred.dtype)
        distance = (y_true - self.mean) / (self.alpha * self.deviation)
        weight = ops.exp(ops.square(distance) / self.beta)
        return ops.mean(weight * ops.square(y_true - y_pred), axis=-1)

    def get_config(self) -> dict[str, Any]:
        own = {
            "mean": self.mean,
            "deviation": self.deviation,
            "alpha": self.alpha,
            "beta": self.beta,
        }
        return {**super().get_config(), **own}
