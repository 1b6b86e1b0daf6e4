"""Trunks that convolve over time."""

import keras
from keras import layers, ops, regularizers

from kerasfeat.models import model
from kerasfeat.models.blocks import register


@register
class TimeStatistics(keras.layers.Layer):
    """Mean, deviation, and mean absolute step of each band over time: [batch, frames, bands] -> [batch, 3 * bands]."""

    def call(self, frames):
        steps = ops.mean(ops.abs(frames[:, 1:] - frames[:, :-1]), axis=1)
        deviation = ops.sqrt(ops.var(frames, axis=1) + 1e-6)
        return ops.concatenate([ops.mean(frames, axis=1), deviation, steps], axis=-1)


@model(axes=("frames",))
def convolutional(inputs, *, filters=16, blocks=4, units=128, dropout=0.3, weight_decay=1e-4):
    """2-D convolutions over frames and bands, beside each band's statistics over time, which carry far on few songs."""
    (frames,) = inputs.values()  # [batch, frames, bands]
    x = layers.Reshape((*frames.shape[1:], 1))(frames)
    for i in range(blocks):
        if min(x.shape[1:3]) < 4:
            break  # a short clip or few bands: nothing is left to pool
        # The first convolution steps by two: at full resolution it would take most of the time and say little more.
        x = layers.Conv2D(
            filters * (i + 1),
            3,
            strides=1 if i else 2,
            padding="same",
            use_bias=False,
            kernel_regularizer=regularizers.L2(weight_decay),
        )(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2)(x)  # [batch, frames / 2, bands / 2, filters]
    pooled = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    statistics = layers.BatchNormalization()(TimeStatistics()(frames))
    x = layers.Concatenate()([pooled, statistics])
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(units, activation="relu")(x)  # [batch, units]
    return layers.Dropout(dropout)(x)


# (filters, kernel, stride): each row divides the samples by its stride, to frames of about 12 ms before the pooling.
WAVEFORM_ROWS = ((32, 64, 16), (64, 16, 8), (96, 8, 4), (128, 4, 2))


@model(axes=("samples",))
def waveform_convolutional(inputs, *, units=128, dropout=0.3):
    """1-D strided convolutions over the waveform, pooled over time."""
    (x,) = inputs.values()  # [batch, samples]
    x = layers.Reshape((*x.shape[1:], 1))(x)
    for filters, kernel, stride in WAVEFORM_ROWS:
        x = layers.Conv1D(filters, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(units, activation="relu")(x)  # [batch, units]
    return layers.Dropout(dropout)(x)
