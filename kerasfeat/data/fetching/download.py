"""Published archives: downloaded where they stopped, checked against their checksum, unpacked without surprises."""

import hashlib
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.data.fetching.patience import Unreachable, patiently
from kerasfeat.data.fetching.web import Refused, Web, blocks, check_status, opened, where
from kerasfeat.progress import progress

MEGA = 10**6


@dataclass(frozen=True)
class Archive:
    """A zip file that its makers publish.

    Attributes:
        url: https.
        checksum: "sha1:..." or "md5:...", as published.
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
    """The archive as a file in a folder; what was there of it, from a run that stopped, is not got again.

    Raises:
        KerasfeatError: no room, no connection, or not the published content.
    """
    path = folder / archive.name
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    free_mb = shutil.disk_usage(folder).free // MEGA
    if free_mb < archive.most_mb:
        raise KerasfeatError(f"{archive.name} needs {archive.most_mb:,} MB in {folder}, where {free_mb:,} MB are free.")
    partial = path.with_name(f"{path.name}.partial")
    web = Web(archive.url)
    with progress(archive.name, "MB") as advance:
        while not _grown(web, archive, partial, advance):
            pass
    kind, _, published = archive.checksum.partition(":")
    found = _digest(partial, kind)
    if found != published:
        partial.unlink()
        raise KerasfeatError(
            f"{archive.name} from {where(archive.url)} is not what was published: its checksum is {found}, not {archive.checksum}. It is "
            "removed; try again, or get it from elsewhere."
        )
    return partial.replace(path)


def _grown(web, archive, partial, advance):
    """Get more of the file; whether it is whole. A connection that brings something each time may break as often as it likes."""
    had_bytes = _size(partial)
    try:
        patiently(lambda: _continued(web, archive, partial, advance))
    except Unreachable:
        if _size(partial) <= had_bytes:
            raise
        return False
    return True


def _continued(web, archive, partial, advance):
    had_bytes = _size(partial)
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={had_bytes}-"} if had_bytes else {})}
    with opened(web, archive.url, headers=headers) as response:
        content_range = response.headers.get("Content-Range", "")
        if response.status_code == 416:  # nothing after what is there: it is whole, or it is not this file's beginning
            if content_range != f"bytes */{had_bytes}":
                partial.unlink()
                raise Unreachable(f"{where(archive.url)} has no such part of the file.")
            return
        check_status(response.status_code, response.headers, archive.url)
        goes_on = response.status_code == 206 and re.match(rf"bytes {had_bytes}-", content_range)
        had_bytes = had_bytes if goes_on else 0
        total_mb = (had_bytes + int(response.headers.get("Content-Length") or 0)) // MEGA
        with partial.open("ab" if goes_on else "wb") as file:
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
    """Unpack those files of a zip archive that have one of the suffixes and are not there yet, under their names in it.

    Raises:
        KerasfeatError: it is broken, or there is no room.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if item.filename.lower().endswith(suffixes) and not item.is_dir()]
            missing = [item for item in members if _size(folder / item.filename) != item.file_size]
            needed_mb = sum(item.file_size for item in missing) // MEGA
            free_mb = shutil.disk_usage(folder).free // MEGA
            if needed_mb > free_mb:
                raise KerasfeatError(f"unpacking {path} needs {needed_mb:,} MB in {folder}, where {free_mb:,} MB are free.")
            with progress("unpacking", "files") as advance:
                for done, item in enumerate(missing, start=1):
                    archive.extract(item, folder)  # it keeps names within the folder
                    advance(done, len(missing))
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise KerasfeatError(f"{path} is a broken zip archive ({error}): remove it and try again.") from error


def had(archives, folder, suffixes):
    """Download and unpack archives into a folder, as far as that has not been done."""
    for archive in archives:
        try:
            unpack(download(archive, folder), folder, suffixes)
        except Refused as error:
            raise KerasfeatError(f"{error} Get {archive.name} elsewhere and put it, or what it holds, into {folder}.") from error
