"""What every target can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array

Scorer = Callable[[Array], dict[str, float]]
# What is known of audio files that lie in one folder without a table.
OF_FILES = frozenset({"track_id", "title", "audio"})


class Target(ABC):
    """What is learnt of a song.

    The truth of some songs and a prediction of them are arrays with a row a song. Which ones is
    said by each target; all of its functions take and give them so.

    Attributes:
        kind: its name in run.json.
        main_metric: the score that people ask for.
        fine_metric: the score by which a few hundred songs tell good models apart.
        song_metric: of the scores, the one that a single song has too.
        objectives: the scores that a search may aim at, the default first.
        shown_metrics, compared_metrics: the scores that a terminal shows, of one run and of
            several.
        has_labels: whether a prediction is the probabilities of labels.
        joins_labels: whether the labels in several rows of a song are all its own.
        weighs_labels: whether rare labels can be made to count for more.
    """

    kind: ClassVar[str]
    main_metric: ClassVar[str]
    fine_metric: ClassVar[str]
    song_metric: ClassVar[str]
    objectives: ClassVar[tuple[str, ...]]
    shown_metrics: ClassVar[tuple[str, ...]]
    compared_metrics: ClassVar[tuple[str, ...]]
    has_labels: ClassVar[bool]
    weighs_labels: ClassVar[bool] = False
    joins_labels: ClassVar[bool] = False

    @property
    @abstractmethod
    def heads(self) -> tuple[str, ...]:
        """Names of the network's outputs."""

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Names of the table's columns that the truth is read from."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns of a prediction, in order."""

    @classmethod
    @abstractmethod
    def from_json(cls, state: dict) -> "Target":
        """The target from what `to_json` gave."""

    @abstractmethod
    def to_json(self) -> dict:
        """What run.json holds of it."""

    def only(self, names: tuple[str, ...]) -> "Target":
        """The target restricted to some of its numbers, in its own order.

        Raises:
            KerasfeatError: a name is none of them, or there are no numbers.
        """
        raise KerasfeatError(
            f"{self.heads[0]!r} has labels; --target applies to tasks that predict numbers."
        )

    def with_ranges(self, ranges: Mapping[str, tuple[float, float]]) -> "Target":
        """The target with other ranges of its numbers, name -> (lowest, highest).

        Raises:
            KerasfeatError: a name is none of its numbers, or a range is none.
        """
        if ranges:
            raise KerasfeatError(
                f"{self.heads[0]!r} has labels; --range applies to tasks that predict numbers."
            )
        return self

    def common(self, outputs: list[str]) -> "Target":
        """The target restricted to some of its outputs, where it can be."""
        return self

    def as_labels(self, edges: tuple[float, ...]) -> "Target":
        """The target as one of labels, made of a number; as it is where it has labels.

        Raises:
            KerasfeatError: it has several numbers.
        """
        return self

    @abstractmethod
    def read_labels(self, frame: pd.DataFrame, column: str) -> pd.Series:
        """The labels that any column of a table holds, as `encode` reads them from its own.

        Raises:
            KerasfeatError: the target is read from numbers.
        """

    def where_else(self, there: list[str], frame: pd.DataFrame) -> str:
        """What to do about a table that lacks some of the columns; `there` are those it has."""
        columns = ", ".join(frame.columns)
        if set(frame.columns) <= OF_FILES:
            return (
                "files of one folder have no labels. Lay those of each label in a folder of its "
                "own, named by it, and take --label genre where the task is another; or give a "
                f"table. Columns: {columns}"
            )
        return f"name the column that holds it with --label; columns: {columns}"

    def binned(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with labels in place of a number; as it is where there is none."""
        return frame

    def with_table(self, frame: pd.DataFrame) -> tuple["Target", list[str]]:
        """The target with what a table's songs tell of it, and what people are told of that."""
        return self, []

    def with_songs(self, frame: pd.DataFrame) -> "Target":
        """The target with what the songs that are trained, validated, and tested tell of it."""
        return self

    def is_numbered_by(self, column: pd.Series, frame: pd.DataFrame) -> bool:
        """Whether a column of numbers [songs] stands for the labels, one number for each."""
        return False

    @abstractmethod
    def spread(self, frame: pd.DataFrame) -> dict[str, dict]:
        """How labels or numbers are spread over the songs, under the name that says which."""

    @abstractmethod
    def encode(self, frame: pd.DataFrame) -> Array:
        """The truth of some songs, from their `columns`."""

    def knows(self, frame: pd.DataFrame) -> Array:
        """Whether each song has a truth that can be encoded, bool [songs]."""
        return np.ones(len(frame), bool)

    def uncounted(self, frame: pd.DataFrame) -> list[str]:
        """Labels of the songs that encoding leaves out, sorted."""
        return []

    def class_weights(self, truth: Array, train: Array) -> Array:
        """Weights [songs] by how rare each one's label is among the training songs.

        Args:
            truth: of all songs.
            train: places of the training songs.
        """
        return np.ones(len(truth), "float32")

    def labels_without_song(self, truth: Array) -> tuple[str, ...]:
        """The labels that none of the songs has, of a target that gives each song one."""
        return ()

    def numbers_without_song(self, truth: Array) -> tuple[str, ...]:
        """The numbers that none of the songs has."""
        return ()

    def strata(self, truth: Array) -> Array:
        """Parts of the songs of which a sample should hold equal shares, int [songs]."""
        return np.zeros(len(truth), int)

    @abstractmethod
    def arrays(self, truth: Array, shares: bool = False) -> dict[str, tuple[Array, Array]]:
        """What Keras learns: head -> (targets [songs, ...], sample weights [songs]).

        With `shares` a label is a row of shares of all labels, as mixing songs needs it.
        """

    @abstractmethod
    def scorer(self, truth: Array, prediction: Array) -> Scorer:
        """A function from how often each song counts, [songs], to the scores; NaN if undefined.

        Raises:
            KerasfeatError: there is no song to score, or a predicted number is not finite.
        """

    def tables(self, truth: Array, prediction: Array) -> dict[str, Any]:
        """What the scores leave out and a report shows; nothing for most."""
        return {}

    def score(self, truth: Array, prediction: Array, weights: Array | None = None) -> dict:
        """The scores of a prediction in the form that strict JSON holds, and `tables`.

        Args:
            truth, prediction: of the same songs.
            weights: [songs], how often each counts; once by default.

        Returns:
            name -> float, or None where the score is undefined.

        Raises:
            KerasfeatError: there is no song to score, or a predicted number is not finite.
        """
        counts = np.ones(len(truth)) if weights is None else np.asarray(weights, float)
        scores = self.scorer(truth, prediction)(counts)
        defined = {name: None if np.isnan(x) else float(x) for name, x in scores.items()}
        return defined | self.tables(truth, prediction)

    def compared_scorer(self, truth: Array, prediction: Array) -> Scorer:
        """The scorer that sets runs beside each other."""
        return self.scorer(truth, prediction)

    def known(self, truth: Array) -> Array:
        """Whether anything is known of each song's truth, bool [songs]."""
        return np.ones(len(truth), bool)

    @abstractmethod
    def song_scores(self, truth: Array, prediction: Array) -> dict[str, Array]:
        """The scores that single songs have: name -> [songs], `song_metric` first."""

    @abstractmethod
    def head_errors(self, truth: Array, prediction: Array) -> Array:
        """How wrong each answer is, [songs, heads]; NaN where the truth is not known."""

    def song_error(self, truth: Array, prediction: Array) -> Array:
        """How wrong one song is, [songs]: the mean of its heads; NaN where none is known."""
        errors = self.head_errors(truth, prediction)
        known = (~np.isnan(errors)).sum(axis=1)
        total = np.nansum(errors, axis=1)
        return np.divide(total, known, out=np.full(len(errors), np.nan), where=known > 0)

    @abstractmethod
    def bands(self, truth: Array, head: str) -> Iterable[tuple[str | list[float], Array]]:
        """Parts of the songs by their truth: (a label, or [low, high]; bool [songs])."""

    @abstractmethod
    def to_columns(self, truth: Array, prediction: Array) -> pd.DataFrame:
        """Truth and prediction under the names that predictions.csv has, in the table's unit."""

    @abstractmethod
    def from_columns(self, frame: pd.DataFrame) -> tuple[Array, Array]:
        """(truth, prediction) from what `to_columns` gave, as text or as values."""

    def label_truth(self, truth: Array) -> Array:
        """Which labels each song has, bool [songs, labels]; no labels of numbers."""
        return np.zeros((len(truth), 0), bool)

    @abstractmethod
    def same_truth(self, ours: Array, theirs: Array) -> Array:
        """Whether two readings of the truth agree, bool [songs]."""

    @property
    def served(self) -> tuple[str, ...]:
        """The outputs of an export that, one behind the other, are a prediction in its unit."""
        return ("probabilities",)

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest answer that there can be, in the table's unit."""
        return 0.0, 1.0

    def in_unit(self, prediction: Array) -> Array:
        """A prediction in the table's unit; probabilities stay what they are."""
        return prediction

    def from_unit(self, prediction: Array) -> Array:
        """What `in_unit` was made of."""
        return prediction

    @abstractmethod
    def named(self, prediction: Array) -> dict[str, Any]:
        """What people are told of one song, from its prediction in the table's unit."""

    @abstractmethod
    def told_truth(self, truth: Any) -> Any:
        """One song's truth for people: a label, a list of labels, or a list of numbers."""

    @abstractmethod
    def told_answer(self, prediction: Array) -> Any:
        """One song's prediction for people, as `told_truth` gives the truth."""

    @abstractmethod
    def member_weights(self, answers: Array, truth: Array) -> dict[str, Array]:
        """The weights of an ensemble's members under which the loss is lowest, 0 or more.

        Of numbers their sum is 1; of labels they weigh logarithms of probabilities, and have any.

        Args:
            answers: [members, songs, outputs].
            truth: of these songs.

        Returns:
            head -> [members].
        """
