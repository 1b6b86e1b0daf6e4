"""The Hub models as they were published, and the class names that come with them."""

import csv
import warnings
from pathlib import Path
from typing import Any

import tensorflow as tf

from hub_models.backbones import backbones
from hub_models.cache import is_saved_model, locate
from hub_models.errors import HubError


def load_published(name: str, source: Path | str = "cached") -> Any:
    """The published SavedModel of a backbone.

    Args:
        name: of the backbone.
        source: "cached", a SavedModel directory, or a Hub handle.

    Returns:
        A function of one waveform float32 [samples] at 16 kHz. YAMNet's gives (scores
        [patches, 521], embeddings [patches, 1024], log-mel [frames, 64]), VGGish's embeddings
        [patches, 128].

    Raises:
        HubError: there is none.
    """
    backbone = backbones.get(name)
    if backbone.package:
        raise HubError(
            f"{name} is published as a checkpoint, which can't be called; use "
            f"`hub_models.build({name!r})`, which computes the same from its weights."
        )
    path = locate(backbone, source)
    if not is_saved_model(path):
        raise HubError(
            f"{name} is here only as a weights file ({path}), and the published model is a "
            f"SavedModel directory. Run `kerasfeat hub fetch {name}`, or use "
            f"`hub_models.build({name!r})`, which computes the same from the weights."
        )
    return tf.saved_model.load(str(path))


def class_names(name: str, source: Path | str = "cached") -> list[str]:
    """Names of a backbone's classes in the order of its scores.

    Where the backbone does not name them itself, they come from the class map that lies with the
    weights. Where there is none they are "class 0", "class 1", ... and a warning says how to add
    one.

    Args:
        name: of the backbone.
        source: of its weights, as `hub_models.locate` takes it.

    Raises:
        HubError: the backbone has no classes, or no weights are there.
    """
    backbone = backbones.get(name)
    if backbone.class_names:
        return list(backbone.class_names)
    if backbone.class_map_file is None:
        raise HubError(f"{name} has no classes; it gives embeddings only.")
    path = locate(backbone, source)
    folder = path / "assets" if is_saved_model(path) else path.parent
    for candidate in (folder / backbone.class_map_file, path.parent / backbone.class_map_file):
        if candidate.is_file():
            return read_class_map(candidate, backbone.classes)
    warnings.warn(
        f"no {backbone.class_map_file} beside {path}: classes go by their number. "
        f"`kerasfeat hub add {name} {backbone.class_map_file}` adds the names (the file is in "
        "tensorflow/models research/audioset/yamnet).",
        stacklevel=2,
    )
    return [f"class {index}" for index in range(backbone.classes)]


def read_class_map(path: Path, classes: int) -> list[str]:
    """The column `display_name` of a class map, in the order of its column `index`.

    Raises:
        HubError: it is no map of so many classes.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            named = {int(row["index"]): row["display_name"] for row in csv.DictReader(file)}
    except (KeyError, TypeError, ValueError, csv.Error):
        named = {}
    if sorted(named) != list(range(classes)) or not all(named.values()):
        raise HubError(
            f"{path} is not a class map of {classes} classes: expected columns index, mid, "
            f"display_name and {classes} rows."
        )
    return [named[index] for index in range(classes)]
