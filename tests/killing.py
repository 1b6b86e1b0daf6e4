"""Processes that are killed at a chosen moment, as a power cut would."""

import os
import signal
import subprocess
import time
from collections.abc import Callable


def kill_when(
    process: subprocess.Popen, condition: Callable[[], bool], timeout_s: float = 180
) -> None:
    """SIGKILL the process as soon as `condition()` holds; fails if it ended before."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
