"""Trunks over table columns."""

from keras import layers

from kerasfeat.models import model


@model(axes=("columns",))
def tabular(inputs, *, units=128, blocks=2, dropout=0.3):
    """Residual network over encoded table columns, pre-normalised (Gorishniy et al. 2021, "Revisiting Deep Learning Models for Tabular Data")."""
    (x,) = inputs.values()
    x = layers.Dense(units)(x)  # [batch, units]
    for _ in range(blocks):
        h = layers.LayerNormalization()(x)
        h = layers.Dense(units, activation="gelu")(h)
        h = layers.Dropout(dropout)(h)
        x = layers.Add()([x, layers.Dense(units)(h)])
    x = layers.LayerNormalization()(x)
    return layers.Dropout(dropout)(x)
