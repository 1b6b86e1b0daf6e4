"""Stand-ins for the models on TensorFlow Hub: the published signatures, variable names, and asset,
with weights of our choosing.

The networks here are written in plain `tf.nn` operations with batch normalisation, as a second
opinion on `hub_models.network`.
"""

import csv

import numpy as np
import tensorflow as tf

from hub_models import build, get
from hub_models.description import WEIGHTED_KINDS
from hub_models.frontend import log_mel, pad_waveform

EPSILON = 1e-4
_STRIDES = (2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
_FILTERS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_VGGISH_CONVS = (
    ("conv1", 1, 64),
    ("conv2", 64, 128),
    ("conv3/conv3_1", 128, 256),
    ("conv3/conv3_2", 256, 256),
)
_VGGISH_CONVS += (("conv4/conv4_1", 256, 512), ("conv4/conv4_2", 512, 512))
_VGGISH_DENSE = (("fc1/fc1_1", 12288, 4096), ("fc1/fc1_2", 4096, 4096), ("fc2", 4096, 128))


def random_yamnet(seed=0):
    """Random YAMNet variables under the published names, batch normalisation with all its
    statistics.
    """
    rng, arrays, channels = np.random.default_rng(seed), {}, 1
    for number, filters in enumerate(_FILTERS, start=1):
        if number == 1:
            arrays |= _with_statistics(rng, "layer1/conv", "kernel", (3, 3, 1, filters), filters, 9)
        else:
            depthwise = f"layer{number}/depthwise_conv"
            arrays |= _with_statistics(
                rng, depthwise, "depthwise_kernel", (3, 3, channels, 1), channels, 9
            )
            arrays |= _with_statistics(
                rng,
                f"layer{number}/pointwise_conv",
                "kernel",
                (1, 1, channels, filters),
                filters,
                channels,
            )
        channels = filters
    arrays["dense/kernel"] = _normal(rng, (1024, 521), 1024)
    arrays["dense/bias"] = _normal(rng, (521,), 1)
    return arrays


def unfolded_yamnet(folded, seed=0):
    """Published variables, with random statistics, that compute what `folded` (convolutions with a
    bias) computes.
    """
    rng, arrays = (
        np.random.default_rng(seed),
        {name: array for name, array in folded.items() if name.startswith("dense/")},
    )
    for bias in (name for name in folded if name.endswith("conv/bias")):
        layer = bias.removesuffix("/bias")
        mean, variance = (
            rng.normal(size=folded[bias].shape),
            rng.uniform(0.5, 2.0, folded[bias].shape),
        )
        deviation = np.sqrt(variance + EPSILON)
        depthwise = layer.endswith("depthwise_conv")
        kernel = folded[f"{layer}/kernel"] * (deviation[:, None] if depthwise else deviation)
        arrays[f"{layer}/{'depthwise_kernel' if depthwise else 'kernel'}"] = kernel.astype(
            np.float32
        )
        arrays[f"{layer}/bn/beta"] = (folded[bias] + mean / deviation).astype(np.float32)
        arrays[f"{layer}/bn/moving_mean"], arrays[f"{layer}/bn/moving_variance"] = (
            mean.astype(np.float32),
            variance.astype(np.float32),
        )
    return arrays


def random_vggish(seed=0):
    """Random VGGish variables under the published names."""
    rng, arrays = np.random.default_rng(seed), {}
    for name, inputs, outputs in _VGGISH_CONVS:
        arrays[f"vggish/{name}/weights"] = _normal(rng, (3, 3, inputs, outputs), 9 * inputs)
        arrays[f"vggish/{name}/biases"] = _normal(rng, (outputs,), 100)
    for name, inputs, outputs in _VGGISH_DENSE:
        arrays[f"vggish/{name}/weights"] = _normal(rng, (inputs, outputs), inputs)
        arrays[f"vggish/{name}/biases"] = _normal(rng, (outputs,), 100)
    return arrays


def _normal(rng, shape, fan_in):
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))


def _normalisation(rng, name, shape):
    """Variables of a batch normalisation that nearly keeps what it gets."""
    return {
        f"{name}/gamma": rng.uniform(0.5, 1.5, shape).astype(np.float32),
        f"{name}/beta": _normal(rng, shape, 20),
        f"{name}/moving_mean": _normal(rng, shape, 20),
        f"{name}/moving_variance": rng.uniform(0.5, 2.0, shape).astype(np.float32),
    }


def _with_statistics(rng, layer, kernel, shape, channels, fan_in):
    return {
        f"{layer}/{kernel}": _normal(rng, shape, fan_in),
        f"{layer}/bn/beta": _normal(rng, (channels,), 20),
        f"{layer}/bn/moving_mean": _normal(rng, (channels,), 20),
        f"{layer}/bn/moving_variance": rng.uniform(0.5, 2.0, channels).astype(np.float32),
    }


