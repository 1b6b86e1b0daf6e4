"""What needs no learning: a random number for each song."""

import math
from typing import Any

import keras
from keras import ops

from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS, FRAMES, MELS, PATCHES, SAMPLES
from kerasfeat.networks.layers import Float32Layer, register
from kerasfeat.networks.trunks import Built, trunk


@register
class Draw(Float32Layer):
    """A number from a normal distribution for each example, the same for equal inputs.

    Two shares from 0 to 1, fractions of a large multiple of a sine of the input, become a normal
    number as Box and Muller (1958) have it. [batch, ...] -> [batch, 1].
    """

    def __init__(self, mean: float, deviation: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mean, self.deviation = mean, deviation

    def call(self, values: Tensor) -> Tensor:
        flat = ops.reshape(values, (-1, math.prod(values.shape[1:])))  # [batch, numbers]
        flat = ops.nan_to_num(flat)
        place = ops.arange(flat.shape[1], dtype="float32")
        first, second = (
            self._share(ops.sum(flat * ops.sin(place * step + 1.0), axis=1, keepdims=True))
            for step in (12.9898, 78.233)
        )
        radius = ops.sqrt(-2.0 * ops.log(ops.maximum(first, 1e-7)))
        normal = radius * ops.cos(2.0 * math.pi * second)
        return self.mean + self.deviation * normal

    def _share(self, number: Tensor) -> Tensor:
        """A share from 0 to 1 that differs much between numbers that differ little."""
        spread = ops.sin(number) * 43758.5453
        return spread - ops.floor(spread)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "deviation": self.deviation}


@trunk(axes=(COLUMNS, FRAMES, SAMPLES, MELS, PATCHES), several=True, scaling="raw")
def random_normal(
    inputs: dict[str, Tensor], *, mean: float = 0.4002, deviation: float = 0.1679
) -> Built:
    """A number drawn from a normal distribution for each song, whatever it sounds like."""
    x = next(iter(inputs.values()))

    def output(drawn: Tensor, head: str) -> Tensor:
        return keras.layers.Identity(name=head, dtype="float32")(drawn)

    return Draw(mean, deviation)(x), output
