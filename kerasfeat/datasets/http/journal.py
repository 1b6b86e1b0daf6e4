"""Answers that a crawl has got, kept in a file as they come: a kill loses at most the one being
written.
"""

import json
import os
from pathlib import Path
from typing import Any, TypeAlias

from kerasfeat import KerasfeatError

# What a service said of something, in the form that JSON holds.
Answer: TypeAlias = Any


class Journal:
    """Answers by key, each a line of JSON.

    Attributes:
        answers: key -> answer, of this run and of earlier ones; of several answers to a key the
            last one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.answers: dict[str, Answer] = {}
        whole_bytes = self._read() if path.exists() else 0
        self._file = path.open("ab")
        self._file.truncate(whole_bytes)

    def add(self, key: str, answer: Answer) -> None:
        """Keep an answer; a kill of the process no longer loses it when this returns."""
        line = json.dumps([key, answer], ensure_ascii=True, separators=(",", ":"))
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        self.answers[key] = answer

    def close(self) -> None:
        """Make sure that nothing is lost when the machine stops."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def _read(self) -> int:
        """Read the whole lines.

        Returns:
            Their length in bytes; a line without its end was being written at a kill.
        """
        whole_bytes = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break
                try:
                    key, answer = json.loads(line)
                except (ValueError, TypeError) as error:
                    raise KerasfeatError(
                        f"{self._path}, line {number}: not an answer that kerasfeat stored "
                        f"({error}). Remove the line, or the file to ask anew."
                    ) from None
                self.answers[key] = answer
                whole_bytes += len(line)
        return whole_bytes
