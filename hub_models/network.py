"""The backbones as Keras 3 networks: a table of rows folded by one loop, with the published
weights.

Batch normalisation is folded into the convolution before it when weights are read. The published
models run it with fixed statistics, where it is a scale and a shift for each channel, so the folded
network computes the same function with as many trainable numbers, and fine-tuning it is fine-tuning
with the statistics frozen.
"""

import keras
import tensorflow as tf

from hub_models.cache import locate
from hub_models.description import WEIGHTED_KINDS, HubError, get
from hub_models.frontend import LogMelPatches
from hub_models.weights import read_rows

QUANTISE_MAX = 2.0  # vggish_params.py: whitened embeddings are clipped to +-2


@keras.saving.register_keras_serializable("hub_models")
class FoldPatches(keras.layers.Layer):
    """Patches as single-channel images: [batch, patches, frames, mels] -> [batch * patches, frames,
    mels, 1].

    Where there is none, one of zeros stands in, which `UnfoldPatches` drops: TensorFlow's oneDNN
    convolution gives an empty batch the shape of its input, whatever its filters (2.21 on
    processors with AVX-512).
    """

    def call(self, patches):
        images = tf.reshape(patches, [-1, *patches.shape[2:], 1])
        return tf.pad(images, [[0, tf.maximum(0, 1 - tf.shape(images)[0])], [0, 0], [0, 0], [0, 0]])

    def compute_output_shape(self, patches_shape):
        batch, patches, frames, mels = patches_shape
        return (None if None in (batch, patches) else batch * patches, frames, mels, 1)


@keras.saving.register_keras_serializable("hub_models")
class UnfoldPatches(keras.layers.Layer):
    """A row for each patch as a sequence for each clip: [batch * patches, size] -> [batch, patches,
    size].
    """

    def call(self, flat, patches):
        clips = tf.shape(patches)[:2]
        return tf.reshape(
            flat[: tf.reduce_prod(clips)], tf.concat([clips, [flat.shape[-1]]], axis=0)
        )

    def compute_output_spec(self, flat, patches):
        return keras.KerasTensor((*patches.shape[:2], flat.shape[-1]), dtype=flat.dtype)


@keras.saving.register_keras_serializable("hub_models")
class QuantisedPCA(keras.layers.Layer):
    """E (x - mean), clipped to +-2, to 8 bits: [rows, size] -> uint8 [rows, size]
    (vggish_postprocess.py).
    """

    def build(self, input_shape):
        size = input_shape[-1]
        self.eigen_vectors = self.add_weight(
            name="eigen_vectors", shape=(size, size), trainable=False
        )
        self.means = self.add_weight(name="means", shape=(size,), trainable=False)

    def call(self, embedding):
        whitened = tf.matmul(
            embedding - self.means, self.eigen_vectors, transpose_b=True
        )  # [rows, size]
        clipped = tf.clip_by_value(whitened, -QUANTISE_MAX, QUANTISE_MAX)
        return tf.cast((clipped + QUANTISE_MAX) * (255.0 / (2.0 * QUANTISE_MAX)), tf.uint8)

    def compute_output_spec(self, embedding):
        return keras.KerasTensor(embedding.shape, dtype="uint8")


def _conv(row, **named):
    return keras.layers.Conv2D(
        row.filters, row.kernel, row.stride, padding="same", activation=row.activation, **named
    )


def _depthwise(row, **named):
    return keras.layers.DepthwiseConv2D(
        row.kernel, row.stride, padding="same", activation=row.activation, **named
    )


KINDS = {
    "conv": _conv,
    "depthwise": _depthwise,
    "max_pool": lambda row, **named: keras.layers.MaxPooling2D(2, padding="same", **named),
    "mean": lambda row, **named: keras.layers.GlobalAveragePooling2D(**named),
    "flatten": lambda row, **named: keras.layers.Flatten(**named),
    "dense": lambda row, **named: keras.layers.Dense(
        row.filters, activation=row.activation, **named
    ),
    "pca": lambda row, **named: QuantisedPCA(**named),
}


