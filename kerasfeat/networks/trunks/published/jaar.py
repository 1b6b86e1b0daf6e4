"""Networks of "Classification of Spotify features using various CNN architectures".

The report has mid and side of 66 songs by Nicolas Jaar. It gives kernels, poolings and the order of
layers; numbers of filters, strides along samples and sizes of dense layers are ours.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.fields import MELS, SAMPLES
from kerasfeat.networks.layer_rows import MOMENTUM, channel, dense
from kerasfeat.networks.layers import Shape, register
from kerasfeat.networks.trunks import trunk

HE: dict[str, Any] = {"kernel_initializer": "he_normal"}


@register
class Fold(layers.Layer):
    """One axis cut into equal pieces, which become an axis of their own before all others.

    What is left over at the end is dropped.
    [batch, ..., length, ...] -> [batch, pieces, ..., length // pieces, ...].
    """

    def __init__(self, axis: int, pieces: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.pieces = axis, pieces

    def call(self, values: Tensor) -> Tensor:
        axis, size = self.axis, values.shape[self.axis] // self.pieces
        whole = ops.take(values, ops.arange(size * self.pieces), axis=axis)
        before, after = values.shape[1:axis], values.shape[axis + 1 :]
        folded = ops.reshape(whole, (-1, *before, self.pieces, size, *after))
        return ops.moveaxis(folded, axis, 1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        shape, length = list(input_shape), input_shape[self.axis]
        shape[self.axis] = None if length is None else length // self.pieces
        return (shape[0], self.pieces, *shape[1:])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "pieces": self.pieces}


@register
class Channel(layers.Layer):
    """One channel of the last axis: [batch, ..., channels] -> [batch, ...]."""

    def __init__(self, index: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.index = index

    def call(self, values: Tensor) -> Tensor:
        return values[..., self.index]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape[:-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "index": self.index}


def steps_as_channels(x: Tensor, width: int) -> Tensor:
    """Blocks of `width` steps as one step of more channels, zeros on both sides where steps lack.

    [batch, rows, steps, c] -> [batch, rows, ceil(steps / width), width * c].

    A convolution of such blocks, one wide, is one of steps whose kernels are `width` wide and lie
    side by side (strides=width, padding="same"), in a tenth of the time: TensorFlow has fast
    convolutions of many channels, not of one. TensorFlow 2.21 even ends the process at kernels of
    (45, 10) and one channel, on processors with AVX-512 ("uint8 expected, got float").
    """
    _, rows, steps, channels = x.shape
    lacking = -steps % width
    filled = layers.ZeroPadding2D((0, (lacking // 2, lacking - lacking // 2)))(x)
    return layers.Reshape((rows, (steps + lacking) // width, width * channels))(filled)


def _branch(
    x: Tensor,
    filters: tuple[int, ...],
    convolved: Callable[[Tensor, int], Tensor],
    pooling: Callable[[Tensor], Tensor],
) -> Tensor:
    """Convolutions, each with a pooling and batch normalisation.

    [batch, ..., 1] -> [batch, units].
    """
    for size in filters:
        x = layers.BatchNormalization(momentum=MOMENTUM)(pooling(convolved(x, size)))
    return layers.Flatten()(x)


@trunk(axes=(SAMPLES,), scaling="unit", output="sigmoid")
def jaar_1dwav(
    inputs: dict[str, Tensor],
    *,
    filters: tuple[int, ...] = (8, 16),
    stride: int = 10,
    units: tuple[int, ...] = (64, 32),
    dropout: float = 0.3,
) -> Tensor:
    """1-D convolutions over mid and side, each in a branch of its own."""
    (x,) = inputs.values()  # [batch, samples, 2]

    def convolved(x: Tensor, size: int) -> Tensor:
        return layers.Conv1D(size, 100, strides=stride, padding="same", activation="relu", **HE)(x)

    branches = [
        _branch(channel(Channel(i)(x)), filters, convolved, layers.MaxPooling1D(2))
        for i in range(x.shape[-1])
    ]
    return dense(layers.Concatenate()(branches), units, dropout=dropout, **HE)


@trunk(axes=(SAMPLES,), scaling="unit", output="sigmoid")
def jaar_2dwav(
    inputs: dict[str, Tensor],
    *,
    rows: int = 100,
    filters: tuple[int, ...] = (8, 16),
    width: int = 10,
    units: tuple[int, ...] = (64, 32),
    dropout: float = 0.3,
) -> Tensor:
    """2-D convolutions over mid and side, each folded to rows that follow each other in time.

    Kernels are 45 x `width`, side by side.
    """
    (x,) = inputs.values()  # [batch, samples, 2]
    folded = Fold(1, rows)(x)  # [batch, rows, samples / rows, 2]

    def convolved(x: Tensor, size: int) -> Tensor:
        blocks = steps_as_channels(x, width)
        return layers.Conv2D(size, (45, 1), padding="same", activation="relu", **HE)(blocks)

    branches = [
        _branch(channel(Channel(i)(folded)), filters, convolved, layers.MaxPooling2D((3, 2)))
        for i in range(x.shape[-1])
    ]
    return dense(layers.Concatenate()(branches), units, dropout=dropout, **HE)


# (filters, kernel) of a convolution, (0, size) of a pooling.
Row: TypeAlias = tuple[int, tuple[int, ...]]
ROWS_2D: tuple[Row, ...] = (*[(16, (3, 4))] * 4, (0, (2, 2)), *[(32, (3, 4))] * 3, (0, (2, 2)))
ROWS_3D: tuple[Row, ...] = (
    *[(8, (3, 2, 2))] * 2,
    (0, (2, 2, 2)),
    (16, (3, 2, 3)),
    (16, (2, 3, 3)),
    (0, (1, 2, 2)),
    *[(32, (2, 2, 2))] * 2,
)


def _convolutions(x: Tensor, rows: tuple[Row, ...]) -> Tensor:
    """The rows' layers: [batch, ..., channels] -> [batch, units]."""
    flat = len(x.shape) == 4
    convolution = layers.Conv2D if flat else layers.Conv3D
    pooling = layers.MaxPooling2D if flat else layers.MaxPooling3D
    for filters, size in rows:
        if filters:
            x = convolution(filters, size, padding="same", activation="relu", **HE)(x)
        else:
            x = layers.BatchNormalization(momentum=MOMENTUM)(pooling(size)(x))
    return layers.Flatten()(x)


@trunk(axes=(MELS,), scaling="unit", output="sigmoid")
def jaar_2dspec(
    inputs: dict[str, Tensor], *, units: tuple[int, ...] = (64, 32, 16), dropout: float = 0.3
) -> Tensor:
    """2-D convolutions over mels x frames with mid and side as channels."""
    (x,) = inputs.values()  # [batch, mels, frames, 2]
    return dense(_convolutions(x, ROWS_2D), units, dropout=dropout, normalise=True, **HE)


@trunk(axes=(MELS,), scaling="unit", output="sigmoid")
def jaar_3dspec(
    inputs: dict[str, Tensor],
    *,
    slices: int = 38,
    units: tuple[int, ...] = (64, 32, 16),
    dropout: float = 0.3,
) -> Tensor:
    """3-D convolutions over slices x mels x frames of a slice with mid and side as channels."""
    (x,) = inputs.values()  # [batch, mels, frames, 2]
    x = _convolutions(Fold(2, slices)(x), ROWS_3D)
    return dense(x, units, dropout=dropout, normalise=True, **HE)
