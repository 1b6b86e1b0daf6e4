"""Run a module, and write how long some of its functions took, by samples of the main thread.

    python -m benchmarks.speed.sampled OUT FUNCTIONS MODULE [ARGUMENT ...]

FUNCTIONS is JSON: part -> [the end of its file's path, its function]; OUT gets part -> seconds. A
profiler that counts calls would make what calls much look slower than what computes.
"""

import json
import runpy
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

INTERVAL_S = 0.01


def main() -> None:
    """Run the module as if it had been started alone."""
    out, functions, module, *arguments = sys.argv[1:]
    sampler = Sampler({part: tuple(place) for part, place in json.loads(functions).items()})
    sampler.start()
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        sampler.stop()
        Path(out).write_text(json.dumps(sampler.seconds), encoding="utf-8")


class Sampler(threading.Thread):
    """Looks where the main thread is.

    Attributes:
        seconds: part -> how long one of its functions was being called.
    """

    def __init__(self, functions: dict[str, tuple[str, ...]]) -> None:
        super().__init__(daemon=True)
        self.seconds = dict.fromkeys(functions, 0.0)
        self._functions = functions
        self._over = threading.Event()

    def run(self) -> None:
        """Add the time since the last sample to each part that the main thread is in."""
        main_thread, last = threading.main_thread().ident, time.perf_counter()
        while not self._over.wait(INTERVAL_S):
            frame = sys._current_frames().get(main_thread or 0)
            calls = [*_calls(frame)]
            now = time.perf_counter()
            for part, (file, function) in self._functions.items():
                if any(name == function and path.endswith(file) for path, name in calls):
                    self.seconds[part] += now - last
            last = now

    def stop(self) -> None:
        """Take no more samples."""
        self._over.set()
        self.join()


def _calls(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    """(file, function) of each call that a thread is in."""
    while frame:
        yield frame.f_code.co_filename, frame.f_code.co_name
        frame = frame.f_back


if __name__ == "__main__":
    main()