def build(
    name,
    *,
    weights="cached",
    outputs=("embedding",),
    inputs="waveform",
    samples=None,
    trainable_from=None,
    dtype=None,
):
    """The network of a backbone.

    Args:
        name: a backbone's name.
        weights: "cached" (the copy that `hub_models.locate` finds), a path (SavedModel directory,
            .h5, .npz), a Hub handle, or None for random ones.
        outputs: which of the backbone's outputs to give: "embedding", YAMNet's "scores", VGGish's
            "postprocessed".
        inputs: "waveform" for float32 [batch, samples] at the backbone's sample rate in [-1, 1],
            all clips equally long, or "patches" for [batch, patches, patch frames, mels].
        samples: length of the clips where it is fixed; None takes any.
        trainable_from: the row (a name in `get(name).groups`, such as "layer12", "conv4", "fc1")
            from which on the weights train; None freezes all.
        dtype: Keras dtype policy of the layers, such as "mixed_float16"; None is Keras's global
            one. Front-end and outputs stay float32.

    Returns:
        A functional `keras.Model` from the input to a dict of outputs, each [batch, patches, size].

    Raises:
        HubError: unknown name, output, or row; no weights; weights that do not fit.
    """
    backbone = get(name)
    rows = _rows_for(backbone, outputs)
    start = _first_trainable(backbone, trainable_from)
    source = None if weights is None else locate(backbone, weights)
    given, patches = _inputs(backbone, inputs, samples)
    layers = _layers(backbone, rows, dtype)
    net, by_row = (
        FoldPatches(name="fold_patches", dtype=dtype)(patches),
        {},
    )  # [batch * patches, frames, mels, 1]
    for row, layer in zip(rows, layers, strict=True):
        net = by_row[row.name] = layer(net)
        layer.trainable = start is not None and backbone.rows.index(row) >= start
    unfolded = {
        output: UnfoldPatches(name=f"unfold_{output}", dtype="float32")(
            by_row[backbone.outputs[output]], patches
        )
        for output in outputs
    }  # each [batch, patches, size]
    if source is not None:
        shapes = [[weight.shape for weight in layer.weights] for layer in layers]
        for layer, values in zip(layers, read_rows(backbone, rows, shapes, source), strict=True):
            layer.set_weights(values)
    return keras.Model(given, unfolded, name=name)


def _rows_for(backbone, outputs):
    """The rows up to the last one that an output needs."""
    unknown = [output for output in outputs if output not in backbone.outputs]
    if unknown or not outputs:
        raise HubError(
            f"unknown output {unknown} of {backbone.name}; it has: {', '.join(backbone.outputs)}."
        )
    names = [row.name for row in backbone.rows]
    last = max(names.index(backbone.outputs[output]) for output in outputs)
    return backbone.rows[: last + 1]


def _first_trainable(backbone, trainable_from):
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


def _inputs(backbone, inputs, samples):
    """The model's input tensor and the patches [batch, patches, frames, mels] that come of it."""
    front_end = backbone.front_end
    if inputs == "waveform":
        waveform = keras.Input((samples,), dtype="float32", name="waveform")
        return waveform, LogMelPatches(front_end, name="log_mel_patches")(waveform)
    if inputs == "patches":
        patches = keras.Input(
            (None, front_end.patch_frames, front_end.mels), dtype="float32", name="patches"
        )
        return patches, patches
    raise HubError(f"unknown inputs {inputs!r} of {backbone.name}; allowed: 'waveform', 'patches'.")


def _layers(backbone, rows, dtype):
    """One Keras layer for each row, named as the row; what leaves the network stays float32 under
    mixed precision.
    """
    ends = set(backbone.outputs.values())
    return [
        KINDS[row.kind](
            row, name=row.name.replace("/", "_"), dtype="float32" if row.name in ends else dtype
        )
        for row in rows
    ]
