"""Networks of "Classification of Spotify features using various CNN architectures": mid and side of
66 songs by Nicolas Jaar.

The report gives kernels, poolings and the order of layers; numbers of filters, strides along
samples and sizes of dense layers are ours.
"""

from keras import layers, ops

from kerasfeat.networks.layer_rows import MOMENTUM, channel, dense
from kerasfeat.networks.layers import register
from kerasfeat.networks.trunks import model

HE = {"kernel_initializer": "he_normal"}


@register
class Fold(layers.Layer):
    """One axis cut into equal pieces that become an axis of their own before all others; what is
    left over at the end is dropped.

    [batch, ..., length, ...] -> [batch, pieces, ..., length // pieces, ...].
    """

    def __init__(self, axis, pieces, **kwargs):
        super().__init__(**kwargs)
        self.axis, self.pieces = axis, pieces

    def call(self, values):
        axis, size = self.axis, values.shape[self.axis] // self.pieces
        whole = ops.take(values, ops.arange(size * self.pieces), axis=axis)
        folded = ops.reshape(
            whole, (-1, *values.shape[1:axis], self.pieces, size, *values.shape[axis + 1 :])
        )
        return ops.moveaxis(folded, axis, 1)

    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        shape[self.axis] //= self.pieces
        return (shape[0], self.pieces, *shape[1:])

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "pieces": self.pieces}


@register
class Channel(layers.Layer):
    """One channel of the last axis: [batch, ..., channels] -> [batch, ...]."""

    def __init__(self, index, **kwargs):
        super().__init__(**kwargs)
        self.index = index

    def call(self, values):
        return values[..., self.index]

    def compute_output_shape(self, input_shape):
        return input_shape[:-1]

    def get_config(self):
        return {**super().get_config(), "index": self.index}


def steps_as_channels(x, width):
    """[batch, rows, steps, c] -> [batch, rows, ceil(steps / width), width * c], zeros on both sides
    where steps lack.

    A convolution of such blocks, one wide, is one of steps whose kernels are `width` wide and lie
    side by side (strides=width, padding="same"), in a tenth of the time: TensorFlow has fast
    convolutions of many channels, not of one. TensorFlow 2.21 even ends the process at kernels of
    (45, 10) and one channel, on processors with AVX-512 ("uint8 expected, got float").
    """
    _, rows, steps, channels = x.shape
    lacking = -steps % width
    filled = layers.ZeroPadding2D((0, (lacking // 2, lacking - lacking // 2)))(x)
    return layers.Reshape((rows, (steps + lacking) // width, width * channels))(filled)


def _branch(x, filters, convolved, pooling):
    """Convolutions, each with a pooling and batch normalisation: [batch, ..., 1] -> [batch, units]."""
    for size in filters:
        x = layers.BatchNormalization(momentum=MOMENTUM)(pooling(convolved(x, size)))
    return layers.Flatten()(x)


@model(axes=("samples",), scaling="unit", output="sigmoid")
def jaar_1dwav(inputs, *, filters=(8, 16), stride=10, units=(64, 32), dropout=0.3):
    """1-D convolutions over mid and side, each in a branch of its own."""
    (x,) = inputs.values()  # [batch, samples, 2]

    def convolved(x, size):
        return layers.Conv1D(size, 100, strides=stride, padding="same", activation="relu", **HE)(x)

    branches = [
        _branch(channel(Channel(i)(x)), filters, convolved, layers.MaxPooling1D(2))
        for i in range(x.shape[-1])
    ]
    return dense(layers.Concatenate()(branches), units, dropout=dropout, **HE)


@model(axes=("samples",), scaling="unit", output="sigmoid")
def jaar_2dwav(inputs, *, rows=100, filters=(8, 16), width=10, units=(64, 32), dropout=0.3):
    """2-D convolutions over mid and side, each folded to rows that follow each other in time;
    kernels of 45 x `width`, side by side.
    """
    (x,) = inputs.values()  # [batch, samples, 2]
    folded = Fold(1, rows)(x)  # [batch, rows, samples / rows, 2]

    def convolved(x, size):
        return layers.Conv2D(size, (45, 1), padding="same", activation="relu", **HE)(
            steps_as_channels(x, width)
        )

    branches = [
        _branch(channel(Channel(i)(folded)), filters, convolved, layers.MaxPooling2D((3, 2)))
        for i in range(x.shape[-1])
    ]
    return dense(layers.Concatenate()(branches), units, dropout=dropout, **HE)


def _convolutions(x, rows):
    """Convolutions (filters, kernel), a pooling where a row has no filters."""
    flat = len(x.shape) == 4
    convolution, pooling = (
        (layers.Conv2D, layers.MaxPooling2D) if flat else (layers.Conv3D, layers.MaxPooling3D)
    )
    for filters, size in rows:
        x = (
            convolution(filters, size, padding="same", activation="relu", **HE)(x)
            if filters
            else pooling(size)(x)
        )
        x = x if filters else layers.BatchNormalization(momentum=MOMENTUM)(x)
    return layers.Flatten()(x)


ROWS_2D = (*[(16, (3, 4))] * 4, (0, (2, 2)), *[(32, (3, 4))] * 3, (0, (2, 2)))
ROWS_3D = (
    *[(8, (3, 2, 2))] * 2,
    (0, (2, 2, 2)),
    (16, (3, 2, 3)),
    (16, (2, 3, 3)),
    (0, (1, 2, 2)),
    *[(32, (2, 2, 2))] * 2,
)


@model(axes=("mels",), scaling="unit", output="sigmoid")
def jaar_2dspec(inputs, *, units=(64, 32, 16), dropout=0.3):
    """2-D convolutions over mels x frames with mid and side as channels."""
    (x,) = inputs.values()  # [batch, mels, frames, 2]
    return dense(_convolutions(x, ROWS_2D), units, dropout=dropout, normalise=True, **HE)


@model(axes=("mels",), scaling="unit", output="sigmoid")
def jaar_3dspec(inputs, *, slices=38, units=(64, 32, 16), dropout=0.3):
    """3-D convolutions over slices x mels x frames of a slice with mid and side as channels."""
    (x,) = inputs.values()  # [batch, mels, frames, 2]
    return dense(
        _convolutions(Fold(2, slices)(x), ROWS_3D), units, dropout=dropout, normalise=True, **HE
    )
