"""What needs no learning: a random number for each song."""

import math

import keras
from keras import ops

from kerasfeat.networks.layers import register
from kerasfeat.networks.trunks import model


@register
class Draw(keras.layers.Layer):
    """A number from a normal distribution for each example, always the same for equal inputs:
    [batch, ...] -> [batch, 1].

    Two shares from 0 to 1, fractions of a large multiple of a sine of the input, become a normal
    number as Box and Muller (1958) have it.
    """

    def __init__(self, mean, deviation, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.mean, self.deviation = mean, deviation

    def call(self, values):
        flat = ops.nan_to_num(
            ops.reshape(values, (-1, math.prod(values.shape[1:])))
        )  # [batch, numbers]
        place = ops.arange(flat.shape[1], dtype="float32")
        first, second = (
            self._share(ops.sum(flat * ops.sin(place * step + 1.0), axis=1, keepdims=True))
            for step in (12.9898, 78.233)
        )
        normal = ops.sqrt(-2.0 * ops.log(ops.maximum(first, 1e-7))) * ops.cos(
            2.0 * math.pi * second
        )
        return self.mean + self.deviation * normal

    def _share(self, number):
        spread = ops.sin(number) * 43758.5453
        return spread - ops.floor(spread)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "deviation": self.deviation}


@model(axes=("columns", "frames", "samples", "mels", "patches"), several=True, scaling="raw")
def random_normal(inputs, *, mean=0.4002, deviation=0.1679):
    """A number drawn from a normal distribution for each song, whatever it sounds like."""
    x = next(iter(inputs.values()))
    return Draw(mean, deviation)(x), lambda drawn, head: keras.layers.Identity(
        name=head, dtype="float32"
    )(drawn)
