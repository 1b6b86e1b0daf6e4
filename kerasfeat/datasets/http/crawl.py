"""Ask for many things, some at a time, keeping each answer; none is ever asked for again."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeAlias

from kerasfeat.datasets.http.journal import Answer, Journal
from kerasfeat.datasets.http.retry import STOPPED, Postponed, Unreachable
from kerasfeat.progress import progress

CHECKPOINT_S = 30.0
# A service that fails so many requests on end is not asked for the rest in this run.
MOST_FAILED_ON_END = 5

Answers: TypeAlias = dict[str, Answer]
# Asks for some keys at once; gives an answer for each.
Ask: TypeAlias = Callable[[list[str]], Answers]
# What could not be got this time -> why.
Failed: TypeAlias = dict[str, str]


def crawl(
    keys: Iterable[str],
    ask: Ask,
    journal: Journal,
    *,
    unit: str,
    title: str = "asking",
    batch: int = 1,
    workers: int = 1,
    checkpoint: Callable[[], None] = lambda: None,
) -> Failed:
    """Fill the journal with the answers to `keys` that it lacks.

    Args:
        keys: what is asked for.
        ask: called in other threads with a list of at most `batch` keys; returns {key: answer that
            JSON holds}, for each of them.
        journal: where answers are kept.
        unit: what the keys are, such as "songs".
        title: what is done with them.
        batch: how many to ask for together.
        workers: how many requests are under way at once.
        checkpoint: called now and then, from this thread, when answers have been added.

    Raises:
        KerasfeatError: from `ask`, other than Postponed; the answers got by then are kept.
    """
    keys = list(dict.fromkeys(keys))
    missing = [key for key in keys if key not in journal.answers]
    total, done = len(keys), len(keys) - len(missing)
    batches = iter([missing[start : start + batch] for start in range(0, len(missing), batch)])
    failed: Failed = {}
    failed_on_end, checked_s = 0, time.monotonic()
    running: dict[Future[Answers], list[str]] = {}
    with _threads(workers) as pool, progress(title, unit) as advance:
        while True:
            if failed_on_end < MOST_FAILED_ON_END:
                for some in itertools.islice(batches, workers - len(running)):
                    running[pool.submit(ask, some)] = some
            if not running:
                break
            for job in wait(running, return_when=FIRST_COMPLETED)[0]:
                some = running.pop(job)
                error = _keep(job, some, journal)
                failed_on_end = _count_failed(failed_on_end, error)
                failed |= {key: str(error) for key in some if error}
                done += len(some)
                advance(done, total)
            if time.monotonic() - checked_s > CHECKPOINT_S:
                checkpoint()
                checked_s = time.monotonic()
    not_asked = "not asked for, since the service had stopped answering"
    return failed | {key: not_asked for some in batches for key in some}


@contextlib.contextmanager
def _threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """A pool whose threads don't go on waiting for a service when this is left by an error."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    except BaseException:
        STOPPED.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        STOPPED.clear()


def _keep(job: "Future[Answers]", keys: list[str], journal: Journal) -> Postponed | None:
    """Put a job's answers into the journal; returns why there are none, where it was Postponed."""
    try:
        answers = job.result()
    except Postponed as error:
        return error
    assert set(answers) == set(keys), "ask answers every key that it is given"
    for key, answer in answers.items():
        journal.add(key, answer)
    return None


def _count_failed(on_end: int, error: Postponed | None) -> int:
    """How many requests on end have failed, after one more: enough where the service wants rest."""
    if not isinstance(error, Unreachable):
        return 0
    return MOST_FAILED_ON_END if error.for_another_run else on_end + 1
