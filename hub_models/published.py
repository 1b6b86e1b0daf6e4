"""The Hub models as they were published, and the class names that come with them."""

import csv
import warnings

import tensorflow as tf

from hub_models.cache import is_saved_model, locate
from hub_models.description import HubError, get


def load_published(name, source="cached"):
    """The published SavedModel of a backbone, to be called with one waveform float32 [samples] at
    16 kHz.

    YAMNet returns (scores [patches, 521], embeddings [patches, 1024], log-mel [frames, 64]), VGGish
    embeddings [patches, 128]. `source` is "cached", a SavedModel directory, or a Hub handle. Raises
    HubError where there is none.
    """
    backbone = get(name)
    path = locate(backbone, source)
    if not is_saved_model(path):
        raise HubError(
            f"{name} is here only as a weights file ({path}), and the published model is a "
            "SavedModel directory. Run"
            f" `kerasfeat hub fetch {name}`, or use `hub_models.build({name!r})`, which "
            "computes the same from the weights."
        )
    return tf.saved_model.load(str(path))


def class_names(name, source="cached"):
    """Names of a backbone's classes in the order of its scores, from the class map that lies with
    the weights.

    Where there is no class map the names are "class 0", "class 1", ... and a warning says how to
    add one.
    """
    backbone = get(name)
    if not backbone.classes:
        raise HubError(f"{name} has no classes; it gives embeddings only.")
    path = locate(backbone, source)
    folder = path / "assets" if is_saved_model(path) else path.parent
    for candidate in (folder / backbone.class_map_file, path.parent / backbone.class_map_file):
        if candidate.is_file():
            return read_class_map(candidate, backbone.classes)
    warnings.warn(
        f"no {backbone.class_map_file} beside {path}: classes go by their number. "
        f"`kerasfeat hub add {name} {backbone.class_map_file}`"
        " adds the names (the file is in tensorflow/models research/audioset/yamnet).",
        stacklevel=2,
    )
    return [f"class {index}" for index in range(backbone.classes)]


def read_class_map(path, classes):
    """The `display_name` column of a class map csv, by its `index` column. Raises HubError where it
    is none of so many classes.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            named = {int(row["index"]): row["display_name"] for row in csv.DictReader(file)}
    except (KeyError, TypeError, ValueError, csv.Error):
        named = {}
    if sorted(named) != list(range(classes)) or not all(named.values()):
        raise HubError(
            f"{path} is no class map of {classes} classes: expected columns index, mid, "
            f"display_name and {classes} rows."
        )
    return [named[index] for index in range(classes)]
