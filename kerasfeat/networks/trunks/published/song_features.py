"""Networks of "Song Feature Prediction" (Abeer, Khalaj, Nair, Rezaei)."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.fields import COLUMNS, FRAMES
from kerasfeat.networks.layer_rows import beside, channel, dense
from kerasfeat.networks.layers import PartDropout, Shape, register
from kerasfeat.networks.trunks import Part, trunk


@register
class AdaptivePool(keras.layers.Layer):
    """Means over a fixed number of cells along both axes, whatever their lengths.

    Cell i of n reaches from floor(i length / n) up to ceil((i + 1) length / n), as PyTorch's
    AdaptiveAvgPool2d. [batch, rows, columns, c] -> [batch, side, side, c].
    """

    def __init__(self, side: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.side = side

    def build(self, input_shape: Shape) -> None:
        self._rows, self._columns = (self._means(length or 0) for length in input_shape[1:3])

    def _means(self, length: int) -> Array:
        """How much of each place is in each cell."""
        cell, place = np.arange(self.side)[:, None], np.arange(length)
        begun = place >= cell * length // self.side
        inside = begun & (place < -(-(cell + 1) * length // self.side))
        return (inside / inside.sum(1, keepdims=True)).astype("float32")  # [side, length]

    def call(self, images: Tensor) -> Tensor:
        rows, columns = (ops.cast(means, images.dtype) for means in (self._rows, self._columns))
        return ops.einsum("brkc,ir,jk->bijc", images, rows, columns)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.side, self.side, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "side": self.side}


@trunk(axes=(FRAMES,), scaling="single", output="sigmoid")
def sfp_spectrogram_cnn(inputs: dict[str, Tensor], *, side: int = 128) -> Tensor:
    """LeNet on the spectrogram as an image of side x side pixels."""
    (x,) = inputs.values()  # [batch, frames, bins]
    x = layers.Resizing(side, side)(channel(x))
    for filters in (6, 16):
        x = layers.Conv2D(filters, 5, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    return dense(layers.Flatten()(x), (120, 32))


@trunk(axes=(FRAMES,), scaling="single", output="sigmoid")
def sfp_mfcc_cnn(
    inputs: dict[str, Tensor], *, filters: tuple[int, ...] = (16, 32), units: int = 64
) -> Tensor:
    """Two convolutions and poolings on frames x coefficients, and a dense layer."""
    (x,) = inputs.values()  # [batch, frames, coefficients]
    x = channel(x)
    for size in filters:
        x = layers.Conv2D(size, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    return dense(layers.Flatten()(x), (units,))


@trunk(axes=(FRAMES,), scaling="single", output="sigmoid")
def sfp_separated(
    inputs: dict[str, Tensor],
    *,
    filters: tuple[int, ...] = (16, 32),
    units: int = 64,
    side: int = 8,
) -> Tensor:
    """`sfp_mfcc_cnn` on the harmonic and the percussive part as two channels.

    They are pooled to side x side cells.
    """
    (x,) = inputs.values()  # [batch, frames, mels, 2]
    for size in filters:
        x = layers.Conv2D(size, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    return dense(layers.Flatten()(AdaptivePool(side)(x)), (units,))


@trunk(axes=(FRAMES,), scaling="single", output="linear")
def sfp_mfcc_lstm(inputs: dict[str, Tensor], *, units: int = 64) -> Tensor:
    """The last state of an LSTM over frames; linear heads."""
    (x,) = inputs.values()  # [batch, frames, coefficients]
    return layers.LSTM(units)(x)


@trunk(axes=(FRAMES,), scaling="single", output="sigmoid")
def sfp_mfcc_lstm_multitask(inputs: dict[str, Tensor], *, units: int = 64) -> Tensor:
    """The last state of an LSTM over frames; sigmoid heads."""
    (x,) = inputs.values()  # [batch, frames, coefficients]
    return layers.LSTM(units)(x)


@trunk(axes=(FRAMES,), scaling="single", output="linear")
def sfp_complex_cnn(
    inputs: dict[str, Tensor],
    *,
    filters: tuple[int, ...] = (32, 64, 128, 256),
    side: int = 8,
    units: int = 128,
    dropout: float = 0.25,
    dense_dropout: float = 0.5,
) -> Tensor:
    """Four convolutions, pooled two by two and then to cells, and a dense layer; linear heads.

    There are side x side cells.
    """
    (x,) = inputs.values()  # [batch, frames, coefficients]
    x = channel(x)
    for number, size in enumerate(filters):
        x = layers.Conv2D(size, 3, activation="relu")(x)
        if number % 2:
            x = PartDropout(dropout)(layers.MaxPooling2D(2)(x))
    return dense(layers.Flatten()(AdaptivePool(side)(x)), (units,), dropout=dense_dropout)


@trunk(axes=(COLUMNS,), scaling="standard", output="linear")
def sfp_numeric(
    inputs: dict[str, Tensor], *, units: tuple[int, ...] = (64, 32), activation: str = "relu"
) -> Tensor:
    """Dense layers over standardised columns; linear heads."""
    (x,) = inputs.values()  # [batch, columns]
    return dense(x, units, activation=activation)


# What is joined -> units of the dense layer on what each part gives.
JOINS = {"penultimate": 32, "logits": 16, "outputs": 5}


@trunk(
    axes=(COLUMNS, FRAMES),
    several=True,
    output="linear",
    parts={"numeric": "sfp_numeric", "lstm": "sfp_mfcc_lstm_multitask"},
)
def sfp_combiner(parts: dict[str, Part], *, join: str = "penultimate") -> Tensor:
    """The numeric and the LSTM network, a dense layer on what each gives, joined; linear heads."""
    if join not in JOINS:
        raise KerasfeatError(f"join is {join!r}; it must be one of {', '.join(JOINS)}.")
    read = []
    for part in parts.values():
        heads = part.logits if join == "logits" else part.outputs
        x = part.representation if join == "penultimate" else beside(heads.values())
        read.append(layers.Dense(JOINS[join], activation="relu")(x))
    return layers.Concatenate()(read)  # [batch, 2 * units]
