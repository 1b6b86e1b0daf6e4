"""Services that do not answer, or not yet: their errors, how long to wait, how often to try."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import tenacity

from kerasfeat import KerasfeatError
from kerasfeat.progress import say

TRIES = 5
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
# A server that asks for more patience than this is come back to in another run.
LONGEST_RETRY_AFTER_S = 120.0
SHORTEST_ANNOUNCED_WAIT_S = 5.0
# Set where a crawl ends early: nobody waits for a service any longer.
STOPPED = threading.Event()

Result = TypeVar("Result")


class Postponed(KerasfeatError):
    """Something was not got this time and may be another time: it counts as not asked for."""


class Unreachable(Postponed):
    """The server does not answer now.

    Args:
        message: what happened.
        retry_after_s: how long the server asks to wait; None where it does not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def for_another_run(self) -> bool:
        """Whether there is no use in trying again in this run."""
        return (self.retry_after_s or 0) > LONGEST_RETRY_AFTER_S


class Pace:
    """At most so many calls a second, over all threads."""

    def __init__(self, per_s: float) -> None:
        self._interval_s = 1 / per_s
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is one's turn."""
        with self._lock:
            turn_s = max(self._next_s, time.monotonic())
            self._next_s = turn_s + self._interval_s
        time.sleep(max(turn_s - time.monotonic(), 0))


def retry(call: Callable[[], Result]) -> Result:
    """Call again while `call` raises Unreachable.

    The waits are as long as the server asks for, else ever longer.

    Returns:
        What `call()` returns.

    Raises:
        Unreachable: after TRIES, or at once where the server asks for more than
            LONGEST_RETRY_AFTER_S.
    """
    return tenacity.Retrying(
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(TRIES), tenacity.stop_when_event_set(STOPPED)
        ),
        wait=_wait_s,
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, Unreachable) and not error.for_another_run
        ),
        before_sleep=_announce,
        sleep=_sleep,
        reraise=True,
    )(call)


def _wait_s(state: tenacity.RetryCallState) -> float:
    asked_s = _error(state).retry_after_s
    backoff = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)
    return backoff(state) if asked_s is None else asked_s


def _sleep(seconds: float) -> None:
    STOPPED.wait(seconds)


def _announce(state: tenacity.RetryCallState) -> None:
    wait_s = state.next_action.sleep if state.next_action else 0.0
    if wait_s >= SHORTEST_ANNOUNCED_WAIT_S:
        say(f"{_error(state)} Trying again in {wait_s:.0f} s.")


def _error(state: tenacity.RetryCallState) -> Unreachable:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Unreachable), "nothing else is tried again"
    return error


@contextlib.contextmanager
def documented(service: str) -> Iterator[None]:
    """Take errors of reading an answer, within this, for an answer of undocumented form.

    Raises:
        Postponed: with what was wrong about the answer.
    """
    try:
        yield
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise Postponed(
            f"{service} answers in another form than it documents ({type(error).__name__}: "
            f"{error})."
        ) from error
