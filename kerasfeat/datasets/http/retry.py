"""When services do not answer, or not yet: what that is called, how long to wait, how often to try."""

import contextlib
import threading
import time

import tenacity

from kerasfeat import KerasfeatError
from kerasfeat.progress import say

TRIES = 5
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
# A server that asks for more patience than this is come back to in another run.
LONGEST_RETRY_AFTER_S = 120.0
TOLD_WAIT_S = 5.0
# Set where a crawl ends early: nobody waits for a service any longer.
STOPPED = threading.Event()


class Postponed(KerasfeatError):
    """Something was not had this time and may be another time: it is not counted as asked for."""


class Unreachable(Postponed):
    """The server does not answer now; `retry_after_s` is how long it asks to wait, where it says
    so.
    """

    def __init__(self, message, retry_after_s=None):
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def hopeless(self):
        """Whether there is no use in trying again in this run."""
        return (self.retry_after_s or 0) > LONGEST_RETRY_AFTER_S


class Pace:
    """At most so many calls a second, over all threads."""

    def __init__(self, per_s):
        self._interval_s = 1 / per_s
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait(self):
        """Return when it is one's turn."""
        with self._lock:
            turn_s = max(self._next_s, time.monotonic())
            self._next_s = turn_s + self._interval_s
        time.sleep(max(turn_s - time.monotonic(), 0))


def patiently(call):
    """What `call()` returns, tried again while it raises Unreachable: as long as the server asks,
    else ever longer.

    Raises:
        Unreachable: after TRIES, or at once where the server asks for more than
            LONGEST_RETRY_AFTER_S.
    """
    backoff = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)

    def wait_s(state):
        asked_s = state.outcome.exception().retry_after_s
        return backoff(state) if asked_s is None else asked_s

    def told(state):
        if state.next_action.sleep >= TOLD_WAIT_S:
            say(f"{state.outcome.exception()} Trying again in {state.next_action.sleep:.0f} s.")

    retry = tenacity.retry_if_exception(
        lambda error: isinstance(error, Unreachable) and not error.hopeless
    )
    stop = tenacity.stop_any(
        tenacity.stop_after_attempt(TRIES), tenacity.stop_when_event_set(STOPPED)
    )
    return tenacity.Retrying(
        stop=stop, wait=wait_s, retry=retry, before_sleep=told, sleep=STOPPED.wait, reraise=True
    )(call)


@contextlib.contextmanager
def documented(service):
    """What is made of an answer within this; an answer of another form than documented is
    Postponed, with what was wrong about it.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Postponed(
            f"{service} answers in another form than it documents ({type(error).__name__}: "
            f"{error})."
        ) from error
