"""The report's plots of what a target is made of: labels, or numbers."""

from functools import singledispatch
from pathlib import Path

import numpy as np

from kerasfeat.evaluation import plots, slices
from kerasfeat.evaluation.pages import number
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.evaluation.summary import words
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

Plots = dict[str, list[plots.Plot]]


@singledispatch
def target_plots(
    target: Target, test: dict, predictions: TestPredictions | None, folder: Path
) -> Plots:
    """The plots of the sections "confusion", "labels", "against", and "calibration"; of some of
    them.

    Args:
        target: of the run.
        test: metrics.json's `test`.
        predictions: of the test songs; None for the plots that need none.
        folder: where each plot is also written as PNG.
    """
    raise TypeError(type(target))


@target_plots.register
def _(target: Multiclass, test: dict, predictions: TestPredictions | None, folder: Path) -> Plots:
    found = {"confusion": [_confusion(target.labels, test["confusion"], folder)]}
    if predictions is None:
        return found
    confidence = predictions.prediction.max(axis=1)
    right = predictions.prediction.argmax(axis=1) == predictions.truth
    alt = (
        f"Mean probability of the answers {number(confidence.mean())}, share of right answers "
        f"{number(right.mean())}."
    )
    return found | {"calibration": [_reliability(confidence, right, alt, folder)]}


@target_plots.register
def _(target: Multilabel, test: dict, predictions: TestPredictions | None, folder: Path) -> Plots:
    found = {
        "labels": [_by_label(target.labels, test, folder)]
        if test[target.main_metric] is not None
        else []
    }
    if predictions is None:
        return found
    probability, truth = predictions.prediction.ravel(), predictions.truth.ravel()
    alt = (
        f"Mean probability of all labels {number(probability.mean())}, share that the songs "
        f"have {number(truth.mean())}."
    )
    return found | {"calibration": [_reliability(probability, truth, alt, folder)]}


@target_plots.register
def _(target: Regression, test: dict, predictions: TestPredictions | None, folder: Path) -> Plots:
    found: Plots = {"against": [], "calibration": []}
    if predictions is None:
        return found
    truth, prediction = target.in_unit(predictions.truth), target.in_unit(predictions.prediction)
    for place, name in enumerate(target.names):
        known = np.isfinite(truth[:, place])
        if known.any():
            pair = truth[known, place], prediction[known, place]
            against, residuals = _values(name, len(target.names), *pair, test, folder)
            found["against"].append(against)
            found["calibration"].append(residuals)
    return found


def _confusion(labels, counts, folder):
    side = max(3.2, 1.6 + 0.34 * len(labels)) if len(labels) > 6 else 3.4
    right, songs = sum(row[place] for place, row in enumerate(counts)), sum(map(sum, counts))
    alt = (
        f"Confusion matrix of {len(labels)} labels: {right} of {songs} songs on the diagonal; "
        "the table below holds every count."
    )
    draw = plots.confusion(counts, list(labels))
    return plots.render(
        "confusion", "True against predicted label", alt, draw, folder, (side + 0.8, side)
    )


def _reliability(confidence, correct, alt, folder):
    return plots.render(
        "calibration", "Reliability", alt, plots.reliability(confidence, correct), folder
    )


def _by_label(labels, test, folder):
    """How well each label is told from its absence, best first, with the mean of all as a line."""
    areas = {
        label: test[f"{label}/roc_auc"] for label in labels if test[f"{label}/roc_auc"] is not None
    }
    parts = [
        slices.Part(
            label,
            test["per_class"][label]["support"],
            areas[label],
            test["ci95"][f"{label}/roc_auc"],
        )
        for label in sorted(areas, key=areas.get, reverse=True)
    ]
    alt = f"ROC AUC by label: {', '.join(f'{part.name} {number(part.score)}' for part in parts)}."
    draw = slices.draw(slices.Slicing("Label", tuple(parts)), test["roc_auc"])
    return plots.render(
        "labels", "ROC AUC by label", alt, draw, folder, (4.6, 0.7 + 0.3 * len(parts))
    )


def _values(name, names, truth, prediction, test, folder):
    """Predicted over true, and residuals, of one number."""
    title, size = words(name).capitalize(), plots.SIZE if names == 1 else plots.SMALL
    points = max(300, plots.POINTS // names)
    alt = (
        f"{title}: predicted over true values of {len(truth)} songs; Pearson correlation "
        f"{number(test.get(f'{name}/pearson'))}."
    )
    error = truth - prediction
    off = (
        f"{title}: true minus predicted value; mean {number(float(error.mean()))}, MAE "
        f"{number(float(np.abs(error).mean()))}."
    )
    against = plots.against(truth, prediction, points)
    residuals = plots.residuals(truth, prediction, points)
    return (
        plots.render(f"true_predicted_{name}", title, alt, against, folder, size),
        plots.render(f"residuals_{name}", title, off, residuals, folder, size),
    )
