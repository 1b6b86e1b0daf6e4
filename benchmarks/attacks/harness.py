"""What the attacks share: a command that is run and judged, and an account of what fell.

A command survives where it ends by itself, in time, with an exit code that docs/reliability.md
names, and without a traceback.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CODES = (0, 1, 2, 3, 130)
KERASFEAT = [sys.executable, "-m", "kerasfeat"]


@dataclass(frozen=True)
class Ended:
    """How a command ended; its code is None where it did not in time."""

    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def fault(self) -> str:
        """Why it did not survive; "" where it did."""
        if self.code is None:
            return f"still at work after {self.seconds:.0f} s"
        if self.code < 0:
            return f"ended by {signal.Signals(-self.code).name}"
        if "Traceback (most recent call last)" in self.err:
            return f"traceback: {self.err.strip().splitlines()[-1][:200]}"
        if self.code not in CODES:
            return f"exit code {self.code}"
        if self.code and not self.err.strip():
            return "failed without a word"
        return ""


def run(*words: str | Path, timeout_s: float = 300, **options: object) -> Ended:
    """Run `kerasfeat` with these words."""
    return wait(start(*words, **options), timeout_s)


def start(
    *words: str | Path, env: Mapping[str, str] | None = None, **options: object
) -> subprocess.Popen:
    """Start `kerasfeat` with these words."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    command = [*KERASFEAT, *map(str, words)]
    return subprocess.Popen(command, env={**os.environ, **(env or {})}, **{**pipes, **options})


def wait(process: subprocess.Popen, timeout_s: float = 300) -> Ended:
    """Wait for a command, and kill it after a time."""
    begun = time.monotonic()
    try:
        out, err = process.communicate(timeout=timeout_s)
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        (out, err), code = process.communicate(), None
    texts = ((part or b"").decode(errors="replace") for part in (out, err))
    return Ended(code, *texts, time.monotonic() - begun)


@dataclass
class Tally:
    """Counts what was tried and what survived.

    Attributes:
        title: of the attack.
        tried: how many there were.
        fallen: what fell -> how.
    """

    title: str
    tried: int = 0
    fallen: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, fault: str) -> None:
        """Count an attack; `fault` is "" where it was survived."""
        self.tried += 1
        if fault:
            self.fallen[what] = fault
            print(f"  fell: {what}: {fault}", flush=True)

    def finish(self) -> None:
        """Print the account and leave, with 1 where something fell."""
        print(f"{self.title}: tried {self.tried}, survived {self.tried - len(self.fallen)}")
        sys.exit(bool(self.fallen))


def write_songs(path: Path, songs: int = 83) -> Path:
    """A table from which moods can be learnt."""
    draw = np.random.default_rng(3)
    lines = ["track_id,artist,title,energy,danceability,valence,tempo,mood"]
    for song in range(songs):
        mood = song % 3
        shares = np.clip(draw.normal(0.2 + 0.3 * mood, 0.15, 3), 0, 1)
        numbers = ",".join(f"{share:.3f}" for share in shares)
        tempo = 100 + 20 * mood + draw.normal(0, 9)
        name = ("sad", "calm", "happy")[mood]
        lines.append(f"t{song},artist {song % 23},song {song},{numbers},{tempo:.1f},{name}")
    path.write_text("\n".join(lines) + "\n")
    return path


def fit_words(table: Path, out: Path, epochs: int = 2) -> list[str]:
    """The words of a `fit` that takes seconds."""
    small = ["--set", f"epochs={epochs}", "--set", "submodels=1", "--set", "patience=99"]
    small += ["--members", "network"]
    return ["fit", "--task", "mood", "--data", str(table), *small, "--out", str(out)]


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[int], None]]:
    """A file system of so many kB at `folder`; what is given sets another size.

    Raises:
        PermissionError: it can't be mounted here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _mount(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)])
    try:
        yield lambda size: _mount(["mount", "-o", f"remount,size={size}k", str(folder)])
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def _mount(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise PermissionError(str(error)) from error
    if done.returncode:
        raise PermissionError(done.stderr.strip())
