"""The report's tables: scores, the answers farthest from the truth, and songs of each fold."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat.evaluation.pages import SCORES, address
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.score_table import member_label, members_of
from kerasfeat.evaluation.wording import as_text, shown_error
from kerasfeat.targets import LOWER_IS_BETTER, Target

ERRORS = 20


@dataclass(frozen=True)
class ScoreCell:
    """A score in the table.

    Attributes:
        metric: its name.
        value: None where it is undefined, or the system has none.
        interval: its 95% interval, or None.
        best: whether no other system's is better.
    """

    metric: str
    value: float | None
    interval: list[float] | None
    best: bool


@dataclass(frozen=True)
class ScoreRow:
    """The scores of the model, of one of its members, or of a baseline."""

    name: str
    cells: list[ScoreCell]


@dataclass(frozen=True)
class WrongAnswer:
    """What a head was wrong about.

    Attributes:
        song: what is known of it, by column of predictions.csv.
        target: the head.
        true, predicted: in words.
        error: how far they are apart, as the wording has it.
        player: the address of the song's file as seen from the page; None where there is no file.
    """

    song: dict[str, str]
    target: str
    true: str
    predicted: str
    error: float
    player: str | None


def score_rows(metrics: Mapping[str, Any]) -> list[ScoreRow]:
    """The rows of the score table, the model's first; from the contents of metrics.json."""
    # As pairs: a member may be called "model", or like a baseline.
    systems = [
        ("model", metrics["test"]),
        *((member_label(name, scores), scores) for name, scores in members_of(metrics).items()),
        *metrics["baselines"].items(),
    ]
    best = {
        metric: _best(metric, [scores.get(metric) for _, scores in systems])
        for metric in SCORES
        if metric in metrics["test"]
    }

    def cell(metric: str, scores: Mapping[str, Any]) -> ScoreCell:
        value, interval = scores.get(metric), scores.get("ci95", {}).get(metric)
        return ScoreCell(metric, value, interval, value is not None and value == best[metric])

    return [ScoreRow(name, [cell(metric, scores) for metric in best]) for name, scores in systems]


def _best(metric: str, values: list[float | None]) -> float | None:
    """The best of the values that are defined."""
    defined = [value for value in values if value is not None]
    return (min if metric in LOWER_IS_BETTER else max)(defined, default=None)


def wrong_answers(target: Target, predictions: TestPredictions, run_dir: Path) -> list[WrongAnswer]:
    """The wrong answers that are farthest from the truth, a row for each song and head.

    Args:
        target: of the run.
        predictions: of the test songs.
        run_dir: where the page lies.
    """
    errors = target.head_errors(predictions.truth, predictions.prediction)  # [songs, heads]
    rows: list[WrongAnswer] = []
    for place in np.argsort(np.nan_to_num(-errors, nan=np.inf), axis=None, kind="stable"):
        song, number = np.unravel_index(place, errors.shape)
        if len(rows) == ERRORS or np.isnan(errors[song, number]):
            break
        head = target.heads[number]
        true = as_text(target, target.told_truth(predictions.truth[song]), head)
        predicted = as_text(target, target.told_answer(predictions.prediction[song]), head)
        if true != predicted:
            facts = predictions.songs.iloc[song].to_dict()
            error = shown_error(target, float(errors[song, number]), head)
            player = address(facts.get("audio"), run_dir.resolve())
            rows.append(WrongAnswer(facts, head, true, predicted, error=error, player=player))
    return rows


def fold_sizes(path: Path) -> list[dict[str, Any]]:
    """How many songs of each part there are in each fold with test songs; from splits.csv."""
    if not path.is_file():
        return []
    sizes = pd.read_csv(path, dtype=str).groupby(["fold", "part"]).size().unstack(fill_value=0)
    sizes = sizes.reindex(columns=["train", "validation", "test"], fill_value=0)
    # The model that is kept has no test songs.
    sizes = sizes[sizes["test"] > 0].sort_index(key=pd.to_numeric)
    return sizes.reset_index().to_dict("records")
