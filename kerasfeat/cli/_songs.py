"""The songs that commands are given, read with what is wrong with them told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def songs_named(
    paths: Sequence[str],
    percent: dict[str, bool] | None = None,
    columns: Sequence[str] = (),
    ranges: dict[str, tuple[float, float]] | None = None,
) -> "pd.DataFrame":
    """The songs that were asked for, a row each; what is wrong with tables is said."""
    from kerasfeat.inference.requested import songs_of
    from kerasfeat.progress import say
    from kerasfeat.songs.problems import describe

    asked = songs_of(paths, percent, columns, ranges)
    for line in describe(asked.problems):
        say(f"data: {line}")
    return asked.frame
