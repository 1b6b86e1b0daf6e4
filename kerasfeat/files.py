"""Files written whole: a reader sees the old content or the new, never a part."""

import json
import re
import uuid
from contextlib import contextmanager
from pathlib import Path

from kerasfeat import KerasfeatError


@contextmanager
def replacing(path):
    """Gives a temporary path beside `path`; what was written there stands under `path` afterwards,
    but not after an error.
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path, data):
    """Write a file whole.

    Raises:
        OSError: the disk is full or the folder can't be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


# The functions below say it as a KerasfeatError.
@contextmanager
def _told(path):
    try:
        yield
    except OSError as error:
        raise KerasfeatError(
            f"can't write {path}: {error.strerror or error}. Free space or choose another "
            "directory with --out."
        ) from error


def write_array(path, array):
    """Write a NumPy array whole."""
    import numpy as np  # here and below: what `--help` imports writes no arrays

    with _told(path), replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


def write_arrays(path, **arrays):
    """Write a NumPy archive whole."""
    import numpy as np

    with _told(path), replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def write_text(path, text):
    """Write a UTF-8 file whole; a file name in it may be no valid text."""
    with _told(path):
        write_bytes(path, encoded(text))


def encoded(text: str) -> bytes:
    """UTF-8, in which bytes of a file name that are no valid text stand as \\udc80 to \\udcff."""
    return text.encode("utf-8", "backslashreplace")


def file_name(text: str) -> str:
    """A file's name of how `encoded` has it."""
    return re.sub(r"\\u(dc[89a-f][0-9a-f])", lambda found: chr(int(found[1], 16)), text)


def write_json(path, value):
    """Write strict JSON whole."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
