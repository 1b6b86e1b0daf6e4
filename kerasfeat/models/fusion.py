"""Trunks of several inputs."""

from keras import layers

from kerasfeat.models import default_model, leading_axis, model, models
from kerasfeat.models.blocks import FillAbsent, Gate, Present


@model(axes=("columns", "frames", "samples"), several=True)
def fusion(inputs, *, units=64, dropout=0.5, modality_dropout=0.3, frames="convolutional"):
    """A trunk for each input (`frames` names the one for spectrograms), joined; predicts from the inputs that are there."""
    representations, present = [], []
    for name, x in inputs.items():
        trunk = models.get(frames if leading_axis(name) == "frames" else default_model([name]))
        present.append(Present(name=f"{name}_present")(x))
        representations.append(trunk.build({name: FillAbsent(name=f"{name}_filled")(x)}))  # [batch, units of the trunk]
    gated = Gate(modality_dropout)(representations, present)
    x = layers.Concatenate()(gated)
    x = layers.Dense(units, activation="relu")(x)  # [batch, units]
    return layers.Dropout(dropout)(x)
