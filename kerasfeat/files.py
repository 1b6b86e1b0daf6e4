"""Files written whole: a reader sees the old content or the new, never a part."""

import errno
import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfeat import KerasfeatError

if TYPE_CHECKING:
    from kerasfeat.arrays import Array

# What a disk says that takes no more, in the errors of Python, HDF5, and TensorFlow alike.
REFUSALS = tuple(
    os.strerror(getattr(errno, name))
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS")
    if hasattr(errno, name)
)
# What `replacing` leaves where the process is killed within it.
LEFTOVER = re.compile(r".+\.[0-9a-f]{32}\.partial")


def expanded(path: str | Path) -> Path:
    """A path whose `~` is the user's home; a name such as `~old`, of no user, stays."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_leftover(path: Path) -> bool:
    """Whether a file is one that a killed process was writing."""
    return LEFTOVER.fullmatch(path.name) is not None


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes were writing; nobody else may be at work in the folder."""
    for path in filter(is_leftover, folder.iterdir()):
        path.unlink(missing_ok=True)


def refusal(error: BaseException | None) -> str | None:
    """What a disk that takes no more says in an error, or in one behind it; None of any other."""
    while error is not None:
        for words in REFUSALS:
            if words in str(error):
                return words
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def disk_told(place: Path | str) -> Iterator[None]:
    """A full disk within the block as a KerasfeatError, whichever library has met it.

    Raises:
        KerasfeatError: the disk is full, or can't be written.
    """
    try:
        yield
    except KerasfeatError:
        raise
    except Exception as error:
        words = refusal(error)
        if words is None:
            raise
        raise KerasfeatError(
            f"can't write {place}: {words}. Free space there, and run the same command again: "
            "what is whole is kept."
        ) from error


@contextmanager
def damage_told(path: Path | str, remedy: str) -> Iterator[None]:
    """Whatever reading a file, and what it holds, raises within the block, as one message.

    Args:
        path: the file.
        remedy: sentences on what to do where it can't be read.

    Raises:
        KerasfeatError: the file is missing or damaged.
    """
    try:
        yield
    except (KerasfeatError, MemoryError, ImportError):
        raise
    except Exception as error:
        # A damaged file may hold anything, and each of the libraries has its own words for it.
        words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        why = "it is not there" if isinstance(error, FileNotFoundError) else words
        raise KerasfeatError(f"{path} is damaged ({why}). {remedy}") from error


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
def writing(path: Path | str) -> Iterator[None]:
    """An OSError within the block as a KerasfeatError.

    Raises:
        KerasfeatError: the disk is full, or `path` can't be written.
    """
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

    with writing(path), replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


def write_arrays(path: Path | str, **arrays: "Array") -> None:
    """Write a NumPy archive whole.

    Raises:
        KerasfeatError: the disk is full or the folder can't be written.
    """
    import numpy as np

    with writing(path), replacing(path) as temporary, temporary.open("wb") as file:
        # NumPy's types take the keyword allow_pickle for one of the arrays.
        np.savez(file, **arrays)  # type: ignore[arg-type]


def write_text(path: Path | str, text: str) -> None:
    """Write a UTF-8 file whole; a file name in it may be no valid text.

    Raises:
        KerasfeatError: the disk is full or the folder can't be written.
    """
    with writing(path):
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
