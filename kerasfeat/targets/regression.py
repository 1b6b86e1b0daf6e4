"""One number or several, each within a range of its own."""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.registry import unknown
from kerasfeat.targets import scores
from kerasfeat.targets.member_weights import by_absolute_error
from kerasfeat.targets.multiclass import Multiclass
from kerasfeat.targets.target import Scorer, Target

BANDS = 10  # of the true value, equally wide
METRICS = ("mae", "mse", "rmse", "r2", "pearson", "spearman")
# Files hold true values as text of floats: those that differ by less are the same.
SAME = 1e-6


@dataclass(frozen=True)
class Regression(Target):
    """One number or several.

    The truth is [songs, names] from 0 (`low`) to 1 (`high`), NaN where missing; so is a prediction,
    and scores are of these shares of the range.

    Attributes:
        names: of the table's columns and of the heads.
        low, high: [names], the range of each column in its own unit; from 0 to 1 by default; NaN
            until the table tells.
        takes_any: whether any column of numbers may be chosen beside these.
    """

    names: tuple[str, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    takes_any: bool = field(default=False, compare=False)

    kind: ClassVar[str] = "values"
    main_metric: ClassVar[str] = "mae"
    fine_metric: ClassVar[str] = "mae"
    song_metric: ClassVar[str] = "mae"
    objectives: ClassVar[tuple[str, ...]] = ("mse", "mae", "rmse", "r2", "pearson", "spearman")
    shown_metrics: ClassVar[tuple[str, ...]] = ("mae", "rmse", "r2", "pearson")
    compared_metrics: ClassVar[tuple[str, ...]] = ("mse", "mae", "pearson", "r2", "accuracy")
    has_labels: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", self.low or (0.0,) * len(self.names))
        object.__setattr__(self, "high", self.high or (1.0,) * len(self.names))

    @property
    def heads(self) -> tuple[str, ...]:
        return self.names

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.names

    @classmethod
    def from_json(cls, state: dict) -> "Regression":
        ranges = [state["ranges"][name] for name in state["targets"]]
        low, high = (tuple(limits) for limits in zip(*ranges, strict=True))
        return cls(tuple(state["targets"]), low, high)

    def to_json(self) -> dict:
        limits = zip(self.low, self.high, strict=True)
        return {
            "kind": self.kind,
            "targets": list(self.names),
            "labels": [],
            "edges": [],
            "ranges": {name: list(own) for name, own in zip(self.names, limits, strict=True)},
        }

    def read_labels(self, frame: pd.DataFrame, column: str) -> pd.Series:
        raise KerasfeatError(
            f"{', '.join(self.names)} are numbers; --label applies to tasks that learn labels."
        )

    def where_else(self, there: list[str], frame: pd.DataFrame) -> str:
        if not there:
            lacking = [name for name in self.names if name not in frame]
            near = difflib.get_close_matches(lacking[0], map(str, frame.columns)) if lacking else []
            meant = f"; did you mean {', '.join(near)}?" if near else ""
            return f"it needs numbers to learn from{meant}"
        return f"choose among those that are there with --target: {', '.join(there)}"

    def only(self, names: tuple[str, ...]) -> "Regression":
        others = tuple(name for name in dict.fromkeys(names) if name not in self.names)
        if others and not self.takes_any:
            raise unknown("target", others[0], self.names)
        kept = [place for place, name in enumerate(self.names) if name in names]
        unset = (math.nan,) * len(others)
        return Regression(
            (*(self.names[place] for place in kept), *others),
            (*(self.low[place] for place in kept), *unset),
            (*(self.high[place] for place in kept), *unset),
        )

    def with_ranges(self, ranges: Mapping[str, tuple[float, float]]) -> "Regression":
        limits = {name: (low, high) for name, low, high in self._ranges()}
        for name, (low, high) in ranges.items():
            if name not in self.names:
                raise unknown("target with a range", name, self.names)
            if not low < high or not (math.isfinite(low) and math.isfinite(high)):
                raise KerasfeatError(
                    f"the range of {name} is {low:g} to {high:g}; the first number must be the "
                    "smaller one."
                )
            limits[name] = (low, high)
        return replace(
            self,
            low=tuple(limits[name][0] for name in self.names),
            high=tuple(limits[name][1] for name in self.names),
        )

    def _ranges(self) -> list[tuple[str, float, float]]:
        """(name, lowest, highest) of each number."""
        return list(zip(self.names, self.low, self.high, strict=True))

    def with_table(self, frame: pd.DataFrame) -> tuple["Regression", list[str]]:
        read, notes = {}, []
        for name, low, high in self._ranges():
            least, most = float(frame[name].min()), float(frame[name].max())
            if math.isnan(low):
                if not least < most:
                    raise KerasfeatError(
                        f"every song has the same {name}, {least:g}: there is nothing to learn."
                    )
                read[name] = (least, most)
                notes.append(
                    f"{name} is from {least:g} to {most:g} in this table, which is taken as its "
                    "range; --range says another"
                )
            elif least < low or most > high:
                raise KerasfeatError(
                    f"{name} is from {least:g} to {most:g} in this table, beyond its range of "
                    f"{low:g} to {high:g}. Give its range with --range."
                )
        return self.with_ranges(read), notes

    def common(self, outputs: list[str]) -> "Regression":
        return self.only(tuple(outputs))

    def as_labels(self, edges: tuple[float, ...]) -> Multiclass:
        if len(self.names) != 1:
            raise KerasfeatError(
                f"{', '.join(self.names)} are several numbers, and only one becomes low and high."
            )
        return Multiclass(self.names[0], edges=edges, low=self.low[0], high=self.high[0])

    def spread(self, frame: pd.DataFrame) -> dict[str, dict]:
        def moments(column: pd.Series) -> dict[str, float | None]:
            rows = int(column.notna().sum())
            sd = float(column.std()) if rows > 1 else None
            return {"rows": rows, "mean": float(column.mean()), "sd": sd}

        return {"targets": {name: moments(frame[name]) for name in self.names}}

    def encode(self, frame: pd.DataFrame) -> Array:
        return self.from_unit(frame[list(self.names)].to_numpy("float64"))

    @property
    def served(self) -> tuple[str, ...]:
        return self.names

    @property
    def limits(self) -> tuple[float, float]:
        return min(self.low), max(self.high)

    def in_unit(self, prediction: Array) -> Array:
        low, high = np.array(self.low), np.array(self.high)
        return low + prediction * (high - low)

    def from_unit(self, prediction: Array) -> Array:
        low, high = np.array(self.low), np.array(self.high)
        return (prediction - low) / (high - low)

    def numbers_without_song(self, truth: Array) -> tuple[str, ...]:
        known = np.isfinite(truth).any(axis=0)
        return tuple(name for name, there in zip(self.names, known, strict=True) if not there)

    def arrays(self, truth: Array, shares: bool = False) -> dict[str, tuple[Array, Array]]:
        known = np.isfinite(truth)
        filled = np.where(known, truth, 0.0).astype("float32")
        return {
            name: (filled[:, [i]], known[:, i].astype("float32"))
            for i, name in enumerate(self.names)
        }

    def scorer(self, truth: Array, prediction: Array) -> Scorer:
        """Scores of each number, NAME/mae and so on, and their means.

        A song whose true value is missing is left out for that number; a number that no song has is
        undefined and left out of the means. `r2` is undefined where the truth does not vary, the
        correlations also where the prediction does not; a mean is undefined where one of its scores
        is, lest a collapsed head raise it.
        """
        truth, prediction = np.asarray(truth, float), np.asarray(prediction, float)
        known = ~np.isnan(truth)
        if not known.any():
            raise KerasfeatError(
                f"there is no song to score: every true value of {', '.join(self.names)} "
                "is missing. Give more test songs."
            )
        each = {
            name: _scorer(truth[rows, i], scores.finite(prediction[:, i])[rows])
            for i, (name, rows) in enumerate(zip(self.names, known.T, strict=True))
            if rows.any()
        }
        undefined = dict.fromkeys(METRICS, np.nan)

        def weighted(counts: Array) -> dict[str, float]:
            own = {
                name: each[name](counts[rows]) if name in each else undefined
                for name, rows in zip(self.names, known.T, strict=True)
            }
            means = {m: float(np.mean([own[name][m] for name in each])) for m in METRICS}
            parts = {f"{name}/{m}": own[name][m] for name in self.names for m in METRICS}
            return means | parts

        return weighted

    def compared_scorer(self, truth: Array, prediction: Array) -> Scorer:
        """The scores, and `accuracy`: the share of songs on the right side of the middle."""
        weighted = self.scorer(truth, prediction)
        known = ~np.isnan(truth)
        right = ((truth > 0.5) == (prediction > 0.5)) & known
        some = known.any(axis=0)

        def compared(counts: Array) -> dict[str, float]:
            songs = counts @ known[:, some]  # [names]
            share = np.divide(
                counts @ right[:, some], songs, out=np.full(len(songs), np.nan), where=songs > 0
            )
            return weighted(counts) | {"accuracy": float(np.mean(share))}

        return compared

    def known(self, truth: Array) -> Array:
        return np.isfinite(truth).any(axis=1)

    def song_scores(self, truth: Array, prediction: Array) -> dict[str, Array]:
        return {"mae": self.song_error(truth, prediction)}

    def head_errors(self, truth: Array, prediction: Array) -> Array:
        """The absolute errors, [songs, names]."""
        return np.abs(prediction - truth)

    def bands(self, truth: Array, head: str) -> Iterable[tuple[str | list[float], Array]]:
        """Equal parts of the range; a value of 1 is in the last."""
        values = truth[:, self.names.index(head)]
        place = np.clip(np.floor(np.nan_to_num(values, nan=-1.0) * BANDS), -1, BANDS - 1)
        known, own = ~np.isnan(values), self.only((head,))
        ends = own.in_unit(np.arange(BANDS + 1) / BANDS).tolist()
        return [(ends[band : band + 2], (place == band) & known) for band in range(BANDS)]

    def to_columns(self, truth: Array, prediction: Array) -> pd.DataFrame:
        truth, prediction = self.in_unit(truth), self.in_unit(prediction)
        columns: dict[str, Array] = {}
        for i, name in enumerate(self.names):
            columns |= {f"true_{name}": truth[:, i], f"predicted_{name}": prediction[:, i]}
        return pd.DataFrame(columns)

    def from_columns(self, frame: pd.DataFrame) -> tuple[Array, Array]:
        truth, prediction = (
            self.encode(pd.DataFrame({n: pd.to_numeric(frame[f"{part}_{n}"]) for n in self.names}))
            for part in ("true", "predicted")
        )
        return truth, prediction

    def same_truth(self, ours: Array, theirs: Array) -> Array:
        both_missing = np.isnan(ours) & np.isnan(theirs)
        return ((np.abs(ours - theirs) < SAME) | both_missing).all(axis=1)

    def named(self, prediction: Array) -> dict[str, Any]:
        return dict(
            zip(self.names, (round(float(number), 6) for number in prediction), strict=True)
        )

    def told_truth(self, truth: Any) -> list[float | None]:
        values = self.in_unit(truth)
        return [None if np.isnan(value) else round(float(value), 4) for value in values]

    def told_answer(self, prediction: Array) -> list[float]:
        return [round(float(value), 4) for value in self.in_unit(prediction)]

    def member_weights(self, answers: Array, truth: Array) -> dict[str, Array]:
        return {
            name: by_absolute_error(answers[..., i], truth[:, i])
            for i, name in enumerate(self.names)
        }


def _scorer(truth: Array, prediction: Array) -> Scorer:
    """A function from how often each song counts, [songs], to METRICS of one number."""
    error = prediction - truth
    size, square = np.abs(error), error**2
    ranks = (
        np.unique(truth, return_inverse=True)[1],
        np.unique(prediction, return_inverse=True)[1],
    )

    def weighted(counts: Array) -> dict[str, float]:
        songs = counts.sum()
        if not songs:
            return dict.fromkeys(METRICS, np.nan)
        mse = counts @ square / songs
        variance = counts @ (truth - counts @ truth / songs) ** 2 / songs
        truth_varies = scores.varies(truth, counts)
        both_vary = truth_varies and scores.varies(prediction, counts)
        return {
            "mae": counts @ size / songs,
            "mse": mse,
            "rmse": np.sqrt(mse),
            "r2": 1 - mse / variance if truth_varies else np.nan,
            "pearson": scores.correlation(truth, prediction, counts) if both_vary else np.nan,
            "spearman": scores.rank_correlation(*ranks, counts) if both_vary else np.nan,
        }

    return weighted
