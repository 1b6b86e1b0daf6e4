"""What the rows were measured on."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

STATISTICS, IDLE = Path("/proc/stat"), 3  # and which of its kinds of ticks is doing nothing
WATCHED_S = 1.0
VERSIONED = ("tensorflow", "keras", "numpy", "librosa", "scikit-learn", "soundfile", "soxr")


def machine() -> str:
    """Processor, cores, and memory, in words."""
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores of {_processor()}, {memory_gib:.0f} GiB of memory"


def versions() -> str:
    """Python's and the libraries' versions, in words."""
    found = [f"{name} {version(name)}" for name in VERSIONED]
    return ", ".join([f"Python {platform.python_version()}", *found])


def others_share() -> float:
    """The share of the processors' time that other programs take now; 0 where that is not told."""
    if not STATISTICS.exists():
        return 0.0
    before = _ticks()
    time.sleep(WATCHED_S)
    taken = [after - start for after, start in zip(_ticks(), before, strict=True)]
    return round(1 - taken[IDLE] / sum(taken), 2)


def _ticks() -> list[int]:
    """What the processors have done so far, in ticks of each kind."""
    first = STATISTICS.read_text(encoding="utf-8").splitlines()[0]
    return [int(ticks) for ticks in first.split()[1:]]


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
