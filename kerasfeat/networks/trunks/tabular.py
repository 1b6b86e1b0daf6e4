"""Trunks over table columns."""

import keras
from keras import layers, ops

from kerasfeat.networks.layers import register
from kerasfeat.networks.trunks import model


@register
class OneOf(keras.layers.Layer):
    """The mean of an ensemble's members, and in training one of them, drawn for each example:
    [batch, members, units] -> [batch, units].

    So each member learns from songs of its own, as in bagging, and none relies on another.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, members, training=False):
        if not training:
            return ops.mean(members, axis=1)
        batch, count, _ = ops.shape(members)
        drawn = keras.random.randint((batch,), 0, count, seed=self.generator)
        return ops.sum(members * ops.one_hot(drawn, count, dtype=members.dtype)[..., None], axis=1)

    def compute_output_shape(self, members_shape):
        return (members_shape[0], members_shape[2])

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


def _dense(members, units, **named):
    """A dense layer for each member: [batch, members, inputs] -> [batch, members, units]."""
    return layers.EinsumDense(
        "bmi,mio->bmo", output_shape=(members, units), bias_axes="mo", **named
    )


@model(axes=("columns",))
def tabular(inputs, *, units=128, blocks=2, dropout=0.5, members=1):
    """Residual networks over encoded table columns, normalised before each block (Gorishniy et al.
    2021, arXiv 2106.11959).
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
