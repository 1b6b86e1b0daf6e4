"""Trunks that read frames in order."""

from keras import layers

from kerasfeat.arrays import Tensor
from kerasfeat.fields import FRAMES
from kerasfeat.networks.layers import flat
from kerasfeat.networks.trunks import trunk


@trunk(axes=(FRAMES,))
def recurrent(inputs: dict[str, Tensor], *, units: int = 64, dropout: float = 0.3) -> Tensor:
    """A bidirectional LSTM over frames; its last states are the representation."""
    x = flat(inputs)  # [batch, frames, bands]
    x = layers.Bidirectional(layers.LSTM(units))(x)  # [batch, 2 * units]
    return layers.Dropout(dropout)(x)
