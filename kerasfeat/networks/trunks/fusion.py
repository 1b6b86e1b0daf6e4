"""Trunks of several inputs."""

from keras import layers

from kerasfeat.arrays import Tensor
from kerasfeat.fields import FRAMES, SPECTROGRAMS
from kerasfeat.networks.layers import FillAbsent, Gate, Present
from kerasfeat.networks.submodels import mean_of_submodels
from kerasfeat.networks.trunks import default_trunk, leading_axis, trunk, trunks


@trunk(several=True)
def fusion(
    inputs: dict[str, Tensor],
    *,
    units: int = 64,
    dropout: float = 0.5,
    modality_dropout: float = 0.3,
    frames: str = "convolutional",
    trainable_from: str = "",
) -> Tensor:
    """A trunk for each input, joined; predicts from the inputs that are there.

    `frames` names the trunk for spectrograms, `trainable_from` the layer from which a backbone
    within goes on learning.
    """
    representations, present = [], []
    for name, x in inputs.items():
        axis = leading_axis(name)
        branch = trunks.get(frames if axis == FRAMES else default_trunk([name]))
        own = {"trainable_from": trainable_from} if axis == SPECTROGRAMS else {}
        present.append(Present(name=f"{name}_present")(x))
        filled = {name: FillAbsent(name=f"{name}_filled")(x)}
        representations.append(mean_of_submodels(branch(filled, **own)))  # [batch, units of it]
    gated = Gate(modality_dropout)(representations, present)
    x = layers.Concatenate()(gated)
    x = layers.Dense(units, activation="relu")(x)  # [batch, units]
    return layers.Dropout(dropout)(x)
