"""Rows of a table on their way to songs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs.problems import Problem


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a table under canonical names.

    Attributes:
        frame: a row each; its index is a RangeIndex.
        lines: int [rows], the line of the file on which each begins.
        problems: what was wrong with the table.
        names: canonical column -> name in the file.
    """

    frame: pd.DataFrame
    lines: Array
    problems: tuple[Problem, ...]
    names: Mapping[str, str]

    def keep(self, kept: Array) -> "Rows":
        """Some of the rows.

        Args:
            kept: bool [rows].
        """
        return replace(self, frame=self.frame[kept].reset_index(drop=True), lines=self.lines[kept])

    def with_problems(self, problems: Iterable[Problem]) -> "Rows":
        """The rows with more that was wrong."""
        return replace(self, problems=(*self.problems, *problems))
