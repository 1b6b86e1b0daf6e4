"""One label of several."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.songs import parsing
from kerasfeat.targets import scores
from kerasfeat.targets.labelled import LabelTarget
from kerasfeat.targets.member_weights import by_log_loss, log_probabilities
from kerasfeat.targets.target import Scorer

BIN_NAMES = {1: ("low", "high"), 2: ("low", "medium", "high")}


@dataclass(frozen=True)
class Multiclass(LabelTarget):
    """One label of several.

    The truth is the place of each song's label, [songs]; a prediction is probabilities
    [songs, labels].

    Attributes:
        edges: limits that make labels of a number, as shares of its range from `low` to `high`;
            empty where the column holds the labels.
    """

    edges: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 1.0

    kind: ClassVar[str] = "classes"
    main_metric: ClassVar[str] = "accuracy"
    fine_metric: ClassVar[str] = "log_loss"
    song_metric: ClassVar[str] = "accuracy"
    objectives: ClassVar[tuple[str, ...]] = (
        "log_loss",
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
    )
    shown_metrics: ClassVar[tuple[str, ...]] = (
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "log_loss",
    )
    compared_metrics: ClassVar[tuple[str, ...]] = shown_metrics
    weighs_labels: ClassVar[bool] = True

    @classmethod
    def from_json(cls, state: dict) -> "Multiclass":
        (name,) = state["targets"]
        low, high = state.get("ranges", {}).get(name, (0.0, 1.0))
        return cls(name, tuple(state["labels"]), tuple(state["edges"]), low, high)

    def to_json(self) -> dict:
        return {
            "kind": self.kind,
            "targets": [self.name],
            "labels": list(self.labels),
            "edges": list(self.edges),
            "ranges": {self.name: [self.low, self.high]},
        }

    def read_labels(self, frame: pd.DataFrame, column: str) -> pd.Series:
        if self.edges:
            raise KerasfeatError(
                f"{self.name!r} has labels that are made of numbers; --label applies to "
                "tasks that learn labels."
            )
        return parsing.label_texts(frame[column])

    def binned(self, frame: pd.DataFrame) -> pd.DataFrame:
        if not self.edges:
            return frame
        # A number that is an edge belongs below it: "danceable" is what lies above 0.5.
        numbers = frame[self.name].to_numpy("float64")
        place = np.searchsorted(self.edges, (numbers - self.low) / (self.high - self.low))
        words = np.array(BIN_NAMES[len(self.edges)], object)[place]
        return frame.assign(**{self.name: words})

    def with_songs(self, frame: pd.DataFrame) -> "Multiclass":
        """With the labels that the songs of a frame have.

        Raises:
            KerasfeatError: they have fewer than two.
        """
        labels = tuple(np.unique(frame[self.name].to_numpy(str)).tolist())
        if len(labels) < 2:
            raise KerasfeatError(
                f"every song has the {self.name} {', '.join(map(repr, labels)) or None}: there is "
                "nothing to tell apart. At least two labels are needed."
            )
        return replace(self, labels=labels)

    def is_numbered_by(self, column: pd.Series, frame: pd.DataFrame) -> bool:
        pairs = pd.DataFrame({"number": column, "label": frame[self.name]})
        pairs = pairs.dropna().drop_duplicates()
        return bool(len(pairs) > 1 and pairs["number"].is_unique and pairs["label"].is_unique)

    def spread(self, frame: pd.DataFrame) -> dict[str, dict]:
        counts = frame[self.name].value_counts()
        return {"classes": {str(label): int(songs) for label, songs in counts.items()}}

    def knows(self, frame: pd.DataFrame) -> Array:
        return frame[self.name].isin(self.labels).to_numpy()

    def encode(self, frame: pd.DataFrame) -> Array:
        places = {label: place for place, label in enumerate(self.labels)}
        return np.array([places[str(label)] for label in frame[self.name]], int)

    def labels_without_song(self, truth: Array) -> tuple[str, ...]:
        there = set(np.unique(truth))
        return tuple(label for place, label in enumerate(self.labels) if place not in there)

    def strata(self, truth: Array) -> Array:
        return truth

    def arrays(self, truth: Array, shares: bool = False) -> dict[str, tuple[Array, Array]]:
        ones = np.ones(len(truth), "float32")
        return {
            self.name: (np.eye(len(self.labels), dtype="float32")[truth] if shares else truth, ones)
        }

    def class_weights(self, truth: Array, train: Array) -> Array:
        """Weights [songs] under which every label counts as much among the training songs."""
        counts = np.bincount(truth[train], minlength=len(self.labels))
        return (len(train) / (len(counts) * np.maximum(counts, 1)))[truth].astype("float32")

    def scorer(self, truth: Array, prediction: Array) -> Scorer:
        """Scores of probabilities.

        `balanced_accuracy` is the mean recall of the labels that some song has, `macro_f1` the mean
        F1 of the labels that some song has or is given, `log_loss` in nats, `ece` the expected
        calibration error of the top probability.
        """
        truth, probabilities = np.asarray(truth), scores.normalised(prediction)
        labels = probabilities.shape[1]
        predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
        cell = truth * labels + predicted
        loss = scores.log_loss(probabilities[np.arange(len(truth)), truth])
        calibration = scores.calibration_scorer(confidence, predicted == truth)

        def weighted(counts: Array) -> dict[str, float]:
            songs = counts.sum()
            confusion = np.bincount(cell, counts, minlength=labels**2).reshape(labels, labels)
            hits, support, given = (
                confusion.diagonal(),
                confusion.sum(axis=1),
                confusion.sum(axis=0),
            )
            occurs = support + given > 0
            return {
                "accuracy": hits.sum() / songs,
                "balanced_accuracy": np.mean(hits[support > 0] / support[support > 0]),
                "macro_f1": np.mean(2 * hits[occurs] / (support + given)[occurs]),
                "log_loss": counts @ loss / songs,
                "ece": calibration(counts),
            }

        return weighted

    def tables(self, truth: Array, prediction: Array) -> dict[str, Any]:
        """`per_class`, and `confusion` whose rows are true labels."""
        confusion = np.zeros((len(self.labels), len(self.labels)), int)
        np.add.at(confusion, (np.asarray(truth), np.argmax(prediction, axis=1)), 1)
        hits, support, given = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
        return {
            "per_class": scores.label_table(self.labels, hits, given, support),
            "confusion": confusion.tolist(),
        }

    def song_scores(self, truth: Array, prediction: Array) -> dict[str, Array]:
        likely = np.asarray(prediction)[np.arange(len(truth)), truth]
        right = (np.argmax(prediction, axis=1) == truth).astype(float)
        return {"accuracy": right, "log_loss": scores.log_loss(likely)}

    def head_errors(self, truth: Array, prediction: Array) -> Array:
        """1 - the probability of the true label, [songs, 1]."""
        probabilities = scores.normalised(prediction)
        return 1 - probabilities[np.arange(len(truth)), truth][:, np.newaxis]

    def bands(self, truth: Array, head: str) -> Iterable[tuple[str | list[float], Array]]:
        return [(label, truth == place) for place, label in enumerate(self.labels)]

    def to_columns(self, truth: Array, prediction: Array) -> pd.DataFrame:
        names, chosen = np.array(self.labels), np.argmax(prediction, axis=1)
        columns = {f"true_{self.name}": names[truth], f"predicted_{self.name}": names[chosen]}
        shares = {f"probability_{label}": prediction[:, i] for i, label in enumerate(self.labels)}
        return pd.DataFrame(columns | shares)

    def from_columns(self, frame: pd.DataFrame) -> tuple[Array, Array]:
        places = {label: place for place, label in enumerate(self.labels)}
        truth = frame[f"true_{self.name}"].map(places).to_numpy(int)
        shares = [f"probability_{label}" for label in self.labels]
        return truth, frame[shares].to_numpy("float64")

    def label_truth(self, truth: Array) -> Array:
        return truth[:, np.newaxis] == np.arange(len(self.labels))

    def same_truth(self, ours: Array, theirs: Array) -> Array:
        return ours == theirs

    def told_truth(self, truth: Any) -> str:
        return self.labels[truth]

    def told_answer(self, prediction: Array) -> str:
        return self.labels[int(np.argmax(prediction))]

    def member_weights(self, answers: Array, truth: Array) -> dict[str, Array]:
        return {self.name: by_log_loss(log_probabilities(answers, np), truth, len(truth))}