class PublishedYAMNet(tf.Module):
    """waveform [samples] -> scores [patches, 521], embeddings [patches, 1024], log-mel [frames,
    64].
    """

    def __init__(self, arrays, class_map):
        super().__init__()
        self._yamnet = [tf.Variable(array, name=name) for name, array in arrays.items()]
        self._by_name = {variable.name.removesuffix(":0"): variable for variable in self._yamnet}
        self._class_map_asset = tf.saved_model.Asset(str(class_map))

    @tf.function(input_signature=[])
    def class_map_path(self):
        return self._class_map_asset.asset_path

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, waveform):
        front_end = get("yamnet").front_end
        frames = log_mel(pad_waveform(waveform, front_end), front_end)
        net = tf.signal.frame(frames, 96, 48, axis=0)[..., tf.newaxis]
        for number, stride in enumerate(_STRIDES, start=1):
            if number == 1:
                net = self._normalised(
                    tf.nn.conv2d(net, self._by_name["layer1/conv/kernel"], stride, "SAME"),
                    "layer1/conv",
                )
                continue
            depthwise, pointwise = f"layer{number}/depthwise_conv", f"layer{number}/pointwise_conv"
            kernel = self._by_name[f"{depthwise}/depthwise_kernel"]
            net = self._normalised(
                tf.nn.depthwise_conv2d(net, kernel, [1, stride, stride, 1], "SAME"), depthwise
            )
            net = self._normalised(
                tf.nn.conv2d(net, self._by_name[f"{pointwise}/kernel"], 1, "SAME"), pointwise
            )
        embeddings = tf.reduce_mean(net, [1, 2])
        scores = tf.sigmoid(
            embeddings @ self._by_name["dense/kernel"] + self._by_name["dense/bias"]
        )
        return scores, embeddings, frames

    def _normalised(self, net, layer):
        beta, mean, variance = (
            self._by_name[f"{layer}/bn/{part}"]
            for part in ("beta", "moving_mean", "moving_variance")
        )
        net, _, _ = tf.compat.v1.nn.fused_batch_norm(
            net,
            tf.ones_like(beta),
            beta,
            mean=mean,
            variance=variance,
            epsilon=EPSILON,
            is_training=False,
        )
        return tf.nn.relu(net)


class PublishedVGGish(tf.Module):
    """waveform [samples] -> embeddings [patches, 128]."""

    def __init__(self, arrays):
        super().__init__()
        self._variables = [tf.Variable(array, name=name) for name, array in arrays.items()]
        self._by_name = {
            variable.name.removesuffix(":0").removeprefix("vggish/"): variable
            for variable in self._variables
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, waveform):
        net = tf.signal.frame(log_mel(waveform, get("vggish").front_end), 96, 96, axis=0)[
            ..., tf.newaxis
        ]
        for name, _, _ in _VGGISH_CONVS:
            net = tf.nn.relu(
                tf.nn.conv2d(net, self._by_name[f"{name}/weights"], 1, "SAME")
                + self._by_name[f"{name}/biases"]
            )
            if not name.endswith("_1"):
                net = tf.nn.max_pool2d(net, 2, 2, "SAME")
        net = tf.reshape(net, [-1, 12288])
        for name, _, _ in _VGGISH_DENSE:
            net = net @ self._by_name[f"{name}/weights"] + self._by_name[f"{name}/biases"]
            net = net if name == "fc2" else tf.nn.relu(net)
        return net


def write_class_map(path, classes=521):
    """A class map of made-up names; returns its path."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "mid", "display_name"])
        writer.writerows(
            [index, f"/m/{index}", f"Sound, number {index}"] for index in range(classes)
        )
    return path


def write_random_weights(folder, backbone):
    """A cache folder of a backbone: random weights, and the files that belong beside them."""
    folder.mkdir(parents=True)
    rng, arrays = np.random.default_rng(3), {}
    network = build(backbone.name, weights=None, outputs=[*backbone.outputs])
    for row in backbone.rows:
        weights = network.get_layer(row.name.replace("/", "_")).weights
        if row.kind == "affine":
            arrays |= _normalisation(rng, row.name, weights[0].shape)
        elif row.kind in WEIGHTED_KINDS:
            kernel, bias = (weight.shape for weight in weights)
            fan_in = np.prod(kernel[:2]) if row.kind == "depthwise" else np.prod(kernel[:-1])
            arrays[f"{row.name}/kernel"] = _normal(rng, kernel, fan_in)
            arrays[f"{row.name}/bias"] = _normal(rng, bias, 100)
    np.savez(folder / "weights.npz", **arrays)
    if backbone.pca_file:
        size = backbone.embedding_size
        vectors, means = _normal(rng, (size, size), 2), _normal(rng, (size, 1), 2)
        np.savez(folder / backbone.pca_file, pca_eigen_vectors=vectors, pca_means=means)
    if backbone.class_map_file:
        write_class_map(folder / backbone.class_map_file, backbone.classes)


def write_yamnet(directory, arrays, class_map):
    """A SavedModel directory as TensorFlow Hub serves it; `class_map` is the path of a csv."""
    module = PublishedYAMNet(arrays, class_map)
    tf.saved_model.save(module, str(directory), signatures=module.__call__.get_concrete_function())
    return directory


def write_vggish(directory, arrays):
    tf.saved_model.save(PublishedVGGish(arrays), str(directory))
    return directory
