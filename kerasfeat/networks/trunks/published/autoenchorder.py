"""Networks of "Autoen-chorder" (Ramirez Echavarria, Varma), and of HitMusicNet before it.

HitMusicNet is by Martín-Gutiérrez et al. (2020).
"""

from typing import Any

import keras
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS, PATCHES
from kerasfeat.networks.layer_rows import beside, dense
from kerasfeat.networks.layers import Float32Layer, register
from kerasfeat.networks.trunks import Built, Part, trunk

RECONSTRUCTION = "reconstruction"
XAVIER = {
    "kernel_initializer": "glorot_uniform",
    "bias_initializer": keras.initializers.Constant(0.1),
}


@register
class Unmasked(Float32Layer):
    """Reads masked frames and masks nothing for the layers behind."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, *inputs: Tensor) -> None:
        return None


@register
class SquaredError(Unmasked):
    """The mean squared difference of two tensors, frames that are not known left out.

    [batch, ...] twice -> [batch, 1].
    """

    def call(self, true: Tensor, made: Tensor, known: Tensor | None = None) -> Tensor:
        error = ops.mean(ops.square(true - made), axis=-1)  # [batch] or [batch, frames]
        if known is None:
            return error[:, None]
        count = ops.maximum(ops.sum(known, axis=1, keepdims=True), 1.0)
        return ops.sum(error * known, axis=1, keepdims=True) / count


@register
class Known(Unmasked):
    """1 for each frame that is not masked, 0 for the others.

    [batch, frames, bands] -> [batch, frames].
    """

    def call(self, frames: Tensor, mask: Tensor | None = None) -> Tensor:
        return ops.ones_like(frames[..., 0]) if mask is None else ops.cast(mask, "float32")


@register
class MeanOfKnown(Unmasked):
    """The mean over frames, those that are not known left out.

    [batch, frames, bands], [batch, frames] -> [batch, bands].
    """

    def call(self, frames: Tensor, known: Tensor) -> Tensor:
        count = ops.maximum(ops.sum(known, axis=1, keepdims=True), 1.0)
        return ops.sum(frames * known[..., None], axis=1) / count


@trunk(axes=(COLUMNS,), several=True, scaling="unit")
def autoencoder(inputs: dict[str, Tensor], *, divisor: int = 5, code: int = 0) -> Built:
    """Dense layers n, n/2, n/3 to a code and back, with its error.

    The code has `code` units, or n/`divisor` where that is 0.
    """
    x = beside(inputs.values())  # [batch, n]
    n = x.shape[-1]
    coded = dense(x, (n // 2, n // 3, code or n // divisor))
    decoded = layers.Dense(n, activation="sigmoid")(dense(coded, (n // 3, n // 2)))
    return coded, {RECONSTRUCTION: SquaredError()(x, decoded)}


@trunk(axes=(PATCHES,), scaling="unit")
def sequence_autoencoder(inputs: dict[str, Tensor], *, units: int = 64, code: int = 20) -> Built:
    """An LSTM over patches and dense layers to a code and back, with its error.

    Padded patches are masked.
    """
    (x,) = inputs.values()  # [batch, patches, dims]
    coded = dense(layers.LSTM(units)(x), (units // 2, code))
    wide = dense(coded, (units // 2, units))
    repeated = layers.RepeatVector(x.shape[1])(wide)  # [batch, patches, units]
    decoded = layers.LSTM(x.shape[-1], return_sequences=True)(repeated)
    return coded, {RECONSTRUCTION: SquaredError()(x, decoded, Known()(x))}


@trunk(axes=(PATCHES,), scaling="standard")
def patch_lstm(inputs: dict[str, Tensor], *, units: int = 20) -> Built:
    """The last state of an LSTM over patches, without heads; padded patches are masked."""
    (x,) = inputs.values()  # [batch, patches, dims]
    return layers.LSTM(units)(x), {}


@trunk(axes=(PATCHES,), scaling="standard")
def patch_mean(inputs: dict[str, Tensor]) -> Built:
    """The mean over patches, without heads; padded patches are masked."""
    (x,) = inputs.values()  # [batch, patches, dims]
    return MeanOfKnown()(x, Known()(x)), {}


def _head(x: Tensor, dropout: float, initializer: str) -> Tensor:
    """HitMusicNet's dense layers n, n/2 and n/3; dropout after the first two."""
    n = x.shape[-1]
    x = dense(x, (n, round(n / 2)), dropout=dropout, kernel_initializer=initializer)
    return dense(x, (round(n / 3),), kernel_initializer=initializer)


def _codes(parts: dict[str, Part]) -> Tensor:
    return beside(part.representation for part in parts.values())


@trunk(axes=(COLUMNS,), several=True, output="sigmoid", parts={"autoencoder": "autoencoder"})
def hitmusicnet(
    parts: dict[str, Part], *, dropout: float = 0.25, initializer: str = "glorot_uniform"
) -> Tensor:
    """An autoencoder's code of n numbers, dense layers n, n/2 and n/3 on it."""
    return _head(_codes(parts), dropout, initializer)


@trunk(
    axes=(COLUMNS, PATCHES),
    several=True,
    output="sigmoid",
    parts={"autoencoder": "autoencoder", "rnn": "patch_lstm"},
)
def autoenchorder_rnn(
    parts: dict[str, Part], *, dropout: float = 0.25, initializer: str = "glorot_uniform"
) -> Tensor:
    """An autoencoder's code and an LSTM's state over patches, HitMusicNet's layers on both."""
    return _head(_codes(parts), dropout, initializer)


@trunk(
    axes=(COLUMNS, PATCHES),
    several=True,
    output="sigmoid",
    parts={"autoencoder": "autoencoder", "summary": "patch_mean"},
)
def autoenchorder_hmn_vggish(
    parts: dict[str, Part], *, dropout: float = 0.25, initializer: str = "glorot_uniform"
) -> Tensor:
    """HitMusicNet's code and the mean of the patches, its dense layers on both."""
    return _head(_codes(parts), dropout, initializer)


@trunk(
    axes=(COLUMNS, PATCHES),
    several=True,
    output="sigmoid",
    parts={"table": "autoencoder", "sequence": "sequence_autoencoder"},
)
def autoenchorder(parts: dict[str, Part], *, depth: int = 7, units: int = 40) -> Tensor:
    """The codes of two autoencoders joined, `depth` dense layers on them, the heads among them."""
    return dense(_codes(parts), (units,) * (depth - 1), **XAVIER)


@trunk(
    axes=(COLUMNS, PATCHES),
    several=True,
    parts={"base": "hitmusicnet", "residual": "patch_lstm"},
)
def autoenchorder_lossnet(parts: dict[str, Part], *, units: int = 20) -> Built:
    """HitMusicNet's prediction plus its signed residual, as a network on patches predicts it.

    The residual begins at 0.
    """
    base = parts["base"]

    def output(residual: Tensor, head: str) -> Tensor:
        error = layers.Dense(1, kernel_initializer="zeros", dtype="float32")(residual)
        return layers.Add(dtype="float32", name=head)([base.outputs[head], error])

    return dense(parts["residual"].representation, (units,)), output
