"""Trunks over spectrograms stacked by tempo."""

from keras import layers

from kerasfeat.arrays import Tensor
from kerasfeat.fields import BARS
from kerasfeat.networks.layer_rows import MOMENTUM
from kerasfeat.networks.trunks import trunk


@trunk(axes=(BARS,))
def stacked(inputs: dict[str, Tensor], *, filters: int = 32, dropout: float = 0.5) -> Tensor:
    """Convolutions over bars and steps, bands as channels.

    Along a row they read within a bar, down a column from bar to bar.
    """
    (x,) = inputs.values()  # [batch, bars, steps, mels]
    for wider in (1, 2):
        kernel = (min(2, x.shape[1]), 5)
        x = layers.Conv2D(wider * filters, kernel, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D((1, min(4, x.shape[2])))(x)  # [batch, bars, steps / 4, filters]
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return layers.Dropout(dropout)(x)
