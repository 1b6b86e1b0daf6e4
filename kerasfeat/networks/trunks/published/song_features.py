"""Networks of "Song Feature Prediction" (Abeer, Khalaj, Nair, Rezaei)."""

import keras
import numpy as np
from keras import layers, ops

from kerasfeat import KerasfeatError
from kerasfeat.networks.layer_rows import beside, channel, dense
from kerasfeat.networks.layers import PartDropout, register
from kerasfeat.networks.trunks import model


@register
class AdaptivePool(keras.layers.Layer):
    """Means over a fixed number of cells along both axes, whatever their lengths: [batch, rows,
    columns, c] -> [batch, side, side, c].

    Cell i of n reaches from floor(i length / n) up to ceil((i + 1) length / n), as PyTorch's
    AdaptiveAvgPool2d.
    """

    def __init__(self, side, **kwargs):
        super().__init__(**kwargs)
        self.side = side

    def build(self, input_shape):
        self._rows, self._columns = (self._means(length) for length in input_shape[1:3])

    def _means(self, length):
        cell, place = np.arange(self.side)[:, None], np.arange(length)
        inside = (place >= cell * length // self.side) & (
            place < -(-(cell + 1) * length // self.side)
        )
        return (inside / inside.sum(1, keepdims=True)).astype("float32")  # [side, length]

    def call(self, images):
        rows, columns = (ops.cast(means, images.dtype) for means in (self._rows, self._columns))
        return ops.einsum("brkc,ir,jk->bijc", images, rows, columns)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.side, self.side, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "side": self.side}


@model(axes=("frames",), scaling="single", output="sigmoid")
def sfp_spectrogram_cnn(inputs, *, side=128):
    """LeNet on the spectrogram as an image of side x side pixels."""
    (x,) = inputs.values()  # [batch, frames, bins]
    x = layers.Resizing(side, side)(channel(x))
    for filters in (6, 16):
        x = layers.Conv2D(filters, 5, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    return dense(layers.Flatten()(x), (120, 32))


@model(axes=("frames",), scaling="single", output="sigmoid")
def sfp_mfcc_cnn(inputs, *, filters=(16, 32), units=64):
    """Two convolutions and poolings on frames x coefficients, and a dense layer."""
    (x,) = inputs.values()  # [batch, frames, coefficients]
    x = channel(x)
    for size in filters:
        x = layers.Conv2D(size, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    return dense(layers.Flatten()(x), (units,))


@model(axes=("frames",), scaling="single", output="sigmoid")
def sfp_separated(inputs, *, filters=(16, 32), units=64, side=8):
    """`sfp_mfcc_cnn` on the harmonic and the percussive part as two channels, pooled to side x side
    cells.
    """
    (x,) = inputs.values()  # [batch, frames, mels, 2]
    for size in filters:
        x = layers.Conv2D(size, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    return dense(layers.Flatten()(AdaptivePool(side)(x)), (units,))


@model(axes=("frames",), scaling="single", output="linear")
def sfp_mfcc_lstm(inputs, *, units=64):
    """The last state of an LSTM over frames; linear heads."""
    (x,) = inputs.values()  # [batch, frames, coefficients]
    return layers.LSTM(units)(x)


@model(axes=("frames",), scaling="single", output="sigmoid")
def sfp_mfcc_lstm_multitask(inputs, *, units=64):
    """The last state of an LSTM over frames; sigmoid heads."""
    (x,) = inputs.values()  # [batch, frames, coefficients]
    return layers.LSTM(units)(x)


@model(axes=("frames",), scaling="single", output="linear")
def sfp_complex_cnn(
    inputs, *, filters=(32, 64, 128, 256), side=8, units=128, dropout=0.25, dense_dropout=0.5
):
    """Four convolutions, pooled two by two and then to side x side cells, and a dense layer; linear
    heads.
    """
    (x,) = inputs.values()  # [batch, frames, coefficients]
    x = channel(x)
    for number, size in enumerate(filters):
        x = layers.Conv2D(size, 3, activation="relu")(x)
        if number % 2:
            x = PartDropout(dropout)(layers.MaxPooling2D(2)(x))
    return dense(layers.Flatten()(AdaptivePool(side)(x)), (units,), dropout=dense_dropout)


@model(axes=("columns",), scaling="standard", output="linear")
def sfp_numeric(inputs, *, units=(64, 32), activation="relu"):
    """Dense layers over standardised columns; linear heads."""
    (x,) = inputs.values()  # [batch, columns]
    return dense(x, units, activation=activation)


# What is joined -> (what each part gives, units of the dense layer on each).
JOINS = {"penultimate": ("representation", 32), "logits": ("logits", 16), "outputs": ("outputs", 5)}


@model(
    axes=("columns", "frames"),
    several=True,
    output="linear",
    parts={"numeric": "sfp_numeric", "lstm": "sfp_mfcc_lstm_multitask"},
)
def sfp_combiner(parts, *, join="penultimate"):
    """The numeric and the LSTM network, a dense layer on what each gives, joined; linear heads."""
    if join not in JOINS:
        raise KerasfeatError(f"join is {join!r}; it must be one of {', '.join(JOINS)}.")
    given, units = JOINS[join]
    read = []
    for part in parts.values():
        x = getattr(part, given)
        x = beside(x.values()) if isinstance(x, dict) else x
        read.append(layers.Dense(units, activation="relu")(x))
    return layers.Concatenate()(read)  # [batch, 2 * units]
