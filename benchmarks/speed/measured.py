"""What is measured, as data: times of ours and of what else one would use, growth, and memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

CACHE = "KERASFEAT_CACHE"


@dataclass(frozen=True)
class Setting:
    """What a family of rows is measured with.

    Attributes:
        data: folder of real data; where it has not what is looked for, songs are synthesised.
        work: folder for what is made meanwhile.
        scale: 1 for the sizes of the page, less to try something.
        repeats: of each measurement, after one to warm up where a process is not a repeat itself.
    """

    data: Path
    work: Path
    scale: float
    repeats: int

    @property
    def is_real(self) -> bool:
        """Whether the real data is there."""
        return (self.data / "emotify" / "audio").is_dir()

    def count(self, number: int, least: int = 1) -> int:
        """A size, scaled."""
        return max(least, round(number * self.scale))

    def sizes(self, largest: int, least: int = 1) -> tuple[int, int, int]:
        """A sixteenth, a quarter, and all of a size, scaled."""
        one = self.count(largest // 16, least)
        return one, 4 * one, 16 * one


@dataclass(frozen=True)
class Against:
    """What a person would use instead, at the same work in the same run.

    Attributes:
        name: what it is.
        seconds: of each repeat.
        least: the goal, how many times as fast ours is at least; None where there is none.
        most_beyond_s: the goal, how many seconds ours takes longer at most.
    """

    name: str
    seconds: tuple[float, ...]
    least: float | None = None
    most_beyond_s: float | None = None


@dataclass(frozen=True)
class Point:
    """The work at one size.

    Attributes:
        size: how much work.
        seconds: of it.
        peak_mb: the largest resident size of its process; None where it shares one.
    """

    size: int
    seconds: float
    peak_mb: float | None = None


@dataclass(frozen=True)
class Measured:
    """A row of the table.

    Attributes:
        name: what is done.
        work: how much of it.
        seconds: of ours, of each repeat; empty of a row of growth alone.
        against: what else one would use.
        bound: a sentence on what bounds it, for where a goal is not met.
        unit: of `growth`.
        growth: ours at 1, 4, and 16 times the work.
        why: what explains an exponent above the goal's.
    """

    name: str
    work: str
    seconds: tuple[float, ...] = ()
    against: tuple[Against, ...] = ()
    bound: str = ""
    unit: str = ""
    growth: tuple[Point, ...] = ()
    why: str = ""

    def faster(self, other: Against) -> float:
        """How many times as fast ours is: the median over the repeats."""
        return median(b / a for a, b in zip(self.seconds, other.seconds, strict=True))

    def beyond_s(self, other: Against) -> float:
        """How many seconds ours takes longer: the median over the repeats."""
        return median(a - b for a, b in zip(self.seconds, other.seconds, strict=True))

    def is_met(self, other: Against) -> bool | None:
        """Whether ours reaches the goal; None where there is none."""
        if other.most_beyond_s is not None:
            return self.beyond_s(other) <= other.most_beyond_s
        return None if other.least is None else self.faster(other) >= other.least

    @property
    def exponent(self) -> float:
        """Of the time in the size of the work: 1 is twice the time for twice the work."""
        sizes, seconds = zip(*((point.size, point.seconds) for point in self.growth), strict=True)
        return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])

    def to_json(self) -> dict[str, Any]:
        """A dict that JSON holds."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Measured":
        """What `to_json` was called on."""
        against = tuple(
            Against(**{**each, "seconds": tuple(each["seconds"])}) for each in values["against"]
        )
        growth = tuple(Point(**each) for each in values["growth"])
        seconds = tuple(values["seconds"])
        return cls(**{**values, "seconds": seconds, "against": against, "growth": growth})


@dataclass
class Parts:
    """Seconds of the parts of some work, for a sentence on what bounds it."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, name: str, run: Callable[[], Any]) -> Any:
        """What `run` gives; its time is added to a part's."""
        start = time.perf_counter()
        result = run()
        taken = time.perf_counter() - start
        self.seconds[name] = self.seconds.get(name, 0.0) + taken
        return result


def alternate(
    variants: Mapping[str, Callable[[], object]], repeats: int, warm: bool = True
) -> dict[str, tuple[float, ...]]:
    """{name: seconds of each repeat}, all variants in turn, so that what else the machine does
    meets each alike.

    Args:
        variants: what is timed.
        repeats: of each.
        warm: run each once before, which is not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in variants}
    for repeat in range(-1 if warm else 0, repeats):
        for name, run in variants.items():
            start = time.perf_counter()
            run()
            if repeat >= 0:
                times[name].append(time.perf_counter() - start)
    return {name: tuple(seconds) for name, seconds in times.items()}


def grown(sizes: Sequence[int], run: Callable[[int], object], repeats: int) -> tuple[Point, ...]:
    """Seconds of the work at several sizes, the least of the repeats, after one to warm up."""
    run(sizes[0])
    best = dict.fromkeys(sizes, float("inf"))
    for _ in range(repeats):
        for size in sizes:
            start = time.perf_counter()
            run(size)
            best[size] = min(best[size], time.perf_counter() - start)
    return tuple(Point(size, seconds) for size, seconds in best.items())


def command(words: Sequence[object], size: int = 1, **environment: str) -> Point:
    """Run Python with some words as a process of its own.

    Raises:
        RuntimeError: it failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode} of python {' '.join(map(str, words))}")
    # Linux counts in KB, macOS in bytes.
    peak_mb = used.ru_maxrss / (2**10 if sys.platform == "linux" else 2**20)
    return Point(size, time.perf_counter() - start, peak_mb)


def kerasfeat(*words: object) -> list[object]:
    """The words of a command, for `command`."""
    return ["-m", "kerasfeat", "-q", *words]


def by_hand(*words: object) -> list[object]:
    """The words of what one would write by hand, for `command`."""
    return [Path(__file__).with_name("by_hand.py"), *words]


def profiled(words: Sequence[object], functions: Mapping[str, tuple[str, str]]) -> str:
    """What parts of a command take, by samples of its stack, in words.

    Args:
        words: of the command, as `kerasfeat` gives them.
        functions: part -> the end of its file's path, and its function.
    """
    module, *arguments = words[1:]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "seconds.json"
        sampled = ["-m", "benchmarks.speed.sampled", out, json.dumps(functions)]
        command([*sampled, module, *arguments])
        seconds = json.loads(out.read_text(encoding="utf-8"))
    parts = [f"{part} {taken:.1f} s" for part, taken in seconds.items()]
    return f"sampled: {', '.join(parts)}."
