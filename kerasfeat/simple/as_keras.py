"""A simple model as a network."""

import keras
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.networks.assembly import REPRESENTATION
from kerasfeat.networks.ensembles import Columns
from kerasfeat.networks.heads import head_sizes
from kerasfeat.simple.model import CLIP, SHARES, SOFTMAX, Fitted
from kerasfeat.targets import Target


def as_keras(fitted: Fitted, target: Target) -> keras.Model:
    """The same answers by layers of constants.

    Args:
        fitted: a simple model.
        target: that it has learnt.

    Returns:
        A model from rows [batch, columns], NaN where missing, in the columns' order of the fit, to
        the target's heads.
    """
    table = keras.Input((fitted.columns,), dtype="float32", name="table")
    raw = fitted.raw(table, REPRESENTATION)
    sizes = head_sizes(target)
    if len(sizes) == 1:
        return keras.Model(table, {head: _linked(raw, fitted.link, head) for head in sizes})
    return keras.Model(
        table,
        {
            head: _linked(Columns([place])(raw), fitted.link, head)
            for place, head in enumerate(sizes)
        },
    )


def _linked(raw: Tensor, link: str, name: str) -> Tensor:
    if link == CLIP:
        return layers.ReLU(max_value=1.0, dtype="float32", name=name)(raw)
    if link == SHARES:
        raw, link = -ops.softplus(-raw), SOFTMAX  # the logarithm of the sigmoid
    return layers.Activation(link, dtype="float32", name=name)(raw)
