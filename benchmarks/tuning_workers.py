"""How much faster two workers end the same search than one: side by side, in one run.

    python benchmarks/tuning_workers.py [DATA] [--task mood] [--trials 6] [--epochs 20] [--workers
    2]

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
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "moods.csv"


def measure(arguments, workers, queue):
    """Put (seconds in all, seconds of trials, mean seconds of a trial) of one search in the queue."""
    start = time.perf_counter()
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    from kerasfeat.experiment.spec import Settings
    from tuning.plan import Request
    from tuning.search import search

    with tempfile.TemporaryDirectory() as out:
        overrides = {
            "epochs": str(arguments.epochs),
            "patience": str(arguments.epochs),
            "batch_size": "16",
        }
        settings = Settings(task=arguments.task, data=str(arguments.data), overrides=overrides)
        found = search(
            Request(settings, tuner="random", max_trials=arguments.trials, workers=workers, out=out)
        )
        seconds = [row["seconds"] for row in found.rows]
        files = [found.folder / f"trial_{row['trial']}" / "result.json" for row in found.rows]
        ends = [file.stat().st_mtime for file in files]
        first = min(end - taken for end, taken in zip(ends, seconds, strict=True))
        queue.put((time.perf_counter() - start, max(ends) - first, sum(seconds) / len(seconds)))


def main():
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
    context, found = multiprocessing.get_context("spawn"), {}
    for workers in (1, arguments.workers):
        queue = context.Queue()
        process = context.Process(target=measure, args=(arguments, workers, queue))
        process.start()
        found[workers] = queue.get()
        process.join()
    print(f"{arguments.trials} trials of {arguments.epochs} epochs, {os.cpu_count()} cores")
    print(f"{'':<10}{'whole s':>10}{'trials s':>10}{'a trial s':>11}")
    for workers, times in found.items():
        print(
            f"{workers} worker{'s' * (workers > 1):<3}"
            + "".join(
                f"{value:>{width}.1f}" for value, width in zip(times, (9, 10, 11), strict=True)
            )
        )
    one, several = found[1], found[arguments.workers]
    print(
        f"{'ratio':<10}{one[0] / several[0]:>10.2f}{one[1] / several[1]:>10.2f}{several[2] / one[2]:>11.2f}"
    )


if __name__ == "__main__":
    main()
