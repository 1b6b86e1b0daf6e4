"""How much memory is there to be used."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

# Where Linux tells a container's limit and what it uses: control groups of version 2, and of 1.
GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
MEMORY, PROCESS = "/proc/meminfo", "/proc/self/status"
UNKNOWN_BYTES = 8 * 2**30  # where the system does not tell


def free_bytes() -> int:
    """What this process may still take: of the machine, of the container that it runs in, or of its
    own limits (`ulimit -d`, `ulimit -v`).
    """
    limits = [limit - used for limit, used in map(_group, GROUPS) if limit is not None]
    return max(0, min([_machine(), *limits, *_own_limits()]))


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


def _own_limits() -> Iterator[int]:
    """What each limit of this process leaves to it."""
    with contextlib.suppress(ImportError, OSError):  # not on Windows; no such file on macOS
        import resource

        lines = Path(PROCESS).read_text(encoding="utf-8").splitlines()
        used = dict(line.split(":", 1) for line in lines)
        for kind, name in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
            limit, _ = resource.getrlimit(kind)
            if limit != resource.RLIM_INFINITY:
                yield limit - (int(used[name].split()[0]) << 10)
