"""Trunks that read frames in order."""

from keras import layers

from kerasfeat.networks.layers import flat
from kerasfeat.networks.trunks import model


@model(axes=("frames",))
def recurrent(inputs, *, units=64, dropout=0.3):
    """A bidirectional LSTM over frames; its last states are the representation."""
    x = flat(inputs)  # [batch, frames, bands]
    x = layers.Bidirectional(layers.LSTM(units))(x)  # [batch, 2 * units]
    return layers.Dropout(dropout)(x)
