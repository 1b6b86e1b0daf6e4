"""Standard output and error that are closed, full, or read no further."""

import io
import os
import sys
from typing import Any, TextIO

OUT, ERR = 1, 2
# Names of files may be no valid text, and consoles don't know every letter: better shown as an
# escape than not at all.
UNKNOWN_LETTERS = "backslashreplace"


class _Stream(io.FileIO):
    """A stream that remembers why it takes nothing more.

    Attributes:
        error: what it said last; None where all was written.
    """

    error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write what can be written; of standard error nobody would read why it can't."""
        try:
            return super().write(data) or 0
        except OSError as error:
            self.error = error
            if self.fileno() == ERR:
                return len(data)
            raise


def prepare() -> None:
    """Make the streams fit for what is printed; those that replace the process's own stay.

    A number that was closed would be given to the next file that is opened, and texts would go
    there. Output that is closed refuses what is written to it, as a full disk does.
    """
    if sys.stdout is sys.__stdout__:
        sys.stdout = _opened(OUT, sys.stdout, os.O_RDONLY)
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=UNKNOWN_LETTERS)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _opened(ERR, sys.stderr, os.O_WRONLY)


def _opened(number: int, stream: TextIO | None, closed: int) -> TextIO:
    """The stream of a descriptor, which is opened in the mode `closed` where it is not."""
    if stream is None:
        _to_nothing(number, closed)
    else:
        stream.flush()
    raw = _Stream(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        getattr(stream, "encoding", None),
        UNKNOWN_LETTERS,
        line_buffering=number == ERR or raw.isatty(),
    )


def finish() -> None:
    """Write what is still held back.

    Raises:
        OSError: it can't be written.
    """
    sys.stdout.flush()


def refusal() -> str | None:
    """Why standard output takes nothing more; None where it does. Who reads it no further is told
    nothing.
    """
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    error = getattr(raw, "error", None)
    if error is None:
        return None
    _to_nothing(OUT, os.O_WRONLY)  # where Python's own last flush goes
    if isinstance(error, BrokenPipeError):
        sys.exit(1)
    return f"can't write to standard output: {error.strerror}."


def _to_nothing(number: int, mode: int) -> None:
    """Let a descriptor be the device that holds nothing."""
    nothing = os.open(os.devnull, mode)
    if nothing != number:
        os.dup2(nothing, number)
        os.close(nothing)
