"""Trunks over table columns."""

from keras import layers

from kerasfeat.models import model


@model(axes=("columns",))
def tabular(inputs, *, units=128, blocks=2, dropout=0.5):
    """A residual network over encoded table columns, normalised before each block (Gorishniy et al. 2021, arXiv 2106.11959)."""
    (x,) = inputs.values()
    x = layers.Dense(units)(x)  # [batch, units]
    for _ in range(blocks):
        h = layers.LayerNormalization()(x)
        h = layers.Dense(units, activation="gelu")(h)
        h = layers.Dropout(dropout)(h)
        x = layers.Add()([x, layers.Dense(units)(h)])
    x = layers.LayerNormalization()(x)
    return layers.Dropout(dropout)(x)
