"""Trunks over table columns."""

from typing import Any

import keras
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS
from kerasfeat.networks.layers import Shape, register
from kerasfeat.networks.trunks import trunk


@register
class OneOf(keras.layers.Layer):
    """The mean of an ensemble's members, and in training one of them, drawn for each example.

    So each member learns from songs of its own, as in bagging, and none relies on another.
    [batch, members, units] -> [batch, units].
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, members: Tensor, training: bool = False) -> Tensor:
        if not training:
            return ops.mean(members, axis=1)
        batch, count, _ = ops.shape(members)
        drawn = keras.random.randint((batch,), 0, count, seed=self.generator)
        return ops.sum(members * ops.one_hot(drawn, count, dtype=members.dtype)[..., None], axis=1)

    def compute_output_shape(self, members_shape: Shape) -> Shape:
        return (members_shape[0], members_shape[2])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


def _dense(members: int, units: int, **named: Any) -> layers.Layer:
    """A dense layer for each member: [batch, members, inputs] -> [batch, members, units]."""
    return layers.EinsumDense(
        "bmi,mio->bmo", output_shape=(members, units), bias_axes="mo", **named
    )


@trunk(axes=(COLUMNS,))
def tabular(
    inputs: dict[str, Tensor],
    *,
    units: int = 128,
    blocks: int = 2,
    dropout: float = 0.5,
    members: int = 1,
) -> Tensor:
    """Residual networks over encoded table columns, normalised before each block.

    Source: Gorishniy et al. 2021, arXiv 2106.11959.
    """
    (x,) = inputs.values()
    x = layers.Dense(members * units)(x)
    x = layers.Reshape((members, units))(x)  # [batch, members, units]
    for _ in range(blocks):
        h = layers.LayerNormalization()(x)
        h = _dense(members, units, activation="gelu")(h)
        h = layers.Dropout(dropout)(h)
        x = layers.Add()([x, _dense(members, units)(h)])
    x = layers.LayerNormalization()(x)
    x = OneOf()(x)  # [batch, units]
    return layers.Dropout(dropout)(x)
