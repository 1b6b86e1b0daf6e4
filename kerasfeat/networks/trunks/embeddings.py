"""Trunks over what a backbone of `hub_models` hears, patch by patch."""

from keras import layers

import hub_models
from kerasfeat.audio.frontends.backbones import PATCHES
from kerasfeat.networks.trunks import model
from kerasfeat.registry import unknown

ATTENTION, LSTM, MEAN = "attention", "lstm", "mean"
POOLINGS = (ATTENTION, LSTM, MEAN)


def _pooled(x, pooling):
    """[batch, patches, dims] to [batch, dims]: the mean, a mean with learned weights, or the last
    state of an LSTM.
    """
    if pooling == MEAN:
        return layers.GlobalAveragePooling1D()(x)
    if pooling == LSTM:
        return layers.LSTM(x.shape[-1] // 8)(x)  # [batch, dims / 8]
    if pooling == ATTENTION:
        weight = layers.Softmax(axis=1)(layers.Dense(1)(x))  # [batch, patches, 1]
        return layers.Flatten()(layers.Dot(axes=1)([weight, x]))
    raise unknown("pooling", pooling, POOLINGS)


@model(axes=("patches",))
def embeddings(inputs, *, pooling=MEAN, dropout=0.5):
    """A backbone's patches pooled to one vector: their mean, a mean with learned weights
    (attention), or an LSTM.
    """
    (patches,) = inputs.values()  # [batch, patches, dims]
    return layers.Dropout(dropout)(_pooled(patches, pooling))


@model(axes=("spectrograms",))
def finetuned(inputs, *, trainable_from="", pooling=MEAN, dropout=0.5):
    """The backbone itself within the trained model: its layers from `trainable_from` up go on
    learning, "" for none.
    """
    ((name, patches),) = inputs.items()  # [batch, patches, frames, mels]
    backbone = hub_models.build(
        name.removesuffix(PATCHES), inputs="patches", trainable_from=trainable_from or None
    )
    return layers.Dropout(dropout)(_pooled(backbone(patches)["embedding"], pooling))
