"""Whether memory stays flat: `describe` and `predict` of more and more small files.

    python benchmarks/streaming.py [--files 1000 10000] [--run RUN]

Files are WAV of 0.2 to 0.6 s, each its own content. Each command is a process of its own with an
empty cache, then again with what is in the cache; `peak MB` is the largest resident size of the
process, and `first row s` when the first line of its output was there.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 8000
FOLDER_FILES = 1000


def write_files(folder: Path, count: int) -> None:
    """Short noise of unlike lengths, some in each folder."""
    noise = np.random.default_rng(0).integers(-9000, 9000, RATE_HZ).astype(np.int16)
    for file in range(count):
        samples = noise[: 1600 + file % 7 * 500].copy()
        samples[:2] = file % 30_000, file // 30_000
        path = folder / f"{file // FOLDER_FILES:04}" / f"{file:06}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, samples, RATE_HZ)


def measure(name: str, files: int, words: Sequence[str]) -> None:
    """Run a command, and print a row."""
    begun_s = time.perf_counter()
    command = [sys.executable, "-m", "kerasfeat", "-q", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    first_s, rows = 0.0, 0
    for _ in process.stdout:
        rows += 1
        first_s = first_s or time.perf_counter() - begun_s
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and rows == files, (process.returncode, rows)
    whole_s = time.perf_counter() - begun_s
    # Linux counts in KB, macOS in bytes.
    peak_mb = used.ru_maxrss / (2**10 if sys.platform == "linux" else 2**20)
    processor_s = used.ru_utime + used.ru_stime
    print(
        f"{name:<24}{files:>9}{peak_mb:>10.0f}{first_s:>13.1f}{whole_s:>10.1f}{processor_s:>10.1f}",
        flush=True,
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--run", help="a run that reads audio, for `predict`")
    arguments = parser.parse_args()
    print(f"{'':<24}{'files':>9}{'peak MB':>10}{'first row s':>13}{'whole s':>10}{'CPU s':>10}")
    for count in arguments.files:
        with tempfile.TemporaryDirectory() as folder:
            write_files(Path(folder), count)
            commands = {"describe": ["describe"]}
            if arguments.run:
                commands["predict"] = ["predict", arguments.run]
            for name, words in commands.items():
                with tempfile.TemporaryDirectory() as cache:
                    os.environ["KERASFEAT_CACHE"] = cache
                    for state in (name, f"{name}, in the cache"):
                        measure(state, count, [*words, folder, "--format", "jsonl"])


if __name__ == "__main__":
    main()
