"""Disks that are full at some point of `fit` and `export`: one line names the disk, and with more
room the same command comes to its end.

    python benchmarks/attacks/full_disk.py --sizes 20
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from harness import Ended, Tally, fit_words, run, small_disk, write_songs

ROOMY_KB = 200_000


def fault_of(ended: Ended, place: Path) -> str:
    """What is wrong with how a command on a full disk ended."""
    if ended.fault or not ended.code:
        return ended.fault
    lines = [line for line in ended.err.splitlines() if line.startswith("kerasfeat: ")]
    if len(lines) != 1:
        return f"{len(lines)} lines: {ended.err[-300:]}"
    return "" if str(place) in lines[0] else f"the disk is not named: {lines[0]}"


def attack(tally: Tally, title: str, words: list[str], disk: Path, size_kb: int) -> None:
    """Run a command on a disk of a size, and again on a larger one."""
    with small_disk(disk, size_kb) as resize:
        ended = run(*words)
        tally.add(f"{title}, {size_kb} kB", fault_of(ended, disk))
        if ended.code:
            resize(ROOMY_KB)
            again = run(*words)
            wrong = again.fault or (f"exit code {again.code}: {again.err}" if again.code else "")
            tally.add(f"{title}, {size_kb} kB, with more room", wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, default=20)
    sizes = parser.parse_args().sizes
    tally = Tally("full disk")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        table, trained = write_songs(folder / "songs.csv"), folder / "run"
        assert run(*fit_words(table, trained)).code == 0
        disk = folder / "disk"
        for size in np.geomspace(16, 4_000, sizes).astype(int):
            attack(tally, "fit", fit_words(table, disk / "run"), disk, int(size))
        export = ["export", str(trained), str(disk / "exports"), "--name", "mood"]
        for size in np.geomspace(16, 2_000, sizes).astype(int):
            attack(tally, "export", export, disk, int(size))
    tally.finish()


if __name__ == "__main__":
    main()
