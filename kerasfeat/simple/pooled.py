"""Songs as simple models read them: one row each."""

from dataclasses import dataclass, replace

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.networks.columns import ONE_HOT_SIZES


@dataclass(frozen=True)
class Pooled:
    """Every song as one row.

    Attributes:
        x: float32 [songs, columns], NaN where missing.
        columns: their names.
        audio: names of those that say how a song sounds, pooled from its audio.
    """

    x: Array
    columns: tuple[str, ...]
    audio: frozenset[str] = frozenset()

    @property
    def categorical(self) -> tuple[int, ...]:
        """Places of the columns whose numbers name a category."""
        return tuple(i for i, column in enumerate(self.columns) if column in ONE_HOT_SIZES)

    def of(self, songs: Array) -> "Pooled":
        """Some of the songs, by their places or as bool [songs]."""
        return replace(self, x=self.x[songs])

    def only(self, columns: tuple[str, ...]) -> "Pooled":
        """Some of the columns, in this order."""
        places = [self.columns.index(column) for column in columns]
        audio = self.audio & frozenset(columns)
        return Pooled(self.x[:, places], columns, audio)

    @property
    def order(self) -> Array:
        """Places of the columns by their names: what is learnt does not depend on their order."""
        return np.argsort(self.columns, kind="stable")
