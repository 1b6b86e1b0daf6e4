"""Commands in processes that have TensorFlow from the start: forks of one that has imported it and
done nothing else. A command then takes as long as its work.
"""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import Ended

IMPORTED = (
    *("tensorflow", "keras", "pandas", "sklearn.ensemble", "sklearn.svm", "sklearn.linear_model"),
    *("kerasfeat.api.fitting", "kerasfeat.experiment.fit", "kerasfeat.serving.export"),
    *("kerasfeat.inference.describe", "kerasfeat.inference.combine", "tuning.finish"),
    *("matplotlib.pyplot", "librosa", "kerasfeat.cli"),
)


def warm_up() -> None:
    """Import what commands need, before the first of them is started."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", MPLBACKEND="Agg")
    for module in IMPORTED:
        importlib.import_module(module)


class Command:
    """`kerasfeat` with some words, at work in a process of its own."""

    def __init__(self, words: Sequence[str], **environment: str) -> None:
        self._said = tempfile.TemporaryDirectory(prefix="said-")
        self._files = [Path(self._said.name) / name for name in ("out", "err")]
        fork = multiprocessing.get_context("fork")
        self._process = fork.Process(target=_run, args=[words, self._files, environment])
        self._process.start()

    @property
    def is_at_work(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def kill(self) -> None:
        """End it as a power cut would, with the processes that it has started."""
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.killpg(self._process.pid or 0, signal.SIGKILL)

    def wait(self, timeout_s: float = 900) -> Ended:
        """How it ended."""
        self._process.join(timeout_s)
        code = self._process.exitcode
        if code is None:
            self.kill()
            self._process.join()
        with self._said:
            out, err = (
                file.read_text(errors="replace") if file.exists() else "" for file in self._files
            )
        return Ended(code, out, err, timeout_s)


def run(words: Sequence[str], **environment: str) -> Ended:
    """Run `kerasfeat` with these words."""
    return Command(words, **environment).wait()


def _run(words: Sequence[str], files: Sequence[Path], environment: dict[str, str]) -> None:
    os.setsid()
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.environ.update(environment)
    sys.argv[1:] = words
    from kerasfeat.cli import main

    main()
