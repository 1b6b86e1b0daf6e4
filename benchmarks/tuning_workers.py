"""How much faster two workers end the same search than one: side by side, in one run.

    python benchmarks/tuning_workers.py [DATA] [--task mood] [--trials 6] [--epochs 20]
        [--workers 2]

Both searches try the same values (random search, the same seed) and start from nothing, each in a
process of its own. "whole" is the time of the command without the refit: a chief and its workers
import TensorFlow and read the table one after the other, which short searches feel most. "trials"
is the time from the first trial's start to the last one's end: what more workers can divide. The
seconds of a trial tell what bounds it: where two at a time take longer than one alone, they share
cores or memory.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "moods.csv"


@dataclass(frozen=True)
class Times:
    """Seconds of one search: in all, from the first trial's start to the last one's end, and of a
    trial in the mean.
    """

    whole_s: float
    trials_s: float
    trial_s: float


def measure(arguments: argparse.Namespace, workers: int, queue: "Queue[Times]") -> None:
    """Put the Times of one search in the queue."""
    start = time.perf_counter()
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    from kerasfeat.experiment.spec import Spec
    from tuning.plan import Request
    from tuning.search import search

    with tempfile.TemporaryDirectory() as out:
        epochs = str(arguments.epochs)
        short = {"epochs": epochs, "patience": epochs, "batch_size": "16"}
        spec = Spec(task=arguments.task, data=str(arguments.data), hyperparameters=short)
        found = search(
            Request(spec, tuner="random", max_trials=arguments.trials, workers=workers, out=out)
        )
        assert found  # None in a worker of a chief elsewhere
        seconds = [row["seconds"] for row in found.rows]
        files = [found.folder / f"trial_{row['trial']}" / "result.json" for row in found.rows]
        ends = [file.stat().st_mtime for file in files]
        first = min(end - taken for end, taken in zip(ends, seconds, strict=True))
        whole_s = time.perf_counter() - start
        queue.put(Times(whole_s, max(ends) - first, sum(seconds) / len(seconds)))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="?", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--task", default="mood")
    parser.add_argument("--trials", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    measured: dict[int, Times] = {}
    for workers in (1, arguments.workers):
        queue: Queue[Times] = context.Queue()
        process = context.Process(target=measure, args=(arguments, workers, queue))
        process.start()
        measured[workers] = queue.get()
        process.join()
    print(f"{arguments.trials} trials of {arguments.epochs} epochs, {os.cpu_count()} cores")
    print(f"{'':<10}{'whole s':>10}{'trials s':>10}{'a trial s':>11}")
    for workers, times in measured.items():
        name = f"{workers} worker{'s' * (workers > 1):<3}"
        print(f"{name}{times.whole_s:>9.1f}{times.trials_s:>10.1f}{times.trial_s:>11.1f}")
    one, several = measured[1], measured[arguments.workers]
    whole, trials = one.whole_s / several.whole_s, one.trials_s / several.trials_s
    print(f"{'ratio':<10}{whole:>10.2f}{trials:>10.2f}{several.trial_s / one.trial_s:>11.2f}")


if __name__ == "__main__":
    main()
