"""Ask for many things, some at a time, keeping each answer; what is had is never asked for again."""

import contextlib
import itertools
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from kerasfeat.datasets.http.retry import STOPPED, Postponed, Unreachable
from kerasfeat.progress import progress, say

CHECKPOINT_S = 30.0
# A service that fails so many requests on end is not asked for the rest in this run.
MOST_LOST = 5


def crawl(keys, ask, journal, *, unit, title="asking", batch=1, workers=1, checkpoint=lambda: None):
    """Fill the journal with the answers to `keys` that it lacks.

    Args:
        keys: texts.
        ask: called in other threads with a list of at most `batch` keys; returns {key: answer that
            JSON holds}, for each of them.
        journal: a Journal.
        unit: what the keys are, such as "songs"; title: what is done with them.
        batch: how many to ask for together.
        workers: how many requests are under way at once.
        checkpoint: called now and then, from this thread, when answers have been added.

    Returns:
        {key: why} of what could not be had this time.

    Raises:
        KerasfeatError: from `ask`, other than Postponed; the answers got by then are kept.
    """
    keys = list(dict.fromkeys(keys))
    missing = [key for key in keys if key not in journal.answers]
    total, done = len(keys), len(keys) - len(missing)
    work = iter([missing[start : start + batch] for start in range(0, len(missing), batch)])
    failed, lost, running, last_s = {}, 0, {}, time.monotonic()
    with _threads(workers) as pool, progress(title, unit) as advance:
        while True:
            if lost < MOST_LOST:
                running |= {
                    pool.submit(ask, some): some
                    for some in itertools.islice(work, workers - len(running))
                }
            if not running:
                break
            for job in wait(running, return_when=FIRST_COMPLETED)[0]:
                some = running.pop(job)
                answers, why = _result(job, some)
                lost = _lost(lost, why)
                failed |= {key: str(why) for key in some if key not in answers}
                for key, answer in answers.items():
                    journal.add(key, answer)
                done += len(some)
                advance(done, total)
            if time.monotonic() - last_s > CHECKPOINT_S:
                checkpoint()
                last_s = time.monotonic()
    return failed | {
        key: "not asked for, since the service had stopped answering"
        for some in work
        for key in some
    }


@contextlib.contextmanager
def _threads(workers):
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


def _lost(lost, why):
    """How many requests on end the service has not answered, after one more; enough at once where
    it wants to be left alone.
    """
    if not isinstance(why, Unreachable):
        return 0
    return MOST_LOST if why.hopeless else lost + 1


def collect(output, journal, build, keys, ask, **how):
    """`crawl`, with the table kept up to date: now and then, and when it is interrupted.

    Args:
        output: the Output to write to.
        build: gives its rows, from the answers that the journal has.
        journal, keys, ask, how: see `crawl`.
    """

    def checkpoint():
        output.write(build(), complete=False)

    try:
        return crawl(keys, ask, journal, checkpoint=checkpoint, **how)
    except BaseException as error:
        checkpoint()
        if isinstance(error, KeyboardInterrupt):
            say(f"stopped: {output.folder} has what there is; the same command goes on from here.")
        raise


def _result(job, some):
    """({key: answer}, None), or ({}, why) where it was Postponed."""
    try:
        answers = job.result()
    except Postponed as error:
        return {}, error
    assert set(answers) == set(some), "ask answers every key that it is given"
    return answers, None
