"""What a model reads of every song: rows of a table, and windows of audio from the store."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.fields import COLUMNS, Field
from kerasfeat.pipeline.store import Store


@dataclass(frozen=True)
class Inputs:
    """Every song's inputs: a row of the table, and windows of audio read from the store.

    Attributes:
        table: [songs, columns] float32 with NaN where missing, or None without tabular inputs.
        frontends: of each audio input, by its name; all with the same clip_s.
        keys: content key of each song's audio, None where there is none.
        store: where the front-ends' results lie; None without audio inputs.
        groups: of each tabular input, by its name, the places of its columns in the table; None
            for one input "features" of all columns.
        genres: [songs] genre of each, None where not known, where an input needs the genres of the
            training songs.
        answers: what is computed of each song beforehand, by name: [songs] arrays [windows, ...],
            without a window of a song that nobody reads.
    """

    table: Array | None
    frontends: dict[str, FrontEnd] = field(default_factory=dict)
    keys: list[str | None] = field(default_factory=list)
    store: Store | None = None
    groups: dict[str, tuple[int, ...]] | None = None
    genres: Array | None = None
    answers: dict[str, list[Array]] = field(default_factory=dict)

    @cached_property
    def tables(self) -> dict[str, Array]:
        """Each tabular input's part of the table, [songs, its columns]."""
        if self.table is None:
            return {}
        if self.groups is None:
            return {"features": self.table}
        return {name: self.table[:, list(places)] for name, places in self.groups.items()}

    @property
    def names(self) -> list[str]:
        """The inputs' names, the table's first."""
        return [*self.tables, *self.frontends]

    @property
    def songs(self) -> int:
        """How many songs there are."""
        if self.answers:
            return len(next(iter(self.answers.values())))
        return len(self.keys) if self.table is None or self.frontends else len(self.table)

    def only(self, names: Container[str]) -> "Inputs":
        """The same songs with some of their inputs."""
        if all(name in names for name in self.names):
            return self
        groups = self.groups
        if groups is not None:
            groups = {name: places for name, places in groups.items() if name in names}
        return replace(
            self,
            table=self.table if any(name in names for name in self.tables) else None,
            frontends={
                name: frontend for name, frontend in self.frontends.items() if name in names
            },
            groups=groups,
        )

    def answered(
        self, answers: Mapping[str, Array], songs: Array, names: Container[str]
    ) -> "Inputs":
        """The same songs with what was computed of some of them, and some of their inputs.

        Args:
            answers: [windows, ...] by name, of the songs one after the other.
            songs: indices of songs.
            names: of the inputs that stay.
        """
        ends = np.cumsum(self.counts[songs])[:-1]
        by_song = {}
        for name, windows in answers.items():
            by_song[name] = [windows[:0]] * self.songs
            for song, own in zip(songs, np.split(windows.astype("float32"), ends), strict=True):
                by_song[name][song] = own
        return replace(self.only(names), answers=by_song)

    def fields(self, columns: Sequence[str] = ()) -> list[Field]:
        """The inputs' Fields, in the order of `names`; `columns` names those of the table."""
        groups: Mapping[str, Iterable[int]] = self.groups or dict.fromkeys(
            self.tables, range(len(columns))
        )
        tabular = []
        for name, places in groups.items():
            own = tuple(columns[place] for place in places)
            tabular.append(Field(name, (len(own),), (COLUMNS,), columns=own))
        return tabular + [frontend.field for frontend in self.frontends.values()]

    def has(self, name: str, song: int) -> bool:
        """Whether the song has any value of this input."""
        if name in self.tables:
            return bool(np.isfinite(self.tables[name][song]).any())
        return self.keys[song] is not None

    def windows(self, name: str, song: int) -> Array:
        """One input of one song [windows, ...]; one window of NaN where it is absent."""
        if name in self.answers:
            return self.answers[name][song]
        if name in self.tables:
            return self.tables[name][song][np.newaxis]
        frontend, key = self.frontends[name], self.keys[song]
        if key is None:
            return np.full((1, *frontend.field.shape), np.nan, "float32")
        return self._store.read(frontend, key)

    @cached_property
    def counts(self) -> Array:
        """[songs] how many windows each song is cut into: what all inputs have; 1 without audio."""
        if self.answers:
            return np.array([max(len(own), 1) for own in next(iter(self.answers.values()))])
        if not self.frontends:
            return np.ones(self.songs, int)
        return np.array([self._count(key) for key in self.keys])

    def _count(self, key: str | None) -> int:
        if key is None:
            return 1
        return min(self._store.windows(frontend, key) for frontend in self.frontends.values())

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of one window of each input that is read by the window."""
        shapes = {name: frontend.field.shape for name, frontend in self.frontends.items()}
        return shapes | {name: songs[0].shape[1:] for name, songs in self.answers.items()}

    @property
    def _store(self) -> Store:
        assert self.store is not None, "audio inputs need a store"
        return self.store
