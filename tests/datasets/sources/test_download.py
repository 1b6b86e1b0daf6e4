import hashlib
import io
import shutil
import tarfile
import zipfile

import pytest
import source_layouts as layouts
from source_services import Reply

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http import download
from kerasfeat.datasets.http.download import Archive, download_and_unpack
from kerasfeat.datasets.http.unpack import unpack
from kerasfeat.datasets.sources import fma, jamendo


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def content():
    return zipped(
        {"set/data.csv": b"a,b\n1,2\n" * 30_000, "set/README.txt": b"x", "set/tool.py": b"evil()"}
    )


@pytest.fixture
def archive(services, content):
    """The archive on a server that knows ranges, and lists those it was asked for."""
    asked = []

    def answer(path, query, headers):
        asked.append(headers.get("Range"))
        start = int((headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            return Reply(b"", 416, headers={"Content-Range": f"bytes */{len(content)}"})
        part = (
            {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        )
        return Reply(content[start:], 206 if start else 200, "application/zip", part)

    services.routes["/set.zip"] = answer
    services.ranges = asked
    return Archive(
        f"{services.url}/set.zip?download=1", "sha1:" + hashlib.sha1(content).hexdigest(), 9
    )


def test_an_archive_is_checked_and_unpacked_within_its_folder(services, archive, tmp_path):
    folder = tmp_path / "deep" / "down"
    download_and_unpack([archive], folder, (".csv", ".txt"))
    assert sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    ) == [
        "deep/down/set.zip.unpacked",
        "deep/down/set/README.txt",
        "deep/down/set/data.csv",
    ]
    download_and_unpack([archive], folder, (".csv", ".txt"))
    assert services.ranges == [None]


def test_a_download_that_is_cut_goes_on_where_it_was(
    services, archive, content, tmp_path, monkeypatch
):
    services.spoil = [Reply(content, cut_after=40_000)]
    download_and_unpack([archive], tmp_path, (".csv",))
    assert (
        len(services.ranges) == 1
        and services.ranges[0].startswith("bytes=")
        and 0 < int(services.ranges[0][6:-1]) <= 40_000
    )
    assert (tmp_path / "set" / "data.csv").stat().st_size == 240_000


def test_a_download_of_an_earlier_run_goes_on(services, archive, content, tmp_path):
    (tmp_path / "set.zip.partial").write_bytes(content[:70_000])
    download_and_unpack([archive], tmp_path, (".csv",))
    assert services.ranges == ["bytes=70000-"]


def test_a_server_without_ranges_sends_it_all_again(services, archive, content, tmp_path):
    (tmp_path / "set.zip.partial").write_bytes(b"something else" * 9)
    services.routes["/set.zip"] = lambda *given: Reply(content)
    download_and_unpack([archive], tmp_path, (".csv",))
    assert (tmp_path / "set" / "data.csv").stat().st_size == 240_000


@pytest.mark.parametrize("extra", [b"", b"too much"], ids=["whole", "longer"])
def test_a_partial_file_that_is_whole_or_too_long(services, archive, content, tmp_path, extra):
    (tmp_path / "set.zip.partial").write_bytes(content + extra)
    download_and_unpack([archive], tmp_path, (".csv",))
    assert (tmp_path / "set" / "data.csv").stat().st_size == 240_000


def test_what_is_not_the_published_content_is_not_kept(services, archive, content, tmp_path):
    services.routes["/set.zip"] = lambda *given: Reply(content[:-1] + b"!")
    with pytest.raises(
        KerasfeatError, match=r"what was published: its checksum is sha1:[0-9a-f]{40}, not sha1:"
    ):
        download_and_unpack([archive], tmp_path, (".csv",))
    assert not list(tmp_path.iterdir())


def test_an_archive_that_lies_there_already_is_checked(services, archive, content, tmp_path):
    path = tmp_path / "set.zip"
    other = zipped({"set/data.csv": b"a,b\n9,9\n"})
    path.write_bytes(other)
    with pytest.raises(KerasfeatError) as told:
        download_and_unpack([archive], tmp_path, (".csv",))
    assert f"{path} is not what was published: its checksum is sha1:" in str(told.value)
    assert f"not {archive.checksum}. Move it away" in str(told.value)
    assert path.read_bytes() == other and [*tmp_path.iterdir()] == [path]
    path.write_bytes(content)
    download_and_unpack([archive], tmp_path, (".csv",))
    assert (tmp_path / "set" / "data.csv").stat().st_size == 240_000 and not services.asked


def test_a_removed_file_says_what_to_do(services, archive, tmp_path):
    del services.routes["/set.zip"]
    with pytest.raises(
        KerasfeatError,
        match=r"answers 404.*Get set.zip elsewhere and put it, or what it holds, into",
    ):
        download_and_unpack([archive], tmp_path, (".csv",))


def test_more_than_was_announced_by_its_makers_is_refused(services, archive, tmp_path):
    with pytest.raises(KerasfeatError, match="sends more than 0 bytes"):
        download_and_unpack([Archive(archive.url, archive.checksum, 0)], tmp_path, (".csv",))


def test_a_full_disk_is_told_before_anything_is_asked(services, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(
        download.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 1_000_000)
    )
    with pytest.raises(KerasfeatError, match=r"set.zip needs 9 MB in .*, where 1 MB are free"):
        download_and_unpack([archive], tmp_path, (".csv",))
    assert not services.asked


def test_what_an_earlier_run_got_needs_no_room(services, archive, content, tmp_path, monkeypatch):
    (tmp_path / "set.zip.partial").write_bytes(content[:70_000])
    monkeypatch.setattr(download, "MEGA", 10_000)
    monkeypatch.setattr(
        download.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 180_000)
    )
    assert (
        download.download(Archive(archive.url, archive.checksum, 25), tmp_path).read_bytes()
        == content
    )
    with pytest.raises(KerasfeatError, match="set.zip needs 19 MB"):
        (tmp_path / "set.zip").rename(tmp_path / "set.zip.partial")
        (tmp_path / "set.zip.partial").write_bytes(content[:60_000])
        download.download(Archive(archive.url, archive.checksum, 25), tmp_path)


def test_a_broken_archive_is_one_clear_message(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + b"\0" * 99)
    (tmp_path / "broken.tar").write_bytes(b"no tar at all" * 99)
    squeezed = io.BytesIO()
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", b"a,b\n1,2\n" * 99)
    start = 30 + len("data.csv")  # behind the file's own header
    (tmp_path / "damaged.zip").write_bytes(
        squeezed.getvalue()[:start] + b"\xff" * 9 + squeezed.getvalue()[start + 9 :]
    )
    for name in ("broken.zip", "broken.tar", "damaged.zip"):
        with pytest.raises(KerasfeatError, match="is a broken archive"):
            unpack(tmp_path / name, tmp_path, (".csv",))


def test_nothing_is_unpacked_outside_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.zip").write_bytes(zipped({"fine.csv": b"1", "../escaped.csv": b"no"}))
    with tarfile.open(tmp_path / "in" / "bad.tar", "w") as archive:
        item = tarfile.TarInfo("/tmp/escaped.csv")
        item.size = 2
        archive.addfile(item, io.BytesIO(b"no"))
    for name in ("bad.zip", "bad.tar"):
        with pytest.raises(KerasfeatError, match="escaped.csv, which would lie outside"):
            unpack(tmp_path / "in" / name, tmp_path / "in", (".csv",))
    assert not (tmp_path / "escaped.csv").exists() and not (tmp_path / "in" / "fine.csv").exists()


def test_links_of_a_tar_are_left_out(tmp_path):
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        for name, link in (("a.mp3", "/etc/passwd"), ("b.mp3", None)):
            item = tarfile.TarInfo(name)
            item.type, item.linkname = (tarfile.SYMTYPE, link) if link else (tarfile.REGTYPE, "")
            item.size = 0 if link else 5
            archive.addfile(item, None if link else io.BytesIO(b"music"))
    unpack(tmp_path / "links.tar", tmp_path, (".mp3",))
    assert (tmp_path / "b.mp3").read_bytes() == b"music" and not (tmp_path / "a.mp3").exists()


def test_jamendo_is_downloaded_with_some_of_its_audio(services, tmp_path, monkeypatch):
    root, served = layouts.jamendo(tmp_path / "whole"), {}
    metadata = zipped(
        {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.tsv")}
    )
    monkeypatch.setattr(
        jamendo,
        "METADATA",
        Archive(
            f"{services.url}/data.zip?download=1", f"md5:{hashlib.md5(metadata).hexdigest()}", 9
        ),
    )
    monkeypatch.setattr(jamendo, "CHECKSUMS", f"{services.url}/sums.txt")
    monkeypatch.setattr(jamendo, "AUDIO", f"{services.url}/audio-low")
    for shard in ("00", "01", "02"):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(root / "audio" / shard, arcname=shard)
        served[f"autotagging_moodtheme_audio-low-{shard}.tar"] = packed.getvalue()
    sums = "".join(
        f"{hashlib.sha256(content).hexdigest()} {name}\n" for name, content in served.items()
    )
    services.routes |= {
        "/data.zip": lambda *given: Reply(metadata),
        "/sums.txt": lambda *given: Reply(sums.encode()),
    }
    services.routes["/audio-low/"] = lambda path, *given: Reply(served[path.rpartition("/")[2]])
    assert jamendo.make(tmp_path / "got", tmp_path / "out", download=True, audio=2) == 18
    assert sum("audio-low" in path for path, _ in services.asked) == 2
    assert jamendo.make(tmp_path / "got", tmp_path / "out", download=True, audio=2) == 18
    assert sum("audio-low" in path for path, _ in services.asked) == 2


def test_fma_is_downloaded(services, tmp_path, monkeypatch):
    root = layouts.fma(tmp_path / "whole")
    for name in ("metadata", "small"):
        content = zipped(
            {
                path.relative_to(root).as_posix(): path.read_bytes()
                for path in (root / f"fma_{name}").rglob("*.*")
            }
        )
        services.routes[f"/fma_{name}.zip"] = lambda *given, content=content: Reply(content)
        archive = Archive(
            f"{services.url}/fma_{name}.zip", f"sha1:{hashlib.sha1(content).hexdigest()}", 9
        )
        monkeypatch.setattr(fma, name.upper(), archive)
    assert fma.make(tmp_path / "got", tmp_path / "out", download=True) == 24
