"""Trunks whose frames look at each other."""

from keras import layers

from kerasfeat import KerasfeatError
from kerasfeat.networks.layers import flat, register
from kerasfeat.networks.trunks import model


@register
class Positions(layers.Layer):
    """Adds a learned vector to each frame, by its place: [batch, frames, units] keeps its shape."""

    def build(self, input_shape):
        self.places = self.add_weight(
            name="places", shape=tuple(input_shape[1:]), initializer="random_normal"
        )

    def call(self, frames):
        return frames + self.places


@model(axes=("frames", "patches"))
def transformer(inputs, *, units=64, heads=4, blocks=2, stride=8, dropout=0.3):
    """Attention between groups of `stride` frames, or between a backbone's patches, normalised
    before each block (arXiv 2002.04745).
    """
    x = flat(inputs)  # [batch, frames, bands]
    if units % heads:
        raise KerasfeatError(
            f"units is {units} and heads {heads}; units must be a multiple of heads."
        )
    step = max(1, min(stride, x.shape[1] // 8))  # few frames, such as patches, are not grouped
    x = Positions()(layers.Conv1D(units, step, strides=step)(x))  # [batch, frames / step, units]
    for _ in range(blocks):
        h = layers.LayerNormalization()(x)
        x = layers.Add()(
            [x, layers.MultiHeadAttention(heads, units // heads, dropout=dropout)(h, h)]
        )
        h = layers.Dense(2 * units, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dropout(dropout)(layers.Dense(units)(h))])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))  # [batch, units]
    return layers.Dropout(dropout)(x)
