"""Rows of a table that are a header: of files that were put together by their lines."""

from collections.abc import Sequence

from kerasfeat.songs.problems import ERROR, NOTE, Problem

AGAIN = "the header again, left out"
ANOTHER = (
    "another header, with other columns or in another order, so that the values behind it don't "
    "fit: join the tables by the names of their columns"
)
# So many cells that are names of columns are no accident in a row of a song.
NO_ACCIDENT = 2


class Header:
    """The names of a table's columns, for whoever looks for rows that are a header again.

    Args:
        names: as they stand in the file.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = [_bare(name) for name in names]
        self._known = frozenset(self._names)

    def again(self, line: int, cells: Sequence[object]) -> Problem | None:
        """What is wrong with a row that is a header; None of any other.

        Args:
            line: where the row stands.
            cells: of the row.
        """
        texts = [_bare(cell) for cell in cells if isinstance(cell, str)]
        if texts == self._names:
            return Problem(line, None, AGAIN, NOTE)
        named = len(self._known.intersection(texts) - {""})
        if named >= NO_ACCIDENT and named > len(cells) / 2:
            return Problem(line, None, ANOTHER, ERROR)
        return None


def _bare(name: str) -> str:
    """A name of a column without spaces, and without the mark at a file's beginning."""
    return name.strip().removeprefix("\ufeff").strip()
