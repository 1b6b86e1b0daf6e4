"""Trunks over what a backbone of `hub_models` hears, patch by patch."""

from keras import layers

from kerasfeat import hub
from kerasfeat.arrays import Tensor
from kerasfeat.audio.frontends.backbones import SUFFIX
from kerasfeat.fields import PATCHES, SPECTROGRAMS
from kerasfeat.networks.trunks import trunk
from kerasfeat.registry import unknown

ATTENTION, LSTM, MEAN = "attention", "lstm", "mean"
POOLINGS = (ATTENTION, LSTM, MEAN)


def _pooled(x: Tensor, pooling: str) -> Tensor:
    """[batch, patches, dims] to [batch, dims], or an eighth of the dims of an LSTM's last state.

    Raises:
        KerasfeatError: `pooling` is none of POOLINGS.
    """
    if pooling == MEAN:
        return layers.GlobalAveragePooling1D()(x)
    if pooling == LSTM:
        return layers.LSTM(x.shape[-1] // 8)(x)  # [batch, dims / 8]
    if pooling == ATTENTION:
        weight = layers.Softmax(axis=1)(layers.Dense(1)(x))  # [batch, patches, 1]
        return layers.Flatten()(layers.Dot(axes=1)([weight, x]))
    raise unknown("pooling", pooling, POOLINGS)


@trunk(axes=(PATCHES,))
def embeddings(inputs: dict[str, Tensor], *, pooling: str = MEAN, dropout: float = 0.5) -> Tensor:
    """A backbone's patches pooled to one vector: mean, learned weights (attention), or an LSTM."""
    (patches,) = inputs.values()  # [batch, patches, dims]
    return layers.Dropout(dropout)(_pooled(patches, pooling))


@trunk(axes=(SPECTROGRAMS,))
def finetuned(
    inputs: dict[str, Tensor],
    *,
    trainable_from: str = "",
    pooling: str = MEAN,
    dropout: float = 0.5,
) -> Tensor:
    """The backbone itself within the trained model, its layers from `trainable_from` up learning.

    "" is for none.
    """
    ((name, patches),) = inputs.items()  # [batch, patches, frames, mels]
    backbone = hub.build(
        name.removesuffix(SUFFIX), inputs="patches", trainable_from=trainable_from or None
    )
    return layers.Dropout(dropout)(_pooled(backbone(patches)["embedding"], pooling))
