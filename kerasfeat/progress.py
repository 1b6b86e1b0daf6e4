"""What long work says on stderr: a bar with its rate on a terminal, plain lines in a log."""

import contextlib
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

from kerasfeat.text import printable

# Called as advance(done, total, note=""), as often as one likes.
Advance: TypeAlias = Callable[..., None]

PLAIN_INTERVAL_S = 5.0
RATE_S = 30.0  # over which a rate is taken

_details = _quiet = _progressing = False


def show_details(shown: bool) -> None:
    """Let `detail` say something from here on, or nothing."""
    global _details
    _details = shown


def details() -> bool:
    """Whether details were asked for, by --verbose."""
    return _details


def be_quiet(quiet: bool) -> None:
    """Let only `say_error` say something from here on, or all."""
    global _quiet
    _quiet = quiet


def say(message: str, style: str | None = None) -> None:
    """A message on stderr, unless --quiet; `style` is rich's, for terminals that show colours."""
    if not _quiet:
        _print(message, style)


def say_error(message: str) -> None:
    """Why a command fails, on stderr."""
    _print(message, "red")


def _print(message: str, style: str | None) -> None:
    message = "\n".join(map(printable, message.split("\n")))
    if style and sys.stderr.isatty():
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True, soft_wrap=True).print(Text(message, style))
    else:
        print(message, file=sys.stderr, flush=True)


def detail(message: str) -> None:
    """A message on stderr for those who asked for details."""
    if _details:
        say(message, "dim")


def say_nothing(done: int, total: int, note: object = "") -> None:
    """An Advance of work whose progress nobody reads."""


@contextlib.contextmanager
def progress(title: str, unit: str, begun: int = 0) -> Iterator[Advance]:
    """For a with block: advance(done, total, note="") to be called as often as one likes.

    Work inside of other work says nothing.

    Args:
        title: what is going on, such as "extracting".
        unit: what is counted, such as "files".
        begun: how many of them were done before.
    """
    global _progressing
    if _quiet or _progressing:
        yield lambda done, total, note="": None
        return
    bar = _bar(title, unit, begun) if sys.stderr.isatty() else _lines(title, unit, begun)
    _progressing = True
    try:
        with bar as advance:
            yield advance
    finally:
        _progressing = False


def _columns(title: str, unit: str) -> "list[ProgressColumn]":
    """What a bar shows, from left to right."""
    from rich import progress as rich

    return [
        rich.TextColumn(f"{title:<12}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn(f"{unit} {{task.fields[rate]}}"),
        rich.TimeElapsedColumn(),
        rich.TextColumn("left"),
        rich.TimeRemainingColumn(),
        # Brackets in songs' names are not markup.
        rich.TextColumn("{task.fields[note]}", markup=False),
    ]


@contextlib.contextmanager
def _bar(title: str, unit: str, begun: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*_columns(title, unit), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, completed=begun, note="", rate="")

        def advance(done: int, total: int, note: object = "") -> None:
            speed = bar.tasks[0].speed
            bar.update(
                task,
                completed=done,
                total=total,
                note=printable(str(note)),
                rate=f"{speed:.3g}/s" if speed else "",
            )

        yield advance


@contextlib.contextmanager
def _lines(title: str, unit: str, begun: int) -> Iterator[Advance]:
    start = last = time.monotonic()
    told = deque([(start, begun)])
    latest: tuple[int, int, object] | None = None

    def line(done: int, total: int, note: object) -> None:
        now = time.monotonic()
        # What is left takes as long as what was done of late: not as the start, which loads
        # networks, nor as what was done before, which is quickly found again.
        while len(told) > 1 and told[1][0] <= now - RATE_S:
            told.popleft()
        then, known = told[0] if done < total else (start, begun)
        rate = (done - known) / (now - then) if now > then else 0.0
        told.append((now, done))
        left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
        say(f"{title}: {done}/{total} {unit}, {rate:.3g}/s{left}{f', {note}' if note else ''}")

    def advance(done: int, total: int, note: object = "") -> None:
        nonlocal last, latest
        latest = (done, total, note)
        if time.monotonic() - last >= PLAIN_INTERVAL_S:
            last = time.monotonic()
            line(*latest)
            latest = None  # which is said

    yield advance
    if latest:
        line(*latest)
