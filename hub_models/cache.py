"""Where backbones lie on disk: our own cache, TensorFlow Hub's cache, or a path that the user
gives.
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import platformdirs

from hub_models.description import HubError, get, names

_WEIGHT_SUFFIXES = (".npz", ".h5", ".hdf5")


@dataclass(frozen=True)
class Listed:
    """One line of `kerasfeat hub list`; `path` is None and `size_bytes` 0 where nothing is cached."""

    name: str
    path: Path | None
    size_bytes: int
    licence: str
    handle: str


def cache_dir(name):
    """The folder of our cache that belongs to a backbone: KERASFEAT_CACHE, or the platform's user
    cache, and `hub/NAME`.
    """
    root = os.environ.get("KERASFEAT_CACHE") or platformdirs.user_cache_dir("kerasfeat")
    return Path(root) / "hub" / name


def is_saved_model(path):
    """Whether a folder holds a SavedModel."""
    return (path / "saved_model.pb").is_file()


def cached_path(name):
    """What is cached of a backbone: a SavedModel directory or weights file of ours, else TensorFlow
    Hub's own copy, else None.
    """
    backbone, folder = get(name), cache_dir(name)
    if is_saved_model(folder / "saved_model"):
        return folder / "saved_model"
    for suffix in _WEIGHT_SUFFIXES:
        if (folder / f"weights{suffix}").is_file():
            return folder / f"weights{suffix}"
    return _in_hub_cache(backbone.handle)


def is_cached(name):
    """Whether the weights of a backbone are on this machine."""
    return cached_path(name) is not None


def fingerprint(name, output="embedding"):
    """SHA-256 of the numbers that an output of a backbone comes from: its weights, and the PCA
    parameters of the one that they make.

    Raises HubError where no weights are cached.
    """
    backbone, path = get(name), locate(name)
    (last,) = (row for row in backbone.rows if row.name == backbone.outputs[output])
    beside = [path.parent / backbone.pca_file] if last.kind == "pca" else []
    files = [file for file in [path, *sorted(path.rglob("*")), *beside] if file.is_file()]
    return _fingerprint(
        tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    )


@lru_cache(maxsize=16)
def _fingerprint(files):
    digest = hashlib.sha256()
    for path, _, _ in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def locate(backbone, source="cached"):
    """The path of a backbone's weights.

    Args:
        backbone: a `Backbone` or its name.
        source: "cached", a SavedModel directory, a .h5 or .npz file, or a Hub handle (an address),
            which is downloaded by tensorflow_hub unless its cache (TFHUB_CACHE_DIR) holds it.

    Raises:
        HubError: nothing there.
    """
    backbone = get(backbone) if isinstance(backbone, str) else backbone
    if source == "cached":
        return cached_path(backbone.name) or _nothing_cached(backbone)
    if "://" in str(source):
        return _in_hub_cache(str(source)) or _download(backbone, str(source))
    path = Path(source).expanduser()
    if is_saved_model(path) or (path.suffix in _WEIGHT_SUFFIXES and path.is_file()):
        return path
    what = "is not there" if not path.exists() else "is none of them"
    raise HubError(
        f"{path} {what}: weights of {backbone.name} are a SavedModel directory (with "
        "saved_model.pb), a .h5 file, a .npz file, or a Hub"
        f" handle such as {backbone.handle}."
    )


def fetch(name):
    """Download a backbone from TensorFlow Hub into our cache and return its path there."""
    backbone = get(name)
    return add(name, _in_hub_cache(backbone.handle) or _download(backbone, backbone.handle))


def add(name, path):
    """Copy a local file or directory of a backbone into our cache, checked first, and return its
    path there.

    `path` is a SavedModel directory, a weights file (.h5, .npz) with the companions that lie beside
    it, or a companion alone: the class map csv (`yamnet_class_map.csv`), the PCA parameters
    (`vggish_pca_params.npz`). Raises HubError where it does not fit.
    """
    backbone, path, folder = get(name), Path(path).expanduser(), cache_dir(name)
    if path.name in backbone.companion_files and path.is_file():
        _check_companion(backbone, path)
        return _put(path, folder / path.name)
    locate(backbone, path)
    _check(backbone, path)
    beside = [
        path.parent / companion
        for companion in backbone.companion_files
        if (path.parent / companion).is_file()
    ]
    for companion in beside:
        _check_companion(backbone, companion)
    for companion in beside:
        _put(companion, folder / companion.name)
    target = folder / ("saved_model" if path.is_dir() else f"weights{path.suffix}")
    placed = _put(path, target)
    for other in ("saved_model", *(f"weights{suffix}" for suffix in _WEIGHT_SUFFIXES)):
        if folder / other != target:
            _remove(folder / other)
    return placed


def listing():
    """A `Listed` for each backbone."""
    return [_listed(get(name)) for name in names()]


def _listed(backbone):
    path = cached_path(backbone.name)
    size_bytes = (
        0
        if path is None
        else sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
    )
    return Listed(backbone.name, path, size_bytes, backbone.licence, backbone.handle)


def _in_hub_cache(handle):
    """TensorFlow Hub's own copy of a handle, or None; it names the directory by the SHA-1 of the
    handle.
    """
    root = os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir()) / "tfhub_modules"
    path = Path(root) / hashlib.sha1(handle.encode()).hexdigest()
    return path if is_saved_model(path) else None


def _nothing_cached(backbone):
    raise HubError(
        f"the weights of {backbone.name} are not on this machine. `kerasfeat hub fetch "
        f"{backbone.name}` downloads them from"
        f" {backbone.handle} to {cache_dir(backbone.name)} (KERASFEAT_CACHE moves the "
        "cache). Without a network, copy the SavedModel"
        f" directory, .h5, or .npz here and run `kerasfeat hub add {backbone.name} PATH`."
    )


def _download(backbone, handle):
    import tensorflow as tf
    import tensorflow_hub

    try:
        return Path(tensorflow_hub.resolve(handle))
    except (OSError, tf.errors.OpError) as error:
        raise HubError(
            f"could not download {backbone.name} from {handle}: {error}. Without a "
            "network, copy the SavedModel directory, .h5, or .npz"
            f" here and run `kerasfeat hub add {backbone.name} PATH`."
        ) from error


def _check(backbone, path):
    """Build the network with these weights, which refuses variables that are missing or do not fit."""
    from hub_models.network import build

    embeddings_only = ("embedding",) if not backbone.classes else ("embedding", "scores")
    build(backbone.name, weights=path, outputs=embeddings_only, dtype="float32")


def _check_companion(backbone, path):
    """Read a class map or PCA parameters, which refuses what is none."""
    if path.name == backbone.class_map_file:
        from hub_models.published import read_class_map

        read_class_map(path, backbone.classes)
    else:
        from hub_models.weights import read_pca

        size = backbone.embedding_size
        read_pca(path, [(size, size), (size,)])


def _put(source, target):
    """Copy a file or directory so that `target` is never half there."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".adding-", dir=target.parent))
        try:
            copied = staged / target.name
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, copied)
            if source.is_dir() and target.exists():
                target.rename(staged / "replaced")  # a directory cannot be replaced in one step
            copied.replace(target)
        finally:
            shutil.rmtree(staged)
    except OSError as error:
        raise HubError(
            f"can't copy {source} to {target}: {error}. Free space there, or move the "
            "cache by KERASFEAT_CACHE."
        ) from error
    return target


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
