"""How much memory is there to be used."""

import os
from pathlib import Path

# Where Linux tells a container's limit and what it uses: control groups of version 2, and of 1.
GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
MEMORY = "/proc/meminfo"
UNKNOWN_BYTES = 8 * 2**30  # where the system does not tell


def free_bytes() -> int:
    """What this process may still take: of the machine, or of the container that it runs in."""
    limits = [limit - used for limit, used in map(_group, GROUPS) if limit is not None]
    return max(0, min([_machine(), *limits]))


def _machine() -> int:
    try:
        lines = Path(MEMORY).read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvail"))
    except (OSError, ValueError, StopIteration):
        pages = getattr(os, "sysconf_names", {}).get("SC_PHYS_PAGES")
        return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE") // 2 if pages else UNKNOWN_BYTES


def _group(paths: tuple[str, str]) -> tuple[int | None, int]:
    """(A container's limit, what it uses); no limit where there is none."""
    try:
        limit, used = (Path(path).read_text(encoding="ascii").strip() for path in paths)
        return int(limit), int(used)
    except (OSError, ValueError):  # there is no such group, or its limit is "max"
        return None, 0
