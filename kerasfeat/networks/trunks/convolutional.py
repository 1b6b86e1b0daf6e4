"""Trunks over spectrograms and waveforms, pooled over time.

Batch normalisation's running statistics follow within tens of steps here (momentum 0.9, not Keras's
0.99): with few songs an epoch has few steps, and statistics that lag behind make the validation
loss, and with it early stopping, meaningless.
"""

import keras
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.fields import FRAMES, SAMPLES
from kerasfeat.networks.layer_rows import MOMENTUM
from kerasfeat.networks.layers import Shape, Standardize, TimeStatistics, flat, register
from kerasfeat.networks.trunks import trunk


@register
class Grow(keras.layers.Layer):
    """Its input times one learned number that starts at 0: what follows first learns without it.

    Source: Bachlechner et al. 2020, "ReZero is all you need", arXiv 2003.04887.
    """

    def build(self, input_shape: Shape) -> None:
        self.scale = self.add_weight(name="growth", shape=(), initializer="zeros")

    def call(self, values: Tensor) -> Tensor:
        return values * ops.cast(self.scale, values.dtype)


def _statistics(frames: Tensor, dropout: float) -> Tensor:
    return layers.Dropout(dropout)(Standardize()(TimeStatistics()(frames)))  # [batch, 3 * bands]


@trunk(axes=(FRAMES,))
def statistics(inputs: dict[str, Tensor], *, dropout: float = 0.3) -> Tensor:
    """Each band's mean, deviation, and mean step over time: few songs teach no more."""
    frames = flat(inputs)  # [batch, frames, bands]
    return _statistics(frames, dropout)


@trunk(axes=(FRAMES,))
def convolutional(
    inputs: dict[str, Tensor],
    *,
    filters: int = 64,
    kernel: int = 5,
    blocks: int = 3,
    dropout: float = 0.3,
    convolution_dropout: float = 0.5,
) -> Tensor:
    """Convolutions over frames, bands as channels, grown onto each band's statistics over time."""
    x = frames = flat(inputs)  # [batch, frames, bands]
    for _ in range(blocks):
        x = layers.Conv1D(filters, kernel, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.ReLU()(x)
        if x.shape[1] >= 4:  # a short clip has nothing left to pool
            x = layers.MaxPooling1D(4)(x)  # [batch, frames / 4, filters]
    pooled = layers.Concatenate()(
        [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    )
    grown = Grow()(layers.Dropout(convolution_dropout)(pooled))
    return layers.Concatenate()([_statistics(frames, dropout), grown])


# (filters, kernel, stride): each row divides the samples by its stride, to frames of about 12 ms
# before the pooling.
WAVEFORM_ROWS = ((32, 64, 16), (64, 16, 8), (96, 8, 4), (128, 4, 2))


@trunk(axes=(SAMPLES,))
def waveform_convolutional(
    inputs: dict[str, Tensor], *, units: int = 128, dropout: float = 0.3
) -> Tensor:
    """1-D strided convolutions over the waveform, pooled over time."""
    (x,) = inputs.values()  # [batch, samples] or [batch, samples, channels]
    x = layers.Reshape((x.shape[1], -1))(x)
    for filters, kernel, stride in WAVEFORM_ROWS:
        x = layers.Conv1D(filters, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.ReLU()(x)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(units, activation="relu")(x)  # [batch, units]
    return layers.Dropout(dropout)(x)
