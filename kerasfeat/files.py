"""Files written whole: a reader sees the old content or the new, never a part."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfeat import KerasfeatError

if TYPE_CHECKING:
    from kerasfeat.arrays import Array


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A temporary path beside `path`, for a with block.

    What was written there stands under `path` after the block, but not after an error.
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write a file whole.

    Raises:
        OSError: the disk is full or the folder can't be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def _writing(path: Path | str) -> Iterator[None]:
    """An OSError within the block as a KerasfeatError."""
    try:
        yield
    except OSError as error:
        raise KerasfeatError(
            f"can't write {path}: {error.strerror or error}. Free space or choose another "
            "directory with --out."
        ) from error


def write_array(path: Path | str, array: "Array") -> None:
    """Write a NumPy array whole.

    Raises:
        KerasfeatError: the disk is full or the folder can't be written.
    """
    import numpy as np  # here and below: what `--help` imports writes no arrays

    with _writing(path), replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


def write_arrays(path: Path | str, **arrays: "Array") -> None:
    """Write a NumPy archive whole.

    Raises:
        KerasfeatError: the disk is full or the folder can't be written.
    """
    import numpy as np

    with _writing(path), replacing(path) as temporary, temporary.open("wb") as file:
        # NumPy's types take the keyword allow_pickle for one of the arrays.
        np.savez(file, **arrays)  # type: ignore[arg-type]


def write_text(path: Path | str, text: str) -> None:
    """Write a UTF-8 file whole; a file name in it may be no valid text.

    Raises:
        KerasfeatError: the disk is full or the folder can't be written.
    """
    with _writing(path):
        write_bytes(path, encoded(text))


def encoded(text: str) -> bytes:
    """UTF-8, in which bytes of a file name that are no valid text stand as \\udc80 to \\udcff."""
    return text.encode("utf-8", "backslashreplace")


def file_name(text: str) -> str:
    """A file's name of how `encoded` has it."""
    return re.sub(r"\\u(dc[89a-f][0-9a-f])", lambda match: chr(int(match[1], 16)), text)


def write_json(path: Path | str, value: Any) -> None:
    """Write strict JSON whole.

    Raises:
        KerasfeatError: the disk is full or the folder can't be written.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
