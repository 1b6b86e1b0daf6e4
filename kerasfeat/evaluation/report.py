"""report.html of a run: one page without scripts or outside files, made from what lies in the run directory."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.evaluation import plots, reliance, slices, summary, timeline, wording
from kerasfeat.evaluation.pages import SCORES, address, environment, number
from kerasfeat.evaluation.predictions import read_predictions
from kerasfeat.evaluation.target_plots import target_plots
from kerasfeat.files import write_text
from kerasfeat.targets import LOWER_IS_BETTER, of_run

ERRORS = 20
HIGHER_IS_BETTER = ("accuracy", "roc_auc")  # of what Keras logs
FAILURES = 50
# What run.json need not say, because there was nothing of it.
DEFAULTS = {
    "recipe": "default",
    "folds": None,
    "columns": [],
    "hyperparameters": {},
    "data_problems": [],
    "audio_failures": {},
    "imputed": {},
    "seconds": {},
    "versions": {},
}


def write_report(run_dir):
    """Write RUN/report.html and RUN/plots/*.png.

    Reads run.json and metrics.json, and where they exist history.csv, predictions.csv, splits.csv, reliance.json, and timelines.json; a
    section whose file is missing is left out.

    Returns:
        Path of the page.

    Raises:
        KerasfeatError: `run_dir` is not the directory of a finished run.
    """
    run_dir = Path(run_dir)
    run, metrics = (load_json(run_dir, name) for name in ("run.json", "metrics.json"))
    run = DEFAULTS | run
    history = pd.read_csv(run_dir / "history.csv") if (run_dir / "history.csv").exists() else None
    target = of_run(run)
    predictions = read_predictions(run_dir, target)
    (run_dir / "plots").mkdir(exist_ok=True)
    verdict = summary.verdict(target, metrics)
    page = (
        environment()
        .get_template("report.html")
        .render(
            run=run,
            target=target,
            wording=wording.wording(target),
            metrics=metrics,
            verdict=verdict,
            headline=summary.headline(verdict),
            sentences=summary.sentences(target, run, metrics, verdict, predictions),
            leaks=summary.leaks(metrics["split"]),
            scores=_scores(metrics),
            errors=[] if predictions is None else _players(_errors(target, predictions), run_dir),
            fold_sizes=_fold_sizes(run_dir / "splits.csv") if run["folds"] else [],
            failures=list(run["audio_failures"].items())[:FAILURES],
            problems=run["data_problems"][:FAILURES],
            learning=metrics.get("learning_curve", []),
            reliance=reliance.section(run_dir),
            timelines=timeline.section(target, run_dir),
            **_slices(target, predictions, run_dir / "plots"),
            plots=_plots(run, metrics, verdict, history, run_dir / "plots")
            | target_plots(target, metrics["test"], predictions, run_dir / "plots"),
        )
    )
    path = run_dir / "report.html"
    write_text(path, page)
    return path


def load_json(run_dir, name):
    """A JSON file of the run directory `run_dir`.

    Raises:
        KerasfeatError: it is not there.
    """
    path = run_dir / name
    if not path.is_file():
        raise KerasfeatError(
            f"{run_dir} has no {name}, so it is not the directory of a finished run. Finish it with `kerasfeat fit --resume`."
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _scores(metrics):
    """Rows of the score table: a name, and for each metric its value, its interval, and whether it is the best of the column."""
    # A member may be called "model", or like a baseline.
    systems = [("model", metrics["test"]), *metrics.get("members", {}).items(), *metrics["baselines"].items()]
    rows = []
    for name, scores in systems:
        cells = []
        for metric in (metric for metric in SCORES if metric in metrics["test"]):
            defined = [other[metric] for _, other in systems if other.get(metric) is not None]
            best = min(defined, default=None) if metric in LOWER_IS_BETTER else max(defined, default=None)
            value = scores.get(metric)
            interval = scores.get("ci95", {}).get(metric)
            cells.append({"metric": metric, "value": value, "interval": interval, "best": value is not None and value == best})
        rows.append({"name": name, "cells": cells})
    return rows


def _errors(target, predictions):
    """The wrong answers that are farthest from the truth, a row for each song and head."""
    errors = target.head_errors(predictions.truth, predictions.prediction)  # [songs, heads]
    rows = []
    for place in np.argsort(np.nan_to_num(-errors, nan=np.inf), axis=None, kind="stable"):
        song, head = np.unravel_index(place, errors.shape)
        if len(rows) == ERRORS or np.isnan(errors[song, head]):
            break
        name = target.heads[head]
        values = target.told_truth(predictions.truth[song]), target.told_answer(predictions.prediction[song])
        truth, answer = (wording.told(target, value, name) for value in values)
        if truth != answer:
            shown = wording.shown_error(target, float(errors[song, head]), name)
            row = {"target": name, "true": truth, "predicted": answer, "error": shown}
            rows.append({"song": predictions.songs.iloc[song].to_dict(), **row})
    return rows


def _players(errors, run_dir):
    """The errors with `player`, the address of the song's file as seen from the page, or None where it is not there."""
    return [row | {"player": address(row["song"].get("audio"), run_dir.resolve())} for row in errors]


def _slices(target, predictions, folder):
    """`slicings`, each with its plot, and those parts of them that are clearly `weak`."""
    if predictions is None:
        return {"slicings": []}
    found, overall = slices.slicings(target, predictions), float(slices.song_scores(target, predictions).mean())
    metric, drawn = target.song_metric, []
    for slicing in found:
        listed = ", ".join(f"{part.name} {number(part.score)}" for part in slicing.parts)
        name, size = f"slice_{slicing.name.lower().replace(' ', '_')}", (4.2, 0.7 + 0.3 * len(slicing.parts))
        draw = slices.draw(slicing, overall)
        alt = f"{SCORES[metric]} by {slicing.name.lower()}: {listed}."
        drawn.append((slicing, plots.render(name, slicing.name, alt, draw, folder, size)))
    weak = slices.weak(found, overall, metric in LOWER_IS_BETTER)
    return {"slicings": drawn, "weak": weak, "overall": overall, "song_metric": metric}


def _fold_sizes(path):
    """One dict a fold of songs in each part."""
    if not path.is_file():
        return []
    sizes = pd.read_csv(path, dtype=str).groupby(["fold", "part"]).size().unstack(fill_value=0)
    sizes = sizes.reindex(columns=["train", "validation", "test"], fill_value=0)
    sizes = sizes[sizes["test"] > 0].sort_index(key=pd.to_numeric)  # the model that is kept has no test songs
    return sizes.reset_index().to_dict("records")


def _plots(run, metrics, verdict, history, folder):
    """The page's plots by section; each is also written as PNG into `folder`."""
    metric, label = verdict.metric, SCORES[verdict.metric]
    systems = {run["model"]: metrics["test"]} | metrics["baselines"]
    values = {name: scores[metric] for name, scores in systems.items() if scores.get(metric) is not None}
    lower = metric in LOWER_IS_BETTER
    found = {"overview": [], "curves": [], "learning": [], "against": [], "calibration": []}
    listed = ", ".join(f"{summary.words(name)} {number(value)}" for name, value in values.items())
    title = f"{label} ({'lower' if lower else 'higher'} is better)"
    if values:
        draw, size = plots.scores(values, verdict.interval, lower), (4.2, 0.5 + 0.45 * len(values))
        found["overview"].append(plots.render("scores", title, f"{label}: {listed}.", draw, folder, size))
    if len(metrics.get("learning_curve", [])) > 1:
        # With folds the curve is of the first one's test songs, and the baselines' scores are of all songs.
        rivals = {} if run["folds"] else {name: value for name, value in values.items() if name != run["model"]}
        found["learning"] = [_learning(metrics["learning_curve"], label, rivals, folder)]
    found["curves"] = [] if history is None or history.empty else _curves(history, metric, folder)
    return found


def _curves(history, main, folder):
    """Loss and one metric over epochs: the main metric where it was logged, else the first."""
    logged = [name for name in history if f"val_{name}" in history and name != "loss"]
    chosen = ["loss"] + ([main] if main in logged else logged[:1])
    found = []
    for metric in chosen:
        column = f"val_{metric}" if f"val_{metric}" in history else metric
        best = history[column].max() if metric in HIGHER_IS_BETTER else history[column].min()
        name = SCORES.get(metric, summary.words(metric).capitalize())
        alt = f"{name} over {int(history['epoch'].max() - history['epoch'].min()) + 1} epochs; best validation value {number(float(best))}."
        found.append(plots.render(f"curve_{metric}", name, alt, plots.curve(history, metric), folder))
    return found


def _learning(rows, label, rivals, folder):
    listed = ", ".join(f"{number(row['songs'])} songs {number(row['value'])}" for row in rows)
    return plots.render("learning_curve", f"{label} by training songs", f"{label}: {listed}.", plots.learning(rows, rivals), folder)
