"""Archives unpacked without surprises: within their folder, each file whole or not there."""

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from kerasfeat import KerasfeatError
from kerasfeat.progress import progress

MEGA = 10**6
# What the libraries say of damaged, unknown, and encrypted (RuntimeError) content.
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
)


@dataclass(frozen=True)
class _Member:
    """A file of an open archive: its name in it, its size, and what opens it."""

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes] | None]

    def missing(self, folder: Path) -> bool:
        """Whether the folder lacks it, or has it with another size."""
        path = folder / self.name
        return not path.is_file() or path.stat().st_size != self.size_bytes


def unpack(path: Path, folder: Path, suffixes: tuple[str, ...]) -> None:
    """Unpack files of a zip or tar archive under their names in it.

    Args:
        path: the archive.
        folder: where its files come to lie.
        suffixes: of the files that are unpacked, in lower case. One that is there is left.

    Raises:
        KerasfeatError: it is broken, has a file that would lie outside the folder, or there is no
            room.
    """
    try:
        with tarfile.open(path) if path.suffix == ".tar" else zipfile.ZipFile(path) as archive:
            missing = [
                member
                for member in _members(archive)
                if member.name.lower().endswith(suffixes) and member.missing(folder)
            ]
            _check_room(path, folder, missing)
            with progress("unpacking", "files") as advance:
                for done, member in enumerate(missing, start=1):
                    _unpack_one(member, folder / member.name)
                    advance(done, len(missing))
    except BROKEN as error:
        raise KerasfeatError(
            f"{path} is a broken archive ({error}): remove it and try again."
        ) from error
    except OSError as error:
        raise KerasfeatError(
            f"can't unpack {path} into {folder}: {error.strerror or error}."
        ) from error


def _members(archive: zipfile.ZipFile | tarfile.TarFile) -> list[_Member]:
    """The files of an open archive, without its folders and links."""
    if isinstance(archive, zipfile.ZipFile):
        return [
            _Member(item.filename, item.file_size, partial(archive.open, item))
            for item in archive.infolist()
            if not item.is_dir()
        ]
    return [
        _Member(item.name, item.size, partial(archive.extractfile, item))
        for item in archive
        if item.isfile()
    ]


def _check_room(path: Path, folder: Path, members: Iterable[_Member]) -> None:
    for member in members:
        if not (folder / member.name).resolve().is_relative_to(folder.resolve()):
            raise KerasfeatError(
                f"{path} holds {member.name}, which would lie outside {folder}: it is not unpacked."
            )
    needed_mb = sum(member.size_bytes for member in members) // MEGA
    free_mb = shutil.disk_usage(folder).free // MEGA
    if needed_mb > free_mb:
        raise KerasfeatError(
            f"unpacking {path} needs {needed_mb:,} MB in {folder}, where {free_mb:,} MB are free."
        )


def _unpack_one(member: _Member, target: Path) -> None:
    """Write a file so that it is whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.partial")
    source = member.open()
    assert source, "links are no members"
    with source, half.open("wb") as file:
        shutil.copyfileobj(source, file)
    half.replace(target)
