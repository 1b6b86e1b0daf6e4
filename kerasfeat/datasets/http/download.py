"""Published archives: downloaded where they stopped, checked against their checksum, unpacked
without surprises.
"""

import hashlib
import re
import shutil
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.retry import Unreachable, patiently
from kerasfeat.datasets.http.web import Refused, Web, blocks, check_status, opened, where
from kerasfeat.progress import progress

MEGA = 10**6


@dataclass(frozen=True)
class Archive:
    """A zip or tar file that its makers publish.

    Attributes:
        url: https.
        checksum: "sha1:...", "sha256:..." or "md5:...", as published.
        most_mb: what it may have at most, megabytes.
    """

    url: str
    checksum: str
    most_mb: int

    @property
    def name(self):
        """Of the file, without the query of its address."""
        return Path(self.url.partition("?")[0]).name


def download(archive, folder):
    """The archive as a file in a folder; what was there of it, from a run that stopped, is not got
    again.

    Raises:
        KerasfeatError: no room, no connection, or not the published content.
    """
    path = folder / archive.name
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.partial")
    needed_mb, free_mb = archive.most_mb - _size(half) / MEGA, shutil.disk_usage(folder).free / MEGA
    if free_mb < needed_mb:
        raise KerasfeatError(
            f"{archive.name} needs {needed_mb:,.0f} MB in {folder}, where {free_mb:,.0f} "
            "MB are free."
        )
    web = Web(archive.url)
    with progress(archive.name, "MB") as advance:
        while not _grown(web, archive, half, advance):
            pass
    kind, _, published = archive.checksum.partition(":")
    found = _digest(half, kind)
    if found != published:
        half.unlink()
        raise KerasfeatError(
            f"{archive.name} from {where(archive.url)} is not what was published: its "
            f"checksum is {found}, not {archive.checksum}. It is "
            "removed; try again, or get it from elsewhere."
        )
    return half.replace(path)


def _grown(web, archive, half, advance):
    """Get more of the file; whether it is whole. A connection that brings something each time may
    break as often as it likes.
    """
    had_bytes = _size(half)
    try:
        patiently(lambda: _continued(web, archive, half, advance))
    except Unreachable:
        if _size(half) <= had_bytes:
            raise
        return False
    return True


def _continued(web, archive, half, advance):
    had_bytes = _size(half)
    headers = {
        "Accept-Encoding": "identity",
        **({"Range": f"bytes={had_bytes}-"} if had_bytes else {}),
    }
    with opened(web, archive.url, headers=headers) as response:
        content_range = response.headers.get("Content-Range", "")
        if (
            response.status_code == 416
        ):  # nothing after what is there: it is whole, or it is not this file's beginning
            if content_range != f"bytes */{had_bytes}":
                half.unlink()
                raise Unreachable(f"{where(archive.url)} has no such part of the file.")
            return
        check_status(response.status_code, response.headers, archive.url)
        goes_on = response.status_code == 206 and re.match(rf"bytes {had_bytes}-", content_range)
        had_bytes = had_bytes if goes_on else 0
        total_mb = (had_bytes + int(response.headers.get("Content-Length") or 0)) // MEGA
        with half.open("ab" if goes_on else "wb") as file:
            for block in blocks(response, archive.url, archive.most_mb * MEGA - had_bytes):
                file.write(block)
                advance(file.tell() // MEGA, max(total_mb, file.tell() // MEGA))


def _size(path):
    return path.stat().st_size if path.is_file() else 0


def _digest(path, name):
    digest = hashlib.new(name)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def unpack(path, folder, suffixes):
    """Unpack those files of a zip or tar archive that have one of the suffixes and are not there
    yet, under their names in it.

    Raises:
        KerasfeatError: it is broken, has a file that would lie outside the folder, or there is no
            room.
    """
    try:
        with tarfile.open(path) if path.suffix == ".tar" else zipfile.ZipFile(path) as archive:
            missing = [
                item
                for item in _files(archive)
                if item[0].lower().endswith(suffixes) and _size(folder / item[0]) != item[1]
            ]
            _check_room(path, folder, missing)
            with progress("unpacking", "files") as advance:
                for done, (name, _, opener) in enumerate(missing, start=1):
                    _unpack_one(folder / name, opener)
                    advance(done, len(missing))
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        NotImplementedError,
    ) as error:
        raise KerasfeatError(
            f"{path} is a broken archive ({error}): remove it and try again."
        ) from error


def _files(archive):
    """(name, bytes, function that opens it) of each file of an open archive."""
    if isinstance(archive, zipfile.ZipFile):
        return [
            (item.filename, item.file_size, partial(archive.open, item))
            for item in archive.infolist()
            if not item.is_dir()
        ]
    return [
        (item.name, item.size, partial(archive.extractfile, item))
        for item in archive
        if item.isfile()
    ]


def _check_room(path, folder, files):
    outside = [
        name
        for name, _, _ in files
        if not (folder / name).resolve().is_relative_to(folder.resolve())
    ]
    if outside:
        raise KerasfeatError(
            f"{path} holds {outside[0]}, which would lie outside {folder}: it is not unpacked."
        )
    needed_mb, free_mb = (
        sum(size for _, size, _ in files) // MEGA,
        shutil.disk_usage(folder).free // MEGA,
    )
    if needed_mb > free_mb:
        raise KerasfeatError(
            f"unpacking {path} needs {needed_mb:,} MB in {folder}, where {free_mb:,} MB are free."
        )


def _unpack_one(target, opener):
    """Write a file so that it is whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.partial")
    with opener() as source, half.open("wb") as file:
        shutil.copyfileobj(source, file)
    half.replace(target)


def had(archives, folder, suffixes):
    """Download and unpack archives into a folder, as far as that has not been done.

    An archive that has been unpacked is removed to save room; a file NAME.unpacked says so.
    """
    for archive in archives:
        mark = folder / f"{archive.name}.unpacked"
        if mark.exists():
            continue
        try:
            path = download(archive, folder)
        except Refused as error:
            raise KerasfeatError(
                f"{error} Get {archive.name} elsewhere and put it, or what it holds, into {folder}."
            ) from error
        unpack(path, folder, suffixes)
        mark.touch()
        path.unlink()
