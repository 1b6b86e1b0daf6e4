"""A trunk: one dense layer over table columns, and itself added to what it read."""

from keras import layers

from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS
from kerasfeat.networks.trunks import trunk


@trunk(axes=(COLUMNS,))
def shallow(inputs: dict[str, Tensor], *, units: int = 32, dropout: float = 0.2) -> Tensor:
    """A dense layer over encoded table columns, added to a projection of them."""
    (x,) = inputs.values()  # [batch, columns]
    projected = layers.Dense(units)(x)  # [batch, units]
    hidden = layers.Dense(units, activation="gelu")(layers.LayerNormalization()(projected))
    return layers.Dropout(dropout)(layers.Add()([projected, hidden]))
