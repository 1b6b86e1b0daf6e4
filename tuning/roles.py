"""Who this process is at a search of several: the chief, a worker, or neither; and its signs of
life.
"""

import contextlib
import threading
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
def alive(beat: Path) -> Iterator[Path]:
    """Touch the file `beat` every few seconds until the end of the block; yields it."""
    beat.parent.mkdir(parents=True, exist_ok=True)
    beat.touch()
    over = threading.Event()

    def touch() -> None:
        while not over.wait(BEAT_S):
            beat.touch()

    threading.Thread(target=touch, daemon=True).start()
    try:
        yield beat
    finally:
        over.set()
