"""Networks of "Autoen-chorder" (Ramirez Echavarria, Varma) and of HitMusicNet (Martín-Gutiérrez et
al. 2020), which it starts from.
"""

import keras
from keras import layers, ops

from kerasfeat.networks.layer_rows import beside, dense
from kerasfeat.networks.layers import register
from kerasfeat.networks.trunks import model

RECONSTRUCTION = "reconstruction"
XAVIER = {
    "kernel_initializer": "glorot_uniform",
    "bias_initializer": keras.initializers.Constant(0.1),
}


@register
class Unmasked(keras.layers.Layer):
    """Reads masked frames and masks nothing for the layers behind; computes in float32."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.supports_masking = True

    def compute_mask(self, *inputs):
        return None


@register
class SquaredError(Unmasked):
    """The mean squared difference of two tensors, frames that are not known left out: [batch, ...]
    twice -> [batch, 1].
    """

    def call(self, true, made, known=None):
        error = ops.mean(ops.square(true - made), axis=-1)  # [batch] or [batch, frames]
        if known is None:
            return error[:, None]
        return ops.sum(error * known, axis=1, keepdims=True) / ops.maximum(
            ops.sum(known, axis=1, keepdims=True), 1.0
        )


@register
class Known(Unmasked):
    """1 for each frame that is not masked, 0 for the others: [batch, frames, bands] -> [batch,
    frames].
    """

    def call(self, frames, mask=None):
        return ops.ones_like(frames[..., 0]) if mask is None else ops.cast(mask, "float32")


@register
class MeanOfKnown(Unmasked):
    """The mean over frames, those that are not known left out: [batch, frames, bands], [batch,
    frames] -> [batch, bands].
    """

    def call(self, frames, known):
        return ops.sum(frames * known[..., None], axis=1) / ops.maximum(
            ops.sum(known, axis=1, keepdims=True), 1.0
        )


@model(axes=("columns",), several=True, scaling="unit")
def autoencoder(inputs, *, divisor=5, code=0):
    """Dense layers n, n/2, n/3 to a code and back, with its error; the code has `code` units, or
    n/`divisor`.
    """
    x = beside(inputs.values())  # [batch, n]
    n = x.shape[-1]
    coded = dense(x, (n // 2, n // 3, code or n // divisor))
    decoded = layers.Dense(n, activation="sigmoid")(dense(coded, (n // 3, n // 2)))
    return coded, {RECONSTRUCTION: SquaredError()(x, decoded)}


@model(axes=("patches",), scaling="unit")
def sequence_autoencoder(inputs, *, units=64, code=20):
    """An LSTM over patches and dense layers to a code, dense layers and an LSTM back, with its
    error; padded patches are masked.
    """
    (x,) = inputs.values()  # [batch, patches, dims]
    coded = dense(layers.LSTM(units)(x), (units // 2, code))
    repeated = layers.RepeatVector(x.shape[1])(
        dense(coded, (units // 2, units))
    )  # [batch, patches, units]
    decoded = layers.LSTM(x.shape[-1], return_sequences=True)(repeated)
    return coded, {RECONSTRUCTION: SquaredError()(x, decoded, Known()(x))}


@model(axes=("patches",), scaling="standard")
def patch_lstm(inputs, *, units=20):
    """The last state of an LSTM over patches, without heads; padded patches are masked."""
    (x,) = inputs.values()  # [batch, patches, dims]
    return layers.LSTM(units)(x), {}


@model(axes=("patches",), scaling="standard")
def patch_mean(inputs):
    """The mean over patches, without heads; padded patches are masked."""
    (x,) = inputs.values()  # [batch, patches, dims]
    return MeanOfKnown()(x, Known()(x)), {}


def _head(x, dropout, initializer):
    """HitMusicNet's dense layers n, n/2 and n/3; dropout after the first two."""
    n = x.shape[-1]
    x = dense(x, (n, round(n / 2)), dropout=dropout, kernel_initializer=initializer)
    return dense(x, (round(n / 3),), kernel_initializer=initializer)


def _codes(parts):
    return beside(part.representation for part in parts.values())


@model(axes=("columns",), several=True, output="sigmoid", parts={"autoencoder": "autoencoder"})
def hitmusicnet(parts, *, dropout=0.25, initializer="glorot_uniform"):
    """An autoencoder's code of n numbers, dense layers n, n/2 and n/3 on it."""
    return _head(_codes(parts), dropout, initializer)


@model(
    axes=("columns", "patches"),
    several=True,
    output="sigmoid",
    parts={"autoencoder": "autoencoder", "rnn": "patch_lstm"},
)
def autoenchorder_rnn(parts, *, dropout=0.25, initializer="glorot_uniform"):
    """An autoencoder's code and an LSTM's state over patches, HitMusicNet's dense layers on both."""
    return _head(_codes(parts), dropout, initializer)


@model(
    axes=("columns", "patches"),
    several=True,
    output="sigmoid",
    parts={"autoencoder": "autoencoder", "summary": "patch_mean"},
)
def autoenchorder_hmn_vggish(parts, *, dropout=0.25, initializer="glorot_uniform"):
    """HitMusicNet's code and the mean of the patches, its dense layers on both."""
    return _head(_codes(parts), dropout, initializer)


@model(
    axes=("columns", "patches"),
    several=True,
    output="sigmoid",
    parts={"table": "autoencoder", "sequence": "sequence_autoencoder"},
)
def autoenchorder(parts, *, depth=7, units=40):
    """The codes of two autoencoders joined, `depth` dense layers on them, the heads among them."""
    return dense(_codes(parts), (units,) * (depth - 1), **XAVIER)


@model(
    axes=("columns", "patches"),
    several=True,
    parts={"base": "hitmusicnet", "residual": "patch_lstm"},
)
def autoenchorder_lossnet(parts, *, units=20):
    """HitMusicNet's prediction plus its signed residual as a network on patches predicts it, which
    begins at 0.
    """
    base = parts["base"]

    def output(residual, head):
        error = layers.Dense(1, kernel_initializer="zeros", dtype="float32")(residual)
        return layers.Add(dtype="float32", name=head)([base.outputs[head], error])

    return dense(parts["residual"].representation, (units,)), output
