"""The report's plots of a run: scores, training, the learning curve, and slices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kerasfeat.evaluation import drawings, slices
from kerasfeat.evaluation.intervals import Interval
from kerasfeat.evaluation.numbers import number
from kerasfeat.evaluation.pages import SCORES, score_title
from kerasfeat.evaluation.plots import MODEL, MUTED, Plot, render
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.summary import Verdict
from kerasfeat.evaluation.target_plots import Plots
from kerasfeat.targets import LOWER_IS_BETTER, Target
from kerasfeat.text import words

HIGHER_IS_BETTER = ("accuracy", "roc_auc")  # of what Keras logs


@dataclass(frozen=True)
class SliceSection:
    """What the report's section on slices says.

    Attributes:
        slicings: each with its plot.
        weak: (slicing's name, part) of the parts that are clearly worse than all songs.
        overall: the score of all songs.
        metric: the score's name.
    """

    slicings: list[tuple[slices.Slicing, Plot]]
    weak: list[tuple[str, slices.Part]]
    overall: float
    metric: str


def run_plots(
    run: Mapping[str, Any],
    metrics: Mapping[str, Any],
    verdict: Verdict,
    history: pd.DataFrame | None,
    folder: Path,
) -> Plots:
    """The page's plots by section: "overview", "curves", "learning", and empty ones.

    Args:
        run, metrics: contents of run.json and metrics.json.
        verdict: on these metrics.
        history: history.csv, where the run has it.
        folder: where each plot is also written as PNG.
    """
    systems = {run["model"]: metrics["test"]} | metrics["baselines"]
    values, deciding = _values(systems, verdict.metric), _values(systems, verdict.by)
    interval = metrics["test"].get("ci95", {}).get(verdict.by)
    curve = metrics.get("learning_curve", [])
    # With folds the curve is of the first one's test songs, and the baselines' scores are of all
    # songs.
    rivals = {} if run["folds"] else {n: v for n, v in values.items() if n != run["model"]}
    return {
        "overview": [_scores(deciding, verdict.by, interval, folder)] if deciding else [],
        "curves": [] if history is None or history.empty else _curves(history, verdict, folder),
        "learning": [_learning(curve, verdict, rivals, folder)] if len(curve) > 1 else [],
        "against": [],
        "calibration": [],
    }


def _values(systems: Mapping[str, Mapping[str, Any]], metric: str) -> dict[str, float]:
    """The score of each system that has it."""
    scores = {name: own.get(metric) for name, own in systems.items()}
    return {name: value for name, value in scores.items() if value is not None}


def _scores(
    values: Mapping[str, float], metric: str, interval: Interval | None, folder: Path
) -> Plot:
    """The score of each system that decides which is better, best on top.

    Args:
        values: of each system; the model is the first.
        metric: whose values they are.
        interval: the model's, 95%.
        folder: where the plot is written.
    """
    model = next(iter(values))
    label, lower = SCORES[metric], metric in LOWER_IS_BETTER
    rows = [
        drawings.Score(words(name), values[name], interval, MODEL)
        if name == model
        else drawings.Score(words(name), values[name], colour=MUTED)
        for name in sorted(values, key=lambda name: values[name], reverse=lower)
    ]
    listed = ", ".join(f"{words(name)} {number(value)}" for name, value in values.items())
    title, alt = score_title(metric), f"{label}: {listed}."
    size = (4.2, 0.5 + 0.45 * len(values))
    return render("scores", title, alt, drawings.scores(rows), folder, size=size)


def _curves(history: pd.DataFrame, verdict: Verdict, folder: Path) -> list[Plot]:
    """Loss and one metric over epochs: the main metric where it was logged, else the first."""
    main = verdict.metric
    logged = [name for name in history if f"val_{name}" in history and name != "loss"]
    epochs = int(history["epoch"].max() - history["epoch"].min()) + 1
    drawn = []
    for metric in ["loss", *([main] if main in logged else logged[:1])]:
        column = history[f"val_{metric}" if f"val_{metric}" in history else metric]
        best = column.max() if metric in HIGHER_IS_BETTER else column.min()
        title = SCORES.get(metric, words(metric).capitalize())
        alt = f"{title} over {epochs} epochs; best validation value {number(float(best))}."
        draw = drawings.curve(history, metric)
        drawn.append(render(f"curve_{metric}", title, alt, draw, folder))
    return drawn


def _learning(
    rows: Sequence[Mapping[str, Any]], verdict: Verdict, rivals: Mapping[str, float], folder: Path
) -> Plot:
    """The main score by training songs; `rivals` are the baselines' scores."""
    label = SCORES[verdict.metric]
    listed = ", ".join(f"{number(row['songs'])} songs {number(row['value'])}" for row in rows)
    title, alt = f"{label} by training songs", f"{label}: {listed}."
    return render("learning_curve", title, alt, drawings.learning(rows, rivals), folder)


def slice_section(
    target: Target, predictions: TestPredictions, folder: Path
) -> SliceSection | None:
    """The section on slices; None where the songs can't be told apart.

    Args:
        target: of the run.
        predictions: of the test songs.
        folder: where each plot is also written as PNG.
    """
    slicings = slices.slicings(target, predictions)
    if not slicings:
        return None
    metric = target.song_metric
    overall = float(slices.song_scores(target, predictions).mean())
    return SliceSection(
        [(slicing, _slicing(slicing, overall, metric, folder)) for slicing in slicings],
        slices.weak(slicings, overall, metric in LOWER_IS_BETTER),
        overall,
        metric,
    )


def _slicing(slicing: slices.Slicing, overall: float, metric: str, folder: Path) -> Plot:
    listed = ", ".join(f"{part.name} {number(part.score)}" for part in slicing.parts)
    alt = f"{SCORES[metric]} by {slicing.name.lower()}: {listed}."
    name = f"slice_{slicing.name.lower().replace(' ', '_')}"
    draw, size = drawings.slice_scores(slicing, overall), (4.2, 0.7 + 0.3 * len(slicing.parts))
    return render(name, slicing.name, alt, draw, folder, size=size)
