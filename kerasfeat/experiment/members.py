"""The members of an ensemble: what each learns, and what it says of songs that were held back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Protocol

import keras
import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import UNUSED, Split
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.training import Experiment, Watch
from kerasfeat.fields import Field
from kerasfeat.networks.ensembles import Weighted, ensemble
from kerasfeat.networks.window_statistics import row_columns, row_model
from kerasfeat.pipeline.batches import by_song, predict_songs, predict_windows
from kerasfeat.simple.as_keras import as_keras
from kerasfeat.simple.fitting import SUPPORT_VECTORS, Fitted, fit_simple
from kerasfeat.simple.pooled import Pooled
from kerasfeat.simple.support_vectors import MOST

# Of a song's windows, spread over it: more tell simple models little, and take their time.
WINDOWS = 12
MOST_ROWS = {SUPPORT_VECTORS: MOST}  # that a kind can learn from


@dataclass(frozen=True)
class Learnt:
    """A member that has learnt.

    Attributes:
        name: of the member.
        model: from its inputs to the target's heads; it has learnt all songs that it may.
        fields: that `model` reads.
        answers: [songs, outputs] of all songs, NaN but for the songs that were held back from what
            gave the answer.
        history: a row an epoch of each network.
    """

    name: str
    model: keras.Model
    fields: tuple[Field, ...]
    answers: Array
    history: tuple[dict[str, Any], ...] = ()

    @property
    def bytes(self) -> int:
        """How much the constants of its model take."""
        return 4 * self.model.count_params()


class Member(Protocol):
    """What answers beside others."""

    @property
    def name(self) -> str:
        """As people are told it."""

    @property
    def dataset(self) -> Dataset:
        """All songs, with the inputs that it reads."""

    @property
    def networks(self) -> tuple[Experiment, ...]:
        """What trains networks."""

    def watched(self, watch: Watch) -> "Member":
        """The same with further Keras callbacks of each training."""

    def can_learn(self, split: Split, inner: Sequence[Split]) -> bool:
        """Whether some song that it can read is left wherever it learns; see `learn`."""

    def learn(self, split: Split, inner: Sequence[Split], places: Places) -> Learnt:
        """Learn the training and validation songs of a split.

        Args:
            split: what may be learnt.
            inner: splits of those songs; each one's "test" is held back once.
            places: of checkpoints and logs.
        """


def has_inputs(dataset: Dataset) -> Array:
    """Whether each song has every input, bool [songs]."""
    inputs = dataset.inputs
    return np.array(
        [all(inputs.has(name, song) for name in inputs.names) for song in range(inputs.songs)]
    )


def _teach(dataset: Dataset, songs: Array) -> bool:
    """Whether these songs, bool [songs], have a value of everything that is learnt."""
    return bool(songs.any()) and not dataset.target.numbers_without_song(dataset.y[songs])


def _is_learnt(split: Split) -> Array:
    """Whether each song teaches simple models, bool [songs]: nothing of theirs is stopped."""
    return np.isin(split.parts, ["train", "validation"])


def _usable(split: Split, usable: Array) -> Split:
    return Split(split.name, np.where(usable, split.parts, UNUSED))


@dataclass(frozen=True)
class NetworkMember:
    """A network, or where there are several inner splits the mean of a network of each: each sees
    most songs, and together all of them.

    Attributes:
        name: as people are told it.
        experiment: on the inputs that it reads.
        start: of the same inputs; what it learns of the training songs is what each network starts
            from. None for networks that start anew.
    """

    name: str
    experiment: Experiment
    start: "SimpleMember | None" = None

    @property
    def dataset(self) -> Dataset:
        """All songs, with the inputs that it reads."""
        return self.experiment.dataset

    @property
    def networks(self) -> tuple[Experiment, ...]:
        """See Member."""
        return (self.experiment,)

    def watched(self, watch: Watch) -> "NetworkMember":
        """See Member."""
        return replace(self, experiment=replace(self.experiment, watch=watch))

    def can_learn(self, split: Split, inner: Sequence[Split]) -> bool:
        """See Member."""
        usable = has_inputs(self.dataset)
        return all(_teach(self.dataset, usable & (own.parts == "train")) for own in inner)

    def learn(self, split: Split, inner: Sequence[Split], places: Places) -> Learnt:
        """See Member."""
        usable, dataset = has_inputs(self.dataset), self.dataset
        heads, fields = self.experiment.target.heads, tuple(dataset.fields)
        answers = np.full((len(usable), len(self.experiment.target.outputs)), np.nan)
        models, history = [], []
        for own in inner:
            name = f"{self.name} {own.name}" if len(inner) > 1 else self.name
            trained = self._begun(own, usable).train(_usable(own, usable), places.of_member(name))
            held = np.flatnonzero(usable & (own.parts == "test"))
            if len(held):
                answers[held] = predict_songs(trained.model, heads, dataset.inputs, held)
            models.append((trained.model, fields))
            history += [{**row, "member": name} for row in trained.history]
        equal = [1 / len(models)] * len(models)
        whole = models[0][0]
        if len(models) > 1:
            whole = ensemble(models, fields, lambda head: Weighted(equal, name=head))
        return Learnt(self.name, whole, fields, answers, tuple(history))

    def _begun(self, split: Split, usable: Array) -> Experiment:
        """The experiment on a split, from where its networks start.

        Validation songs teach the start nothing: a network would stop at once where they did.
        """
        if self.start is None:
            return self.experiment
        return replace(
            self.experiment, start=self.start.model_of(usable & (split.parts == "train"))
        )


@dataclass(frozen=True)
class SimpleMember:
    """A simple model on rows of numbers, one of each window of a song.

    Attributes:
        name: as people are told it.
        kind: of kerasfeat.simple.
        dataset: all songs, with the inputs that it reads.
        seed: of what is drawn.
    """

    name: str
    kind: str
    dataset: Dataset
    seed: int

    @property
    def networks(self) -> tuple[Experiment, ...]:
        """See Member."""
        return ()

    def watched(self, watch: Watch) -> "SimpleMember":
        """See Member: nothing is logged."""
        return self

    def can_learn(self, split: Split, inner: Sequence[Split]) -> bool:
        """See Member."""
        usable = has_inputs(self.dataset)
        return all(_teach(self.dataset, usable & _is_learnt(own)) for own in (split, *inner))

    def learn(self, split: Split, inner: Sequence[Split], places: Places) -> Learnt:
        """See Member."""
        dataset = self.dataset
        usable = has_inputs(dataset)
        answers = np.full((len(usable), len(dataset.target.outputs)), np.nan)
        for own in inner:
            fitted = self._fit(usable & _is_learnt(own))
            held = np.flatnonzero(usable & (own.parts == "test"))
            if len(held):
                answers[held] = self._predict(fitted, held)
        whole = self._fit(usable & _is_learnt(split))
        return Learnt(self.name, self._model(whole), tuple(dataset.fields), answers)

    def model_of(self, songs: Array) -> Callable[[], keras.Model]:
        """What makes a model, from its inputs to the heads, that has learnt these songs."""
        return partial(self._model, self._fit(songs))

    @cached_property
    def _rows(self) -> "_Rows":
        songs = self.dataset.inputs.songs
        most = MOST_ROWS.get(self.kind, WINDOWS * songs)
        return _rows(self.dataset, max(1, min(WINDOWS, most // songs)))

    def _fit(self, songs: Array) -> Fitted:
        """Fitted to these songs, bool [songs]."""
        rows = self._rows
        own = songs[rows.owner] & rows.learnt
        truth, groups = self.dataset.y[rows.owner[own]], self.dataset.groups[rows.owner[own]]
        pooled, target = rows.pooled.of(own), self.dataset.target
        return fit_simple(self.kind, target, pooled, truth, groups, seed=self.seed)

    def _predict(self, fitted: Fitted, songs: Array) -> Array:
        """The mean of its windows' answers of each of these songs, [songs, outputs]."""
        rows = self._rows
        own = np.isin(rows.owner, songs)
        answers = fitted.predict(rows.pooled.of(own).x)
        return by_song(answers, np.searchsorted(songs, rows.owner[own]), len(songs))

    def _model(self, fitted: Fitted) -> keras.Model:
        row, simple = row_model(self.dataset.fields), as_keras(fitted, self.dataset.target)
        return keras.Model(row.input, simple(row.output["row"]), name=self.kind)


@dataclass(frozen=True)
class _Rows:
    """Windows as rows.

    Attributes:
        pooled: [windows, columns].
        owner: [windows] the song of each.
        learnt: [windows] whether it is one of those that are learnt.
    """

    pooled: Pooled
    owner: Array
    learnt: Array


def _rows(dataset: Dataset, most: int) -> _Rows:
    """Every song's windows as rows, at most so many of each being learnt."""
    fields, songs = dataset.fields, np.arange(dataset.inputs.songs)
    answers, owner = predict_windows(row_model(fields), dataset.inputs, songs, batch_size=256)
    x = answers["row"]
    columns, read = row_columns(fields), {name for field in fields for name in field.columns}
    heard = frozenset(name for name in columns if name not in read)
    counts = dataset.inputs.counts
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = np.ceil(counts / most).astype(int)[owner]
    return _Rows(Pooled(x, columns, heard), owner, place % step == 0)
