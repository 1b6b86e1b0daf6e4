"""Published weights to the arrays of our rows, whatever file they come in."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from hub_models.description import Backbone, Row
from hub_models.errors import HubError

Shape: TypeAlias = tuple[int, ...]
Arrays: TypeAlias = dict[str, np.ndarray]

_KERNELS = ("kernel", "depthwise_kernel", "weights")
_BIASES = ("bias", "biases")


def read_rows(
    backbone: Backbone, rows: Sequence[Row], shapes: Sequence[Sequence[Shape]], path: Path
) -> list[list[np.ndarray]]:
    """The weights of rows, batch normalisation folded in.

    Args:
        backbone: whose rows they are.
        rows: those to read.
        shapes: for each row the shapes [kernel, bias] or [scale, shift] that its layer has; none
            for a row without weights.
        path: a SavedModel directory, a .h5 file of Keras weights, or a .npz whose keys are names of
            variables. PCA parameters come from `backbone.pca_file` beside it.

    Returns:
        For each row its arrays.

    Raises:
        HubError: a variable is missing or has another shape.
    """
    variables = _Variables(read(path), path)
    return [
        _row(backbone, row, row_shapes, variables) if row_shapes else []
        for row, row_shapes in zip(rows, shapes, strict=True)
    ]


def read(path: Path) -> Arrays:
    """All variables of a source of weights, by name as it is stored, without ":0".

    Raises:
        HubError: it can't be read.
    """
    readers = {".npz": _read_npz, ".h5": _read_h5, ".hdf5": _read_h5}
    reader = _read_saved_model if path.is_dir() else readers.get(path.suffix)
    if reader is None:
        raise HubError(
            f"cannot read weights from {path}: expected a SavedModel directory, a .h5 file, or a "
            ".npz file."
        )
    try:
        return reader(path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, tf.errors.OpError) as error:
        raise HubError(
            f"cannot read weights from {path}: it is damaged, or no such file as its name says "
            f"({error})."
        ) from error


def _read_npz(path: Path) -> Arrays:
    # NumPy leaves a file open that is no archive, if it has opened it.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _read_h5(path: Path) -> Arrays:
    import h5py

    found: Arrays = {}

    def keep(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            found[name.removesuffix(":0")] = item[()]

    with h5py.File(path) as file:
        file.visititems(keep)
    return found


def _read_saved_model(directory: Path) -> Arrays:
    """Variables by the names they were made with, which the checkpoint keeps as `full_name`."""
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
    """Variables by the last parts of their names.

    So a scope in front ("vggish/", "yamnet/") does not matter.
    """

    def __init__(self, arrays: Arrays, path: Path) -> None:
        self.arrays = arrays
        self.path = path

    def find(self, candidates: Iterable[str]) -> str | None:
        """The whole name of the first candidate that is there, or None."""
        for candidate in candidates:
            for name in self.arrays:
                if name == candidate or name.endswith("/" + candidate):
                    return name
        return None

    def take(self, candidates: Sequence[str], shape: Shape) -> np.ndarray:
        """The array of the first candidate that is there.

        Raises:
            HubError: none is, or its shape is not `shape`.
        """
        name = self.find(candidates)
        if name is None:
            known = ", ".join(sorted(self.arrays)[:4]) or "nothing"
            raise HubError(
                f"{self.path} has no variable {' or '.join(map(repr, candidates))}; it holds "
                f"{len(self.arrays)} variables ({known}, ...). Is it another backbone's?"
            )
        array = self.arrays[name]
        if array.shape != tuple(shape):
            raise HubError(
                f"variable {name!r} of {self.path} has shape {list(array.shape)}, the network "
                f"needs {list(shape)}."
            )
        return np.asarray(array, np.float32)


def _row(
    backbone: Backbone, row: Row, shapes: Sequence[Shape], variables: _Variables
) -> list[np.ndarray]:
    """[kernel, bias] of one row, with the batch normalisation that the source has behind it.

    Of a row that is a normalisation itself, [scale, shift].
    """
    if row.kind == "pca":
        return _pca(backbone, variables.path, shapes)
    if row.kind == "affine":
        folded = _normalisation(backbone, variables, row.name, shapes[0])
        return [numbers.astype(np.float32) for numbers in folded]
    names, (kernel_shape, bias_shape) = (row.name, *row.aliases), shapes
    kernel = variables.take([f"{name}/{part}" for name in names for part in _KERNELS], kernel_shape)
    if variables.find([f"{row.name}/bn/beta"]) is None:
        biases = [f"{name}/{part}" for name in names for part in _BIASES]
        return [kernel, variables.take(biases, bias_shape)]
    scale, shift = _normalisation(backbone, variables, f"{row.name}/bn", bias_shape)
    # Depthwise kernels are [height, width, channels, 1].
    by_channel = scale[:, None] if row.kind == "depthwise" else scale
    return [(kernel * by_channel).astype(np.float32), shift.astype(np.float32)]


def _normalisation(
    backbone: Backbone, variables: _Variables, name: str, shape: Shape
) -> tuple[np.ndarray, np.ndarray]:
    """(Scale, shift) of a batch normalisation with fixed statistics, in float64."""
    shift, mean, variance = (
        variables.take([f"{name}/{part}"], shape).astype(np.float64)
        for part in ("beta", "moving_mean", "moving_variance")
    )
    scale = 1.0 / np.sqrt(variance + backbone.batch_norm_epsilon)
    if variables.find([f"{name}/gamma"]):  # YAMNet's has none
        scale = scale * variables.take([f"{name}/gamma"], shape)
    return scale, shift - mean * scale


def _pca(backbone: Backbone, weights_path: Path, shapes: Sequence[Shape]) -> list[np.ndarray]:
    """[eigen vectors, means] from the file beside the weights: the Hub models do not hold them."""
    path = weights_path.parent / (backbone.pca_file or "")
    if not path.is_file():
        raise HubError(
            f"the post-processing of {backbone.name} needs {backbone.pca_file}, and there is none "
            f"at {path}. Get it from {backbone.pca_url} and put it there, or run "
            f"`kerasfeat hub add {backbone.name} {backbone.pca_file}`."
        )
    return read_pca(path, shapes)


def read_pca(path: Path, shapes: Sequence[Shape]) -> list[np.ndarray]:
    """[eigen vectors, means] of these shapes from a file of PCA parameters.

    Raises:
        HubError: it has none such.
    """
    # The means are published as a column.
    flat = {name: np.squeeze(array) for name, array in read(path).items()}
    variables = _Variables(flat, path)
    names = ("pca_eigen_vectors", "pca_means")
    return [variables.take([name], shape) for name, shape in zip(names, shapes, strict=True)]
