"""Who this process is at a search of several: the chief, a worker, or neither; and its signs of
life.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from kerasfeat import KerasfeatError
from tuning.keras_tuner_internals import has_chief_oracle, is_chief_oracle

CHIEF, WORKER = "chief", "worker"
BEAT_S = 5.0


def role() -> str | None:
    """CHIEF or WORKER as keras-tuner's environment variables say, None without them.

    Raises:
        KerasfeatError: only some of them are set.
    """
    try:
        return None if not has_chief_oracle() else CHIEF if is_chief_oracle() else WORKER
    except RuntimeError as error:
        raise KerasfeatError(
            f"{error} A chief has an id with 'chief' in it; the others are workers."
        ) from None


@contextlib.contextmanager
def alive(beat: Path) -> Iterator[None]:
    """Touch the file `beat` every few seconds until the end of the block."""
    beat.parent.mkdir(parents=True, exist_ok=True)
    beat.touch()
    over = threading.Event()

    def touch() -> None:
        while not over.wait(BEAT_S):
            beat.touch()

    threading.Thread(target=touch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


class SignsOfLife:
    """How long others have given no sign of life, whatever their clocks and ours say.

    A sign is any change of a file's time, since clocks differ and may be set back.
    """

    def __init__(self) -> None:
        self._last: dict[Path, tuple[int, float]] = {}  # (the file's time, when it was seen first)

    def seconds_since(self, beat: Path) -> float:
        """How long a file has been as it is, as far as it has been looked at."""
        touched, now = beat.stat().st_mtime_ns, time.monotonic()
        known, since = self._last.get(beat, (None, now))
        if known != touched:
            self._last[beat], since = (touched, now), now
        return now - since
