"""Published weights to the arrays of our rows, whatever file they come in."""

import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from hub_models.description import HubError

_KERNELS = ("kernel", "depthwise_kernel", "weights")
_BIASES = ("bias", "biases")


def read_rows(backbone, rows, shapes, path):
    """The weights of `rows` from `path`: for each row a list of arrays, batch normalisation folded
    in.

    `shapes` gives for each row the shapes [kernel, bias] that its layer has ([] for a row without
    weights). `path` is a SavedModel directory, a .h5 file of Keras weights, or a .npz whose keys
    are variable names; PCA parameters come from `backbone.pca_file` beside it. Raises HubError for
    a variable that is missing or has another shape.
    """
    path = Path(path)
    variables = _Variables(read(path), path)
    return [
        _row(backbone, row, row_shapes, variables) if row_shapes else []
        for row, row_shapes in zip(rows, shapes, strict=True)
    ]


def read(path):
    """All variables of a weights source as {name: array}; names as stored, without ':0'. Raises
    HubError where it can't be read.
    """
    readers = {".npz": _read_npz, ".h5": _read_h5, ".hdf5": _read_h5}
    reader = _read_saved_model if path.is_dir() else readers.get(path.suffix)
    if reader is None:
        raise HubError(
            f"cannot read weights from {path}: expected a SavedModel directory, a .h5 "
            "file, or a .npz file."
        )
    try:
        return reader(path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, tf.errors.OpError) as error:
        raise HubError(
            f"cannot read weights from {path}: it is damaged, or no such file as its name "
            f"says ({error})."
        ) from error


def _read_npz(path):
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _read_h5(path):
    import h5py

    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name.removesuffix(":0"): item[()]})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def _read_saved_model(directory):
    """Variables by the names they were created with: the checkpoint's object graph keeps them as
    `full_name`.
    """
    from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

    reader = tf.train.load_checkpoint(str(directory / "variables" / "variables"))
    graph = TrackableObjectGraph.FromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    return {
        saved.full_name.removesuffix(":0"): reader.get_tensor(saved.checkpoint_key)
        for node in graph.nodes
        for saved in node.attributes
        if saved.full_name
    }


class _Variables:
    """Look-up of variables by the last parts of their names, so that a scope in front ('vggish/',
    'yamnet/') does not matter.
    """

    def __init__(self, arrays, path):
        self.arrays = arrays
        self.path = path

    def find(self, *candidates):
        """(name, array) of the first candidate that is there, or None."""
        for candidate in candidates:
            for name, array in self.arrays.items():
                if name == candidate or name.endswith("/" + candidate):
                    return name, array
        return None

    def take(self, candidates, shape):
        """The array of the first candidate that is there; HubError where none is or its shape is
        not `shape`.
        """
        found = self.find(*candidates)
        if found is None:
            known = ", ".join(sorted(self.arrays)[:4]) or "nothing"
            raise HubError(
                f"{self.path} has no variable {' or '.join(map(repr, candidates))}; it "
                f"holds {len(self.arrays)} variables ({known}, ...)."
                " Is it another backbone's?"
            )
        name, array = found
        if array.shape != tuple(shape):
            raise HubError(
                f"variable {name!r} of {self.path} has shape {list(array.shape)}, the "
                f"network needs {list(shape)}."
            )
        return np.asarray(array, np.float32)


def _row(backbone, row, shapes, variables):
    """[kernel, bias] of one row; where the source has batch normalisation after the kernel it is
    folded into both.
    """
    if row.kind == "pca":
        return _pca(backbone, variables.path, shapes)
    names, (kernel_shape, bias_shape) = (row.name, *row.aliases), shapes
    kernel = variables.take([f"{name}/{part}" for name in names for part in _KERNELS], kernel_shape)
    beta = f"{row.name}/bn/beta"
    if variables.find(beta) is None:
        return [
            kernel,
            variables.take([f"{name}/{part}" for name in names for part in _BIASES], bias_shape),
        ]
    shift, mean, variance = (
        variables.take([f"{row.name}/bn/{part}"], bias_shape)
        for part in ("beta", "moving_mean", "moving_variance")
    )
    scale = 1.0 / np.sqrt(
        variance.astype(np.float64) + backbone.batch_norm_epsilon
    )  # the published normalisation has no gamma
    by_channel = (
        scale[:, None] if row.kind == "depthwise" else scale
    )  # depthwise kernels are [height, width, channels, 1]
    return [(kernel * by_channel).astype(np.float32), (shift - mean * scale).astype(np.float32)]


def _pca(backbone, weights_path, shapes):
    """[eigen vectors, means] of the post-processing, from the file beside the weights: the Hub
    models do not hold them.
    """
    path = weights_path.parent / backbone.pca_file
    if not path.is_file():
        raise HubError(
            f"the post-processing of {backbone.name} needs {backbone.pca_file}, and there "
            f"is none at {path}. Get it from"
            f" {backbone.pca_url} and put it there, or run `kerasfeat hub add "
            f"{backbone.name} {backbone.pca_file}`."
        )
    return read_pca(path, shapes)


def read_pca(path, shapes):
    """[eigen vectors, means] of these shapes from a file of PCA parameters. Raises HubError where
    it has none such.
    """
    flat = {
        name: np.squeeze(array) for name, array in read(path).items()
    }  # the means are published as a column
    variables = _Variables(flat, path)
    return [
        variables.take([name], shape)
        for name, shape in zip(("pca_eigen_vectors", "pca_means"), shapes, strict=True)
    ]
