"""The report's plots of what a target is made of: labels, or numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.evaluation import plots, target_drawings
from kerasfeat.evaluation.drawings import slice_scores
from kerasfeat.evaluation.numbers import number
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.slices import Part, Slicing
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target
from kerasfeat.text import words

Plots: TypeAlias = dict[str, list[plots.Plot]]


@singledispatch
def target_plots(
    target: Target, test: Mapping[str, Any], predictions: TestPredictions | None, folder: Path
) -> Plots:
    """Plots of the sections "confusion", "labels", "against", and "calibration"; of some of them.

    Args:
        target: of the run.
        test: metrics.json's `test`.
        predictions: of the test songs; None for the plots that need none.
        folder: where each plot is also written as PNG.
    """
    raise TypeError(type(target))


@target_plots.register
def _(
    target: Multiclass, test: Mapping[str, Any], predictions: TestPredictions | None, folder: Path
) -> Plots:
    drawn = {"confusion": [_confusion(target.labels, test["confusion"], folder)]}
    if predictions is None:
        return drawn
    confidence = predictions.prediction.max(axis=1)
    right = predictions.prediction.argmax(axis=1) == predictions.truth
    alt = (
        f"Mean probability of the answers {number(confidence.mean())}, share of right answers "
        f"{number(right.mean())}."
    )
    return drawn | {"calibration": [_reliability(confidence, right, predictions.unit, alt, folder)]}


@target_plots.register
def _(
    target: Multilabel, test: Mapping[str, Any], predictions: TestPredictions | None, folder: Path
) -> Plots:
    is_scored = test[target.main_metric] is not None
    drawn = {"labels": [_by_label(target.labels, test, folder)] if is_scored else []}
    if predictions is None:
        return drawn
    probability, truth = predictions.prediction.ravel(), predictions.truth.ravel()
    unit = np.repeat(predictions.unit, len(target.labels))
    alt = (
        f"Mean probability of all labels {number(probability.mean())}, share that the songs "
        f"have {number(truth.mean())}."
    )
    return drawn | {"calibration": [_reliability(probability, truth, unit, alt, folder)]}


@target_plots.register
def _(
    target: Regression, test: Mapping[str, Any], predictions: TestPredictions | None, folder: Path
) -> Plots:
    drawn: Plots = {"against": [], "calibration": []}
    if predictions is None:
        return drawn
    truth, prediction = target.in_unit(predictions.truth), target.in_unit(predictions.prediction)
    for place, name in enumerate(target.names):
        known = np.isfinite(truth[:, place])
        if known.any():
            values = _Values(
                name,
                truth[known, place],
                prediction[known, place],
                correlation=test.get(f"{name}/pearson"),
                alone=len(target.names) == 1,
                points=max(300, plots.POINTS // len(target.names)),
            )
            drawn["against"].append(_against(values, folder))
            drawn["calibration"].append(_residuals(values, folder))
    return drawn


def _confusion(labels: Sequence[str], counts: Sequence[Sequence[int]], folder: Path) -> plots.Plot:
    right, songs = sum(row[place] for place, row in enumerate(counts)), sum(map(sum, counts))
    alt = (
        f"Confusion matrix of {len(labels)} labels: {right} of {songs} songs on the diagonal; "
        "the table below holds every count."
    )
    title, draw = "True against predicted label", target_drawings.confusion(counts, labels)
    side = 1.6 + 0.34 * len(labels) if len(labels) > 6 else 3.4
    return plots.render("confusion", title, alt, draw, folder, size=(side + 0.8, side))


def _reliability(
    confidence: Array, correct: Array, unit: Array, alt: str, folder: Path
) -> plots.Plot:
    draw = target_drawings.reliability(confidence, correct, unit)
    return plots.render("calibration", "Reliability", alt, draw, folder)


def _by_label(labels: Sequence[str], test: Mapping[str, Any], folder: Path) -> plots.Plot:
    """The ROC AUC of each label, the best first, with the mean of all as a line."""
    areas = {label: test[f"{label}/roc_auc"] for label in labels}
    known = [label for label in labels if areas[label] is not None]
    parts = tuple(
        Part(
            name=label,
            songs=test["per_class"][label]["support"],
            score=areas[label],
            interval=test["ci95"][f"{label}/roc_auc"],
        )
        for label in sorted(known, key=lambda label: areas[label], reverse=True)
    )
    title = "ROC AUC by label"
    alt = f"{title}: {', '.join(f'{part.name} {number(part.score)}' for part in parts)}."
    draw = slice_scores(Slicing("Label", parts), test["roc_auc"])
    return plots.render("labels", title, alt, draw, folder, size=(4.6, 0.7 + 0.3 * len(parts)))


@dataclass(frozen=True)
class _Values:
    """One number of the test songs where it is known.

    Attributes:
        name: of the number.
        truth, prediction: [songs], in the table's unit.
        correlation: Pearson's of the two; None where it is undefined.
        alone: whether it is the target's only number.
        points: so many songs are drawn at most.
    """

    name: str
    truth: Array
    prediction: Array
    correlation: float | None
    alone: bool
    points: int

    @property
    def title(self) -> str:
        """Its name, for people."""
        return words(self.name).capitalize()

    @property
    def size(self) -> plots.Size:
        """Of each of its plots."""
        return plots.SIZE if self.alone else plots.SMALL


def _against(values: _Values, folder: Path) -> plots.Plot:
    """Predicted over true values."""
    title, name = values.title, f"true_predicted_{values.name}"
    alt = (
        f"{title}: predicted over true values of {len(values.truth)} songs; Pearson correlation "
        f"{number(values.correlation)}."
    )
    draw = target_drawings.against(values.truth, values.prediction, values.points)
    return plots.render(name, title, alt, draw, folder, size=values.size)


def _residuals(values: _Values, folder: Path) -> plots.Plot:
    """What the predicted values are off by."""
    title, name = values.title, f"residuals_{values.name}"
    error = values.truth - values.prediction
    alt = (
        f"{title}: true minus predicted value; mean {number(float(error.mean()))}, MAE "
        f"{number(float(np.abs(error).mean()))}."
    )
    draw = target_drawings.residuals(values.truth, values.prediction, values.points)
    return plots.render(name, title, alt, draw, folder, size=values.size)
