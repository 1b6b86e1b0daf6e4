"""A full disk is told in a line, and what is whole on it stays so."""

import subprocess
import sys

import pytest
from harness import fit_words, small_disk, write_songs


@pytest.fixture
def disk(tmp_path):
    """A function that makes a small file system at a folder, which it gives."""
    opened = []

    def make(kilobytes):
        try:
            disk = small_disk(tmp_path / "disk", kilobytes)
            resize = disk.__enter__()
        except PermissionError as error:
            pytest.skip(f"needs a small file system, which can't be mounted here: {error}")
        opened.append(disk)
        return tmp_path / "disk", resize

    yield make
    for disk in opened:
        disk.__exit__(None, None, None)


def run(*words):
    command = [sys.executable, "-m", "kerasfeat", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


def told(done, place):
    """Whether a command ended in one line that names the disk."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("kerasfeat: ")]
    return done.returncode == 1 and len(lines) == 1 and str(place) in lines[0]


@pytest.mark.parametrize("kilobytes", [8, 130])
def test_fit_says_so_and_goes_on_with_more_room(disk, tmp_path, kilobytes):
    folder, resize = disk(kilobytes)
    words = fit_words(write_songs(tmp_path / "songs.csv", songs=61), folder / "run")
    full = run(*words)
    assert told(full, folder) and "No space left on device" in full.stderr, full.stderr
    resize(50_000)
    assert run(*words).returncode == 0


def test_export_says_so_and_leaves_what_was_there(disk, kerasfeat, tabular):
    folder, resize = disk(700)
    (folder / "mood" / "1").mkdir(parents=True)
    words = ("export", tabular.path, folder, "--name", "mood")
    (folder / "ballast").write_bytes(bytes(650_000))
    full = kerasfeat(*words)
    assert full.code == 1 and "No space left on device" in full.err and str(folder) in full.err
    assert [path.name for path in (folder / "mood").iterdir()] == ["1"]
    resize(50_000)
    assert kerasfeat(*words).code == 0 and (folder / "mood" / "2" / "saved_model.pb").exists()
