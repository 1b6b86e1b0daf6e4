"""What a training that was stopped has kept in its work folder, for the same command to go on."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.files import damage_told


def kept_array(path: Path) -> Array:
    """The array of a .npy file.

    Raises:
        KerasfeatError: it is damaged.
    """
    with _damage_told(path):
        array: Array = np.load(path, allow_pickle=False)
    return array


def kept_arrays(path: Path) -> dict[str, Array]:
    """The arrays of a .npz file by name.

    Raises:
        KerasfeatError: it is damaged.
    """
    with _damage_told(path), np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def kept_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        KerasfeatError: it is damaged.
    """
    with _damage_told(path):
        return json.loads(path.read_text(encoding="utf-8"))


def _damage_told(path: Path) -> AbstractContextManager[None]:
    return damage_told(path, f"Remove {path.parent}, and the same command trains that part anew.")
