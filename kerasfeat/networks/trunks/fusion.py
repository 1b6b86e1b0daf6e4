"""Trunks of several inputs."""

from keras import layers

from kerasfeat.networks.layers import FillAbsent, Gate, Present
from kerasfeat.networks.trunks import DEFAULT_BY_AXIS, default_model, leading_axis, model, models


@model(axes=tuple(DEFAULT_BY_AXIS), several=True)
def fusion(
    inputs,
    *,
    units=64,
    dropout=0.5,
    modality_dropout=0.3,
    frames="convolutional",
    trainable_from="",
):
    """A trunk for each input, joined; predicts from the inputs that are there.

    `frames` names the trunk for spectrograms, `trainable_from` the layer from which a backbone
    within goes on learning.
    """
    representations, present = [], []
    for name, x in inputs.items():
        axis = leading_axis(name)
        trunk = models.get(frames if axis == "frames" else default_model([name]))
        own = {"trainable_from": trainable_from} if axis == "spectrograms" else {}
        present.append(Present(name=f"{name}_present")(x))
        representations.append(
            trunk.build({name: FillAbsent(name=f"{name}_filled")(x)}, **own)
        )  # [batch, units of the trunk]
    gated = Gate(modality_dropout)(representations, present)
    x = layers.Concatenate()(gated)
    x = layers.Dense(units, activation="relu")(x)  # [batch, units]
    return layers.Dropout(dropout)(x)
