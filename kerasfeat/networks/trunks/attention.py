"""Trunks whose frames look at each other."""

from keras import layers

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Tensor
from kerasfeat.fields import FRAMES, PATCHES
from kerasfeat.networks.layers import Shape, flat, register
from kerasfeat.networks.trunks import trunk


@register
class Positions(layers.Layer):
    """Adds a learned vector to each frame, by its place: [batch, frames, units] keeps its shape."""

    def build(self, input_shape: Shape) -> None:
        self.places = self.add_weight(
            name="places", shape=tuple(input_shape[1:]), initializer="random_normal"
        )

    def call(self, frames: Tensor) -> Tensor:
        return frames + self.places


@trunk(axes=(FRAMES, PATCHES))
def transformer(
    inputs: dict[str, Tensor],
    *,
    units: int = 64,
    heads: int = 4,
    blocks: int = 2,
    stride: int = 8,
    dropout: float = 0.3,
) -> Tensor:
    """Attention between groups of `stride` frames, or between a backbone's patches.

    Source: Xiong et al. 2020, arXiv 2002.04745: normalised before each block.
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
