"""What the rows were measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

VERSIONED = ("tensorflow", "keras", "numpy", "librosa", "scikit-learn", "soundfile", "soxr")


def machine() -> str:
    """Processor, cores, and memory, in words."""
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores of {_processor()}, {memory_gib:.0f} GiB of memory"


def versions() -> str:
    """Python's and the libraries' versions, in words."""
    found = [f"{name} {version(name)}" for name in VERSIONED]
    return ", ".join([f"Python {platform.python_version()}", *found])


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
