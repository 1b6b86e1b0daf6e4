"""Any number of labels."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.songs.repeats import with_all_labels
from kerasfeat.targets import scores
from kerasfeat.targets.labelled import LabelTarget
from kerasfeat.targets.member_weights import by_log_loss, log_odds
from kerasfeat.targets.target import Scorer

THRESHOLD = 0.5  # a label is given where its probability is above it
RANKED = ("roc_auc", "average_precision")
FEWEST_SONGS = 10  # of a label: with fewer it can be neither learnt nor scored
SHOWN_LABELS = 10


@dataclass(frozen=True)
class Multilabel(LabelTarget):
    """Any number of labels.

    The truth is bool [songs, labels]; a prediction is probabilities [songs, labels], each of its
    own label. The table's column lists a song's labels.
    """

    kind: ClassVar[str] = "labels"
    main_metric: ClassVar[str] = "roc_auc"
    fine_metric: ClassVar[str] = "log_loss"
    song_metric: ClassVar[str] = "log_loss"
    objectives: ClassVar[tuple[str, ...]] = (
        "log_loss",
        "roc_auc",
        "average_precision",
        "macro_f1",
        "micro_f1",
    )
    shown_metrics: ClassVar[tuple[str, ...]] = (
        "roc_auc",
        "average_precision",
        "macro_f1",
        "log_loss",
    )
    compared_metrics: ClassVar[tuple[str, ...]] = shown_metrics
    joins_labels: ClassVar[bool] = True

    @classmethod
    def from_json(cls, state: dict) -> "Multilabel":
        return cls(state["task"], tuple(state["targets"]))

    def to_json(self) -> dict:
        return {"kind": self.kind, "targets": list(self.labels), "labels": [], "edges": []}

    def common(self, outputs: list[str]) -> "Multilabel":
        return replace(self, labels=tuple(label for label in self.labels if label in outputs))

    def read_labels(self, frame: pd.DataFrame, column: str) -> pd.Series:
        return with_all_labels(frame, column)

    def with_table(self, frame: pd.DataFrame) -> tuple["Multilabel", list[str]]:
        """With the labels that at least FEWEST_SONGS songs have, and what is said of the others.

        Raises:
            KerasfeatError: fewer than two are left.
        """
        counts = Counter(label for labels in frame[self.name] for label in labels)
        rare = [label for label, count in counts.items() if count < FEWEST_SONGS]
        rare.sort(key=lambda label: (-counts[label], label))
        kept = sorted(set(counts) - set(rare))
        named = ", ".join(f"{label} ({counts[label]})" for label in rare[:SHOWN_LABELS])
        more = len(rare) - SHOWN_LABELS
        named += f" and {more} more" if more > 0 else ""
        if len(kept) < 2:
            raise KerasfeatError(
                f"{len(kept)} of {len(counts)} labels have {FEWEST_SONGS} songs or more, "
                f"and two are needed; fewer: {named or 'none'}. Add songs, or join rare labels "
                "under one name."
            )
        notes = [f"labels of fewer than {FEWEST_SONGS} songs are left out: {named}"] if rare else []
        return replace(self, labels=tuple(kept)), notes

    def spread(self, frame: pd.DataFrame) -> dict[str, dict]:
        counts = frame[self.name].explode().value_counts()
        return {"labels": {label: int(songs) for label, songs in counts.items()}}

    def uncounted(self, frame: pd.DataFrame) -> list[str]:
        return sorted({label for own in frame[self.name] for label in own} - set(self.labels))

    def encode(self, frame: pd.DataFrame) -> Array:
        places = {label: place for place, label in enumerate(self.labels)}
        truth = np.zeros((len(frame), len(self.labels)), bool)
        for row, own in enumerate(frame[self.name]):
            truth[row, [places[label] for label in own if label in places]] = True
        return truth

    def arrays(self, truth: Array, shares: bool = False) -> dict[str, tuple[Array, Array]]:
        return {self.name: (truth.astype("float32"), np.ones(len(truth), "float32"))}

    def given(self, probabilities: Sequence[float] | Array) -> list[str]:
        """The labels that one song is given."""
        pairs = zip(self.labels, probabilities, strict=True)
        return [label for label, probability in pairs if probability > THRESHOLD]

    def scorer(self, truth: Array, prediction: Array) -> Scorer:
        """Scores of probabilities.

        `roc_auc` and `average_precision` are the means of the labels for which they are defined:
        which some songs have, and for `roc_auc` some have not. `macro_f1` is the mean F1 of the
        labels that some song has or is given, `micro_f1` that of all decisions together, `log_loss`
        in nats a decision, `ece` over all decisions.
        """
        truth, probabilities = self._checked(truth, prediction)
        decided = probabilities > THRESHOLD
        hits, errors = (truth & decided).astype(float), (truth != decided).astype(float)
        losses = scores.binary_log_loss(truth, probabilities).mean(axis=1)  # [songs]
        calibration = scores.calibration_scorer(probabilities.ravel(), truth.ravel())
        # The highest probability is 0.
        codes = [np.unique(-column, return_inverse=True)[1] for column in probabilities.T]

        def weighted(counts: Array) -> dict[str, float]:
            songs = counts.sum()
            each = [_ranking(code, truth[:, place], counts) for place, code in enumerate(codes)]
            twice, wrong = 2 * counts @ hits, counts @ errors  # [labels] each
            occurs = twice + wrong > 0
            f1 = twice[occurs] / (twice + wrong)[occurs]
            decisions = np.repeat(counts, truth.shape[1])
            return {
                **{name: scores.mean_of_defined([own[name] for own in each]) for name in RANKED},
                "macro_f1": np.mean(f1) if occurs.any() else np.nan,
                "micro_f1": twice.sum() / (twice + wrong).sum() if occurs.any() else np.nan,
                "log_loss": counts @ losses / songs,
                "ece": calibration(decisions),
                **{
                    f"{label}/{name}": own[name]
                    for label, own in zip(self.labels, each, strict=True)
                    for name in RANKED
                },
            }

        return weighted

    def tables(self, truth: Array, prediction: Array) -> dict[str, Any]:
        """`per_class`: precision, recall, F1, and number of songs of each label."""
        truth, probabilities = self._checked(truth, prediction)
        decided = probabilities > THRESHOLD
        sums = (truth & decided).sum(axis=0), decided.sum(axis=0), truth.sum(axis=0)
        return {"per_class": scores.label_table(self.labels, *sums)}

    def song_scores(self, truth: Array, prediction: Array) -> dict[str, Array]:
        return {"log_loss": scores.binary_log_loss(truth, prediction).mean(axis=1)}

    def head_errors(self, truth: Array, prediction: Array) -> Array:
        """The mean log loss of each song's labels, [songs, 1]."""
        return self.song_scores(truth, prediction)["log_loss"][:, np.newaxis]

    def bands(self, truth: Array, head: str) -> Iterable[tuple[str | list[float], Array]]:
        return [(label, truth[:, place]) for place, label in enumerate(self.labels)]

    def to_columns(self, truth: Array, prediction: Array) -> pd.DataFrame:
        columns: dict[str, Array] = {}
        for i, label in enumerate(self.labels):
            columns |= {
                f"true_{label}": truth[:, i].astype(int),
                f"predicted_{label}": prediction[:, i],
            }
        return pd.DataFrame(columns)

    def from_columns(self, frame: pd.DataFrame) -> tuple[Array, Array]:
        truth, prediction = (
            frame[[f"{part}_{label}" for label in self.labels]].to_numpy("float64")
            for part in ("true", "predicted")
        )
        return truth > 0, prediction

    def label_truth(self, truth: Array) -> Array:
        return truth

    def same_truth(self, ours: Array, theirs: Array) -> Array:
        return (ours == theirs).all(axis=1)

    def told_truth(self, truth: Any) -> list[str]:
        return self.given(truth)

    def told_answer(self, prediction: Array) -> list[str]:
        return self.given(prediction)

    def member_weights(self, answers: Array, truth: Array) -> dict[str, Array]:
        # Each label of a song is decided for itself: yes by its odds, or no.
        odds = log_odds(answers, np).reshape(len(answers), -1)
        decided = np.stack([np.zeros_like(odds), odds], axis=2)
        return {self.name: by_log_loss(decided, truth.ravel().astype(int), len(truth))}

    @staticmethod
    def _checked(truth: Array, prediction: Array) -> tuple[Array, Array]:
        truth = np.asarray(truth, bool)
        probabilities = np.clip(scores.finite(prediction), 0, 1)
        if not len(truth):
            raise KerasfeatError(scores.NO_SONG)
        return truth, probabilities


def _ranking(code: Array, has: Array, counts: Array) -> dict[str, float]:
    """How well a label's probability ranks the songs.

    Args:
        code: [songs], place of the probability among the distinct ones, the highest being 0.
        has: bool [songs], whether a song has the label.
        counts: [songs].
    """
    positive, negative = np.bincount(code, counts * has), np.bincount(code, counts * ~has)
    having, lacking = positive.sum(), negative.sum()
    above = np.cumsum(positive)
    # Of each negative the positives above it, and half of those beside it.
    area = negative @ (above - positive / 2) / (having * lacking) if having and lacking else np.nan
    reached = np.maximum(above + np.cumsum(negative), 1e-9)
    precision = positive @ (above / reached) / having if having else np.nan
    return {"roc_auc": area, "average_precision": precision}
