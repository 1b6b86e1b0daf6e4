"""Where work on many songs is done: in this process, or by Ray on one machine or several."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from kerasfeat.progress import Advance

Result_co = TypeVar("Result_co", covariant=True)
Result = TypeVar("Result")


class Items(Protocol):
    """What is worked on: a list of files, or a table's rows."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: slice, /) -> Any: ...


class Work(Protocol[Result_co]):
    """What is done with each block of items.

    Other processes get a copy of it. They may lose a block and be given it again, so what it writes
    must be the same the second time.

    Attributes:
        block: the most items at a time.
    """

    @property
    def block(self) -> int: ...

    def __call__(self, items: Any, workers: int | None, advance: Advance, /) -> Result_co:
        """The result of a block.

        Args:
            items: a slice of all items.
            workers: how many at a time; as many as there are cores by default.
            advance: called as advance(done, of how many, name of an item) where some needed work.
        """


class Engine(Protocol):
    """What does the work."""

    def run(self, work: Work[Result], items: Items, advance: Advance) -> Iterator[Result]:
        """The result of each block, in the items' order, as soon as it is there.

        Args:
            work: what is done.
            items: all of them.
            advance: called as advance(done, of how many items, name of one).

        Raises:
            KerasfeatError: of the work, or where it can't be done there.
        """


@dataclass(frozen=True)
class Local:
    """This process.

    Attributes:
        workers: how many items at a time; as many as there are cores by default.
    """

    workers: int | None = None

    def run(self, work: Work[Result], items: Items, advance: Advance) -> Iterator[Result]:
        """See Engine."""
        for start in range(0, len(items), work.block):
            block = items[start : start + work.block]
            tell = _Tell(advance, start, len(block), len(items))
            yield work(block, self.workers, tell)
            # What was there already is done before anybody could read of it.
            if tell.told or len(items) > work.block:
                advance(start + len(block), len(items))


LOCAL = Local()


@dataclass
class _Tell:
    """Tells how many of all items are done, while one block is worked on.

    Attributes:
        advance: is told.
        start: of the block.
        block: how many items it has.
        total: how many all blocks have.
        told: whether it told anything.
    """

    advance: Advance
    start: int
    block: int
    total: int
    told: bool = False

    def __call__(self, done: int, todo: int, note: object = "") -> None:
        """`done` of `todo` items of the block; the others had been done before."""
        self.told = True
        self.advance(self.start + self.block - todo + done, self.total, note)
