"""Blocks of items in one process."""

from collections.abc import Sequence
from dataclasses import dataclass

from kerasfeat.engines import LOCAL
from kerasfeat.progress import Advance


@dataclass(frozen=True)
class Doubled:
    """Twice each number, of which even ones need no work."""

    block: int = 3

    def __call__(self, items: Sequence[int], workers: int | None, advance: Advance) -> list[int]:
        odd = [item for item in items if item % 2]
        for done, item in enumerate(odd, 1):
            advance(done, len(odd), item)
        return [2 * item for item in items]


def test_every_item_is_worked_on_once_and_counted_among_all() -> None:
    told: list[tuple[object, ...]] = []
    found = LOCAL.run(Doubled(), range(1, 8), lambda *given: told.append(given))
    assert list(found) == [[2, 4, 6], [8, 10, 12], [14]]
    # Those that need no work are done first.
    assert [done for done, *_ in told] == [2, 3, 3, 6, 6, 7, 7]
    assert {total for _, total, *_ in told} == {7}
