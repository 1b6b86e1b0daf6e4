"""Time for a whole request: dripping headers and bodies outlast every time-out of a socket."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import TypeVar

from kerasfeat.datasets.http.retry import Unreachable

WHOLE_S = 60.0

Result = TypeVar("Result")


class TimeLimit:
    """A time from now on.

    Args:
        subject: what is waited for, such as a host and path, for the message.
        seconds: how long; WHOLE_S by default.
    """

    def __init__(self, subject: str, seconds: float | None = None) -> None:
        self._subject = subject
        self._seconds = WHOLE_S if seconds is None else seconds
        self._started_s = time.monotonic()

    @property
    def left_s(self) -> float:
        """What is left of it, at least 0."""
        return max(self._seconds - (time.monotonic() - self._started_s), 0.0)

    def extend(self, seconds: float) -> None:
        """Add to it."""
        self._seconds += seconds

    def error(self) -> Unreachable:
        """The error for when it is over."""
        return Unreachable(f"{self._subject} is too slow: not done after {self._seconds:.6g} s.")


def call_within(limit: TimeLimit, call: Callable[[], Result]) -> Result:
    """What `call()` returns.

    A call that takes too long is left to end by itself, in a thread that no exit waits for.

    Raises:
        Unreachable: the time is over.
    """
    result: futures.Future[Result] = futures.Future()
    threading.Thread(target=_settle, args=(result, call), daemon=True).start()
    if not futures.wait([result], timeout=limit.left_s).done:
        raise limit.error()
    return result.result()


def _settle(result: "futures.Future[Result]", call: Callable[[], Result]) -> None:
    try:
        result.set_result(call())
    except BaseException as error:  # raised again where the result is asked for
        result.set_exception(error)


@contextlib.contextmanager
def shut_after(limit: TimeLimit, shut: Callable[[], None]) -> Iterator[None]:
    """Call `shut` if the time is over before this is left; `shut` ends what waits within."""
    left = threading.Event()

    def watch() -> None:
        while not left.wait(limit.left_s):
            if not limit.left_s:  # it may have been extended meanwhile
                with contextlib.suppress(OSError, RuntimeError, ValueError):  # it has just ended
                    shut()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        left.set()
        watcher.join()
