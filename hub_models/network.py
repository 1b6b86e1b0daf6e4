"""The backbones as Keras 3 networks with the published weights: a table of rows, and one loop.

Batch normalisation is folded when weights are read: into the convolution before it, or, behind an
activation, into a scale and a shift for each channel. The published models run it with fixed
statistics, so the folded network computes the same function with as many trainable numbers, and
fine-tuning it is fine-tuning with the statistics frozen.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from hub_models.backbones import backbones
from hub_models.cache import locate
from hub_models.description import WEIGHTED_KINDS, Backbone, Row
from hub_models.errors import HubError
from hub_models.frontend import LogMelPatches, Shape, Tensor
from hub_models.weights import read_rows

QUANTISE_MAX = 2.0  # vggish_params.py: whitened embeddings are clipped to +-2


@keras.saving.register_keras_serializable("hub_models")
class FoldPatches(keras.layers.Layer):
    """Patches as images of one channel.

    [batch, patches, frames, mels] -> [batch * patches, frames, mels, 1].

    Where there is none, one of zeros stands in, which `UnfoldPatches` drops: TensorFlow's oneDNN
    convolution gives an empty batch the shape of its input, whatever its filters (2.21 on
    processors with AVX-512).
    """

    def call(self, patches: Tensor) -> Tensor:
        images = tf.reshape(patches, [-1, *patches.shape[2:], 1])
        return tf.pad(images, [[0, tf.maximum(0, 1 - tf.shape(images)[0])], [0, 0], [0, 0], [0, 0]])

    def compute_output_shape(self, patches_shape: Shape) -> Shape:
        batch, patches, frames, mels = patches_shape
        images = None if batch is None or patches is None else batch * patches
        return (images, frames, mels, 1)


@keras.saving.register_keras_serializable("hub_models")
class UnfoldPatches(keras.layers.Layer):
    """A row for each patch as a sequence for each clip.

    [batch * patches, size] -> [batch, patches, size].
    """

    def call(self, flat: Tensor, patches: Tensor) -> Tensor:
        clips = tf.shape(patches)[:2]
        known = flat[: tf.reduce_prod(clips)]  # [batch * patches, size]
        return tf.reshape(known, tf.concat([clips, [flat.shape[-1]]], axis=0))

    def compute_output_spec(self, flat: Tensor, patches: Tensor) -> keras.KerasTensor:
        return keras.KerasTensor((*patches.shape[:2], flat.shape[-1]), dtype=flat.dtype)


@keras.saving.register_keras_serializable("hub_models")
class QuantisedPCA(keras.layers.Layer):
    """E (x - mean), clipped to +-2, to 8 bits, as vggish_postprocess.py has it.

    [rows, size] -> uint8 [rows, size].
    """

    def build(self, input_shape: Shape) -> None:
        size = input_shape[-1]
        self.eigen_vectors = self.add_weight(
            name="eigen_vectors", shape=(size, size), trainable=False
        )
        self.means = self.add_weight(name="means", shape=(size,), trainable=False)

    def call(self, embedding: Tensor) -> Tensor:
        whitened = tf.matmul(
            embedding - self.means, self.eigen_vectors, transpose_b=True
        )  # [rows, size]
        clipped = tf.clip_by_value(whitened, -QUANTISE_MAX, QUANTISE_MAX)
        return tf.cast((clipped + QUANTISE_MAX) * (255.0 / (2.0 * QUANTISE_MAX)), tf.uint8)

    def compute_output_spec(self, embedding: Tensor) -> keras.KerasTensor:
        return keras.KerasTensor(embedding.shape, dtype="uint8")


@keras.saving.register_keras_serializable("hub_models")
class Affine(keras.layers.Layer):
    """A scale and a shift for each channel; [..., channels] keeps its shape."""

    def build(self, input_shape: Shape) -> None:
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(input_shape[-1],), initializer="zeros")

    def call(self, values: Tensor) -> Tensor:
        return values * self.scale + self.shift


def _conv(row: Row, **named: Any) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        row.filters,
        row.kernel,
        row.stride,
        padding=row.padding,
        activation=row.activation,
        **named,
    )


def _depthwise(row: Row, **named: Any) -> keras.layers.Layer:
    return keras.layers.DepthwiseConv2D(
        row.kernel, row.stride, padding=row.padding, activation=row.activation, **named
    )


# The layer of each kind of row.
LAYERS: dict[str, Callable[..., keras.layers.Layer]] = {
    "conv": _conv,
    "depthwise": _depthwise,
    "affine": lambda row, **named: Affine(**named),
    "pad_time": lambda row, **named: keras.layers.ZeroPadding2D((row.kernel // 2, 0), **named),
    "max_pool": lambda row, **named: keras.layers.MaxPooling2D(
        row.kernel, row.stride, padding=row.padding, **named
    ),
    "mean": lambda row, **named: keras.layers.GlobalAveragePooling2D(**named),
    "max": lambda row, **named: keras.layers.GlobalMaxPooling2D(**named),
    "add": lambda row, **named: keras.layers.Add(**named),
    # Bands beside bands, and numbers in columns beside each other.
    "concat": lambda row, **named: keras.layers.Concatenate(axis=2, **named),
    "channels_as_bands": lambda row, **named: keras.layers.Permute((1, 3, 2), **named),
    "column": lambda row, **named: keras.layers.Reshape((-1, 1), **named),
    "flatten": lambda row, **named: keras.layers.Flatten(**named),
    "dense": lambda row, **named: keras.layers.Dense(
        row.filters, activation=row.activation, **named
    ),
    "pca": lambda row, **named: QuantisedPCA(**named),
}


def build(
    name: str,
    *,
    weights: Path | str | None = "cached",
    outputs: Sequence[str] = ("embedding",),
    inputs: str = "waveform",
    samples: int | None = None,
    trainable_from: str | None = None,
    dtype: str | None = None,
) -> keras.Model:
    """The network of a backbone.

    Args:
        name: of the backbone.
        weights: "cached" (the copy that `hub_models.locate` finds), a path (SavedModel directory,
            .h5, .npz), a Hub handle, or None for random ones.
        outputs: which of the backbone's outputs to give, such as "embedding", YAMNet's "scores",
            VGGish's "postprocessed", musicnn's "tags".
        inputs: "waveform" for float32 [batch, samples] at the backbone's sample rate in [-1, 1],
            all clips equally long, or "patches" for [batch, patches, patch frames, mels].
        samples: length of the clips where it is fixed; None takes any.
        trainable_from: the row (a name in `get(name).groups`, such as "layer12", "conv4", "fc1")
            from which on the weights train; None freezes all.
        dtype: Keras dtype policy of the layers, such as "mixed_float16"; None is Keras's global
            one. Front-end and outputs stay float32.

    Returns:
        A functional model from the input to a dict of outputs, each [batch, patches, size].

    Raises:
        HubError: unknown name, output, or row; no weights; weights that do not fit.
    """
    backbone = backbones.get(name)
    rows = _rows_for(backbone, outputs)
    start = _first_trainable(backbone, trainable_from)
    source = None if weights is None else locate(backbone, weights)
    given = _input(backbone, inputs, samples)
    patches = (
        LogMelPatches(backbone.front_end, name="log_mel_patches")(given)
        if inputs == "waveform"
        else given
    )  # [batch, patches, frames, mels]
    layers = _layers(backbone, rows, dtype)
    by_row = _connected(rows, layers, FoldPatches(name="fold_patches", dtype=dtype)(patches))
    for index, layer in enumerate(layers):
        layer.trainable = start is not None and index >= start
    unfolded = {
        output: UnfoldPatches(name=f"unfold_{output}", dtype="float32")(
            by_row[backbone.outputs[output].row], patches
        )
        for output in outputs
    }  # each [batch, patches, size]
    if source is not None:
        shapes = [[weight.shape for weight in layer.weights] for layer in layers]
        for layer, values in zip(layers, read_rows(backbone, rows, shapes, source), strict=True):
            layer.set_weights(values)
    return keras.Model(given, unfolded, name=name)


def _rows_for(backbone: Backbone, outputs: Sequence[str]) -> tuple[Row, ...]:
    """The rows up to the last one that an output needs."""
    unknown = [output for output in outputs if output not in backbone.outputs]
    if unknown or not outputs:
        raise HubError(
            f"unknown output {unknown} of {backbone.name}; it has: {', '.join(backbone.outputs)}."
        )
    names = [row.name for row in backbone.rows]
    last = max(names.index(backbone.outputs[output].row) for output in outputs)
    return backbone.rows[: last + 1]


def _first_trainable(backbone: Backbone, trainable_from: str | None) -> int | None:
    """Index of the first row that trains, None where none does."""
    if trainable_from is None:
        return None
    for index, row in enumerate(backbone.rows):
        if row.kind in WEIGHTED_KINDS and trainable_from in (row.name, row.name.split("/")[0]):
            return index
    raise HubError(
        f"unknown row {trainable_from!r} of {backbone.name} to train from; it has: "
        f"{', '.join(backbone.groups)}."
    )


def _input(backbone: Backbone, inputs: str, samples: int | None) -> keras.KerasTensor:
    """The model's input: waveforms [batch, samples] or patches [batch, patches, frames, mels]."""
    if inputs == "waveform":
        return keras.Input((samples,), dtype="float32", name="waveform")
    if inputs == "patches":
        front_end = backbone.front_end
        shape = (None, front_end.patch_frames, front_end.mels)
        return keras.Input(shape, dtype="float32", name="patches")
    raise HubError(f"unknown inputs {inputs!r} of {backbone.name}; allowed: 'waveform', 'patches'.")


def _layers(backbone: Backbone, rows: Sequence[Row], dtype: str | None) -> list[keras.layers.Layer]:
    """One layer for each row, named as the row; what leaves the network stays float32."""
    ends = {output.row for output in backbone.outputs.values()}
    return [
        LAYERS[row.kind](
            row, name=row.name.replace("/", "_"), dtype="float32" if row.name in ends else dtype
        )
        for row in rows
    ]


def _connected(
    rows: Sequence[Row], layers: Sequence[keras.layers.Layer], net: Tensor
) -> dict[str, Tensor]:
    """What each row gives, fed by its inputs or by the row before; `net` is the first row's."""
    by_row: dict[str, Tensor] = {}
    for row, layer in zip(rows, layers, strict=True):
        given = [by_row[name] for name in row.inputs] or [net]
        by_row[row.name] = net = layer(given if len(given) > 1 else given[0])
    return by_row
