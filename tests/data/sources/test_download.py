import hashlib
import io
import shutil
import zipfile

import pytest
from source_services import Reply

from kerasfeat import KerasfeatError
from kerasfeat.data.fetching import download
from kerasfeat.data.fetching.download import Archive, had, unpack


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def content():
    return zipped({"set/data.csv": b"a,b\n1,2\n" * 30_000, "set/README.txt": b"x", "../../escaped.csv": b"no", "set/tool.py": b"evil()"})


@pytest.fixture
def archive(services, content):
    """The archive on a server that knows ranges, and lists those it was asked for."""
    asked = []

    def answer(path, query, headers):
        asked.append(headers.get("Range"))
        start = int((headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            return Reply(b"", 416, headers={"Content-Range": f"bytes */{len(content)}"})
        part = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        return Reply(content[start:], 206 if start else 200, "application/zip", part)

    services.routes["/set.zip"] = answer
    services.ranges = asked
    return Archive(f"{services.url}/set.zip?download=1", "sha1:" + hashlib.sha1(content).hexdigest(), 9)


def test_an_archive_is_checked_and_unpacked_within_its_folder(services, archive, tmp_path):
    folder = tmp_path / "deep" / "down"
    had([archive], folder, (".csv", ".txt"))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "deep/down/escaped.csv",
        "deep/down/set.zip",
        "deep/down/set/README.txt",
        "deep/down/set/data.csv",
    ]
    had([archive], folder, (".csv", ".txt"))
    assert services.ranges == [None]


def test_a_download_that_is_cut_goes_on_where_it_was(services, archive, content, tmp_path, monkeypatch):
    services.spoil = [Reply(content, cut_after=40_000)]
    had([archive], tmp_path, (".csv",))
    assert len(services.ranges) == 1 and services.ranges[0].startswith("bytes=") and 0 < int(services.ranges[0][6:-1]) <= 40_000
    assert (tmp_path / "set.zip").read_bytes() == content


def test_a_download_of_an_earlier_run_goes_on(services, archive, content, tmp_path):
    (tmp_path / "set.zip.partial").write_bytes(content[:70_000])
    had([archive], tmp_path, (".csv",))
    assert services.ranges == ["bytes=70000-"]


def test_a_server_without_ranges_sends_it_all_again(services, archive, content, tmp_path):
    (tmp_path / "set.zip.partial").write_bytes(b"something else" * 9)
    services.routes["/set.zip"] = lambda *given: Reply(content)
    had([archive], tmp_path, (".csv",))
    assert (tmp_path / "set.zip").read_bytes() == content


@pytest.mark.parametrize("extra", [b"", b"too much"], ids=["whole", "longer"])
def test_a_partial_file_that_is_whole_or_too_long(services, archive, content, tmp_path, extra):
    (tmp_path / "set.zip.partial").write_bytes(content + extra)
    had([archive], tmp_path, (".csv",))
    assert (tmp_path / "set.zip").read_bytes() == content


def test_what_is_not_the_published_content_is_not_kept(services, archive, content, tmp_path):
    services.routes["/set.zip"] = lambda *given: Reply(content[:-1] + b"!")
    with pytest.raises(KerasfeatError, match=r"is not what was published: its checksum is [0-9a-f]{40}, not sha1:"):
        had([archive], tmp_path, (".csv",))
    assert not list(tmp_path.iterdir())


def test_a_removed_file_says_what_to_do(services, archive, tmp_path):
    del services.routes["/set.zip"]
    with pytest.raises(KerasfeatError, match=r"answers 404.*Get set.zip elsewhere and put it, or what it holds, into"):
        had([archive], tmp_path, (".csv",))


def test_more_than_was_announced_by_its_makers_is_refused(services, archive, tmp_path):
    with pytest.raises(KerasfeatError, match="sends more than 0 bytes|needs"):
        had([Archive(archive.url, archive.checksum, 0)], tmp_path, (".csv",))


def test_a_full_disk_is_told_before_anything_is_asked(services, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 1_000_000))
    with pytest.raises(KerasfeatError, match=r"set.zip needs 9 MB in .*, where 1 MB are free"):
        had([archive], tmp_path, (".csv",))
    assert not services.asked


def test_a_broken_archive_is_one_clear_message(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + b"\0" * 99)
    with pytest.raises(KerasfeatError, match="is a broken zip archive"):
        unpack(tmp_path / "broken.zip", tmp_path, (".csv",))
