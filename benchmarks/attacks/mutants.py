"""Files with bytes changed, left out, put in, and moved: audio in every format that is read, or
Parquet tables.

    python benchmarks/attacks/mutants.py --mutants 20000
    python benchmarks/attacks/mutants.py --mutants 5000 --of tables
    python benchmarks/attacks/mutants.py --mutants 1 --first 886  # one that fell, again

Survived is a finite waveform, a table, or the file's reason, within seconds and without filling the
memory; files are read in a process of their own, which may crash.
"""

import argparse
import multiprocessing
import random
import resource
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile
from harness import Tally
from pyarrow import parquet

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.songs.loading import load_songs

MOST_S, MOST_MB = 20, 500
RATE_HZ = 22_050
BY_LIBSNDFILE = ("wav", "flac", "ogg", "mp3", "aiff", "au", "caf", "w64")
BY_FFMPEG = ("m4a", "aac", "ac3", "wma")
EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"RIFF", b"ftyp")
Mutation = Callable[[bytearray, random.Random], None]


def flip(content: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 3, 17))):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)


def flip_head(content: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 3))):
        content[draw.randrange(min(96, len(content)))] = draw.randrange(256)


def put_extreme(content: bytearray, draw: random.Random) -> None:
    place = draw.randrange(min(512, len(content)))
    content[place : place + 4] = draw.choice((*EXTREMES, struct.pack("<f", 1e38)))


def cut(content: bytearray, draw: random.Random) -> None:
    del content[draw.randrange(1, len(content)) :]


def leave_out(content: bytearray, draw: random.Random) -> None:
    start = draw.randrange(len(content))
    del content[start : start + draw.choice((1, 4, 100, 5000))]


def put_in(content: bytearray, draw: random.Random) -> None:
    place = draw.randrange(len(content))
    content[place:place] = draw.randbytes(draw.choice((1, 4, 100)))


def repeat(content: bytearray, draw: random.Random) -> None:
    start = draw.randrange(len(content))
    content[start:start] = content[start : start + draw.choice((8, 500, 9000))]


MUTATIONS: tuple[Mutation, ...] = (flip, flip_head, put_extreme, cut, leave_out, put_in, repeat)


def write_originals(folder: Path) -> list[Path]:
    """A short sound in each format that can be written here."""
    time_s = np.arange(RATE_HZ // 3) / RATE_HZ
    sound = 0.4 * np.sin(2 * np.pi * 440 * time_s) * np.hanning(len(time_s))
    files = [folder / f"song.{suffix}" for suffix in BY_LIBSNDFILE]
    for file in files:
        soundfile.write(file, np.stack([sound, -sound], axis=1), RATE_HZ)
    if shutil.which("ffmpeg"):
        for suffix in BY_FFMPEG:
            file = folder / f"song.{suffix}"
            command = ["ffmpeg", "-v", "error", "-y", "-i", str(files[0]), str(file)]
            if subprocess.run(command, check=False).returncode == 0:
                files.append(file)
    return files


def write_tables(folder: Path) -> list[Path]:
    """Small Parquet tables with columns of several types."""
    columns = {
        "numbers": pa.array(range(40), pa.decimal128(30, 2)),
        "texts": pa.array(["a", "b"] * 20).dictionary_encode(),
        "lists": pa.array([["a", "b"]] * 40),
        "records": pa.array([{"a": b"abc", "b": [1, 2]}] * 40),
        "maps": pa.array([[("a", "b")]] * 40, pa.map_(pa.string(), pa.string())),
        "times": pa.array([7] * 40, pa.duration("ms")),
    }
    files = []
    for name, column in columns.items():
        energy = np.linspace(0, 1, 40)
        files.append(folder / f"{name}.parquet")
        parquet.write_table(pa.table({"energy": energy, name: column}), files[-1])
    return files


def mutants(
    originals: list[Path], numbers: Iterable[int], seed: int
) -> Iterator[tuple[int, tuple[str, bytes]]]:
    """(Number, (suffix, content)) of changed files, of each format as many."""
    contents = [(path.suffix, path.read_bytes()) for path in originals]
    for number in numbers:
        draw = random.Random(f"{seed} {number}")
        suffix, original = contents[number % len(contents)]
        content = bytearray(original)
        for mutation in draw.choices(MUTATIONS, k=draw.choice((1, 1, 2, 3))):
            if content:
                mutation(content, draw)
        yield number, (suffix, bytes(content))


def decoding(pipe: Connection, folder: Path) -> None:
    """Decode the files that are sent, and answer what is wrong with each."""
    while True:
        suffix, content = pipe.recv()
        path = folder / f"mutant{suffix}"
        path.write_bytes(content)
        pipe.send(fault_of(path))


def fault_of(path: Path) -> str:
    """What is wrong with how a file is read."""
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    try:
        if path.suffix == ".parquet":
            load_songs(path)
            return ""
        sound = decode(path, RATE_HZ)
    except KerasfeatError as error:
        return "" if str(error).strip() else "a reason without a word"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    needed_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb
    if needed_mb > MOST_MB:
        return f"needed {needed_mb:.0f} MB"
    return "" if np.isfinite(sound).all() and len(sound) else "a waveform that is none"


class Decoder:
    """A process that decodes, and is replaced where it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=decoding, args=[theirs, self.folder], daemon=True
        )
        self.process.start()
        theirs.close()

    def fault_of(self, suffix: str, content: bytes) -> str:
        """What is wrong with how a file is decoded; kills the process where that takes too long."""
        self.pipe.send((suffix, content))
        try:
            if self.pipe.poll(MOST_S):
                return str(self.pipe.recv())
            fault = f"still at work after {MOST_S} s"
        except EOFError:
            self.process.join()
            fault = f"ended with {self.process.exitcode}"
        self.process.kill()
        self._start()
        return fault


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--of", choices=("audio", "tables"), default="audio")
    options = parser.parse_args()
    tally = Tally(f"mutants of {options.of}")
    with tempfile.TemporaryDirectory() as folder:
        decoder = Decoder(Path(folder))
        write = write_originals if options.of == "audio" else write_tables
        originals = write(Path(folder))
        numbers = range(options.first, options.first + options.mutants)
        for number, (suffix, content) in mutants(originals, numbers, options.seed):
            fault = decoder.fault_of(suffix, content)
            tally.add(f"mutant {number} of seed {options.seed}, {suffix}", fault)
    tally.finish()


if __name__ == "__main__":
    main()
