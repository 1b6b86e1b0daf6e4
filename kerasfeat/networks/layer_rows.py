"""Rows of like layers that published networks are made of."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keras import layers

from kerasfeat.arrays import Tensor
from kerasfeat.networks.layers import PartDropout

MOMENTUM = 0.9  # of batch normalisation, as PyTorch's default


def dense(
    x: Tensor,
    units: Sequence[int],
    *,
    activation: str | Callable[[Tensor], Tensor] = "relu",
    dropout: float = 0.0,
    normalise: bool = False,
    **options: Any,
) -> Tensor:
    """Fully connected layers: [batch, ...] to [batch, units[-1]].

    Args:
        x: [batch, ...].
        units: of each layer.
        activation: of each layer.
        dropout: after each layer.
        normalise: whether each is normalised over the batch before its activation.
        options: of every Dense, such as kernel_initializer.
    """
    for size in units:
        x = layers.Dense(size, **options)(x)
        if normalise:
            x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.Activation(activation)(x)
        if dropout:
            x = PartDropout(dropout)(x)
    return x


def beside(tensors: Iterable[Tensor]) -> Tensor:
    """Tensors [batch, ...] joined at their last axis."""
    tensors = list(tensors)
    return layers.Concatenate()(tensors) if len(tensors) > 1 else tensors[0]


def channel(x: Tensor) -> Tensor:
    """A last axis of one channel: [batch, ...] to [batch, ..., 1]."""
    return layers.Reshape((*x.shape[1:], 1))(x)
