"""Published archives: downloaded from where they stopped, and checked against their checksum.

pooch would not do: its HTTP downloader opens a temporary file with "w+b", sends no Range, and
removes the file after an error, so that gigabytes begin anew; nor does it limit size or whole time.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.retry import Unreachable, retry
from kerasfeat.datasets.http.time_limit import TimeLimit
from kerasfeat.datasets.http.unpack import unpack
from kerasfeat.datasets.http.web import (
    Refused,
    Web,
    blocks,
    check_status,
    length_bytes,
    opened,
    without_query,
)
from kerasfeat.progress import progress

MEGA = 10**6
# A download may take so long, all tries and waits together, and what it brings may come at so slow
# a rate.
DOWNLOAD_S, SLOWEST_BYTES_PER_S = 600.0, 10_000.0


@dataclass(frozen=True)
class Archive:
    """A zip or tar file that its makers publish.

    Attributes:
        url: https.
        checksum: "sha1:...", "sha256:..." or "md5:...", as published.
        most_mb: its largest size, megabytes.
    """

    url: str
    checksum: str
    most_mb: int

    @property
    def name(self) -> str:
        """Of the file, without the query of its address."""
        return Path(self.url.partition("?")[0]).name


@dataclass(frozen=True)
class _Download:
    """A download under way.

    Attributes:
        archive: what is downloaded.
        web: reaches its host.
        partial: the file that grows.
        limit: until when; each byte extends it.
        advance: shows how much there is.
    """

    archive: Archive
    web: Web
    partial: Path
    limit: TimeLimit
    advance: Callable[[int, int], None]

    def run(self) -> None:
        """Get the rest of the file."""
        while not self._grow():
            pass

    def _grow(self) -> bool:
        """Get more of the file.

        A connection that brings something each time may break as often as it likes.

        Returns:
            Whether the file is whole.
        """
        begun_bytes = _size_bytes(self.partial)
        try:
            retry(self._continue)
        except Unreachable:
            if _size_bytes(self.partial) <= begun_bytes:
                raise
            return False
        return True

    def _continue(self) -> None:
        url = self.archive.url
        if not self.limit.left_s:
            raise KerasfeatError(
                f"{self.limit.error()} What was fetched is in {self.partial}; run the same command "
                "again to get the rest."
            )
        begun_bytes = _size_bytes(self.partial)
        headers = {"Accept-Encoding": "identity"}
        if begun_bytes:
            headers["Range"] = f"bytes={begun_bytes}-"
        with opened(self.web, url, self.limit, headers=headers) as response:
            content_range = response.headers.get("Content-Range", "")
            # Nothing after what is there: it is whole, or it is not this file's beginning.
            if response.status_code == 416:
                if content_range != f"bytes */{begun_bytes}":
                    self.partial.unlink(missing_ok=True)
                    raise Unreachable(f"{without_query(url)} has no such part of the file.")
                return
            check_status(response.status_code, response.headers, url)
            goes_on = response.status_code == 206 and re.match(
                rf"bytes {begun_bytes}-", content_range
            )
            begun_bytes = begun_bytes if goes_on else 0
            total_mb = (begun_bytes + (length_bytes(response, url) or 0)) // MEGA
            most_bytes = self.archive.most_mb * MEGA - begun_bytes
            with self.partial.open("ab" if goes_on else "wb") as file:
                for block in blocks(response, url, most_bytes, self.limit):
                    file.write(block)
                    self.limit.extend(len(block) / SLOWEST_BYTES_PER_S)
                    self.advance(file.tell() // MEGA, max(total_mb, file.tell() // MEGA))


def download(archive: Archive, folder: Path) -> Path:
    """Download an archive; what a run that stopped has got of it is not got again.

    A file of its name that lies there already is checked, and stays whatever it holds.

    Returns:
        Its file in the folder.

    Raises:
        KerasfeatError: no room, no connection, too slow, or not the published content.
    """
    path = folder / archive.name
    if path.is_file():
        checksum = _checksum(archive, path)
        if checksum != archive.checksum:
            raise KerasfeatError(
                f"{path} is not what was published: its checksum is {checksum}, not "
                f"{archive.checksum}. Move it away, and the same command downloads it; or put the "
                "published file in its place."
            )
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    _check_room(archive, partial)
    limit = TimeLimit(without_query(archive.url), DOWNLOAD_S)
    with progress(archive.name, "MB") as advance:
        _Download(archive, Web(archive.url), partial, limit, advance).run()
    checksum = _checksum(archive, partial)
    if checksum != archive.checksum:
        partial.unlink()
        raise KerasfeatError(
            f"{archive.name} from {without_query(archive.url)} is not what was published: its "
            f"checksum is {checksum}, not {archive.checksum}. It is removed; try again, or get it "
            "from elsewhere."
        )
    return partial.replace(path)


def _check_room(archive: Archive, partial: Path) -> None:
    needed_mb = archive.most_mb - _size_bytes(partial) / MEGA
    free_mb = shutil.disk_usage(partial.parent).free / MEGA
    if free_mb < needed_mb:
        raise KerasfeatError(
            f"{archive.name} needs {needed_mb:,.0f} MB in {partial.parent}, where {free_mb:,.0f} "
            "MB are free."
        )


def _size_bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _checksum(archive: Archive, path: Path) -> str:
    """Of a file, of the kind and in the form of the archive's."""
    kind = archive.checksum.partition(":")[0]
    digest = hashlib.new(kind)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return f"{kind}:{digest.hexdigest()}"


def download_and_unpack(
    archives: Sequence[Archive], folder: Path, suffixes: tuple[str, ...]
) -> None:
    """Download and unpack archives into a folder, as far as that has not been done.

    An archive that has been unpacked is removed to save room; a file NAME.unpacked says so.

    Args:
        archives: in this order.
        folder: made where it is not there.
        suffixes: of the files that are unpacked, in lower case.

    Raises:
        KerasfeatError: as `download` and `unpack`.
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
