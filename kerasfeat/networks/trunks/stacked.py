"""Trunks over spectrograms stacked by tempo."""

from keras import layers

from kerasfeat.networks.layer_rows import MOMENTUM
from kerasfeat.networks.trunks import model


@model(axes=("bars",))
def stacked(inputs, *, filters=32, dropout=0.5):
    """Convolutions over bars and steps, the bands as channels: along a row within a bar, down a
    column from bar to bar.
    """
    (x,) = inputs.values()  # [batch, bars, steps, mels]
    for wider in (1, 2):
        x = layers.Conv2D(wider * filters, (min(2, x.shape[1]), 5), padding="same", use_bias=False)(
            x
        )
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D((1, min(4, x.shape[2])))(x)  # [batch, bars, steps / 4, filters]
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return layers.Dropout(dropout)(x)
