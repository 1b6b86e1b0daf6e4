"""report.html of a run: one page without scripts or outside files, made from what lies in the run directory."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.evaluation import plots, reliance, slices, summary, timeline
from kerasfeat.evaluation.pages import SCORES, address, environment, number
from kerasfeat.files import file_name, write_text
from kerasfeat.tasks import CLASSES, LABELS, labels_given

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
    predictions = read_predictions(run_dir / "predictions.csv", run)
    (run_dir / "plots").mkdir(exist_ok=True)
    verdict = summary.verdict(run["kind"], metrics)
    sure = float(predictions["confidence"].mean()) if run["kind"] == CLASSES and predictions is not None else None
    page = (
        environment()
        .get_template("report.html")
        .render(
            run=run,
            metrics=metrics,
            verdict=verdict,
            headline=summary.headline(verdict),
            sentences=summary.sentences(run, metrics, verdict, sure),
            leaks=summary.leaks(metrics["split"]),
            scores=_scores(metrics),
            errors=[] if predictions is None else _players(_errors(run, predictions), run_dir),
            fold_sizes=_fold_sizes(run_dir / "splits.csv") if run["folds"] else [],
            failures=list(run["audio_failures"].items())[:FAILURES],
            problems=run["data_problems"][:FAILURES],
            learning=metrics.get("learning_curve", []),
            reliance=reliance.section(run_dir),
            timelines=timeline.section(run, run_dir),
            **_slices(run, predictions, run_dir / "plots"),
            **_plots(run, metrics, verdict, history, predictions, run_dir / "plots"),
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


def read_predictions(path, run):
    """predictions.csv with numbers as numbers, everything else as it was written, and a column with each song's error."""
    if not path.is_file():
        return None
    # A song may be called "NA" and a label "1990": nothing is guessed.
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if "audio" in table:
        table["audio"] = pd.Series([file_name(audio) for audio in table["audio"]], table.index, dtype=object)
    if run["kind"] != CLASSES:
        for target in run["targets"]:
            for column in (f"true_{target}", f"predicted_{target}"):
                table[column] = pd.to_numeric(table[column])
        return table
    target = run["targets"][0]
    probabilities = table[[f"probability_{label}" for label in run["labels"]]].astype(float)
    return table.assign(confidence=probabilities.max(axis=1), correct=table[f"true_{target}"] == table[f"predicted_{target}"])


def _scores(metrics):
    """Rows of the score table: a name, and for each metric its value, its interval, and whether it is the best of the column."""
    # A member may be called "model", or like a baseline.
    systems = [("model", metrics["test"]), *metrics.get("members", {}).items(), *metrics["baselines"].items()]
    rows = []
    for name, scores in systems:
        cells = []
        for metric in (metric for metric in SCORES if metric in metrics["test"]):
            defined = [other[metric] for _, other in systems if other.get(metric) is not None]
            best = min(defined, default=None) if metric in summary.LOWER_IS_BETTER else max(defined, default=None)
            value = scores.get(metric)
            interval = scores.get("ci95", {}).get(metric)
            cells.append({"metric": metric, "value": value, "interval": interval, "best": value is not None and value == best})
        rows.append({"name": name, "cells": cells})
    return rows


def _errors(run, predictions):
    """The test songs that the model was most wrong about: most sure of a wrong label, or farthest off."""
    if run["kind"] == CLASSES:
        target = run["targets"][0]
        wrong = predictions[~predictions["correct"]].nlargest(ERRORS, "confidence")
        return [
            {"song": song, "true": song[f"true_{target}"], "predicted": song[f"predicted_{target}"], "size": song["confidence"]}
            for song in wrong.to_dict("records")
        ]
    if run["kind"] == LABELS:
        losses = slices.by_song(run, predictions).nlargest(ERRORS)
        worst = predictions.loc[losses.index]
        true, answers = (worst[[f"{part}_{label}" for label in run["targets"]]].to_numpy() for part in ("true", "predicted"))
        return [
            {"song": song, "true": labels_given(run["targets"], has), "predicted": labels_given(run["targets"], answer), "size": loss}
            for song, has, answer, loss in zip(worst.to_dict("records"), true, answers, losses, strict=True)
        ]
    rows = []
    for target in run["targets"]:
        size = (predictions[f"true_{target}"] - predictions[f"predicted_{target}"]).abs()
        for row in size.nlargest(ERRORS).index:
            song = predictions.loc[row]
            true, predicted = float(song[f"true_{target}"]), float(song[f"predicted_{target}"])
            rows.append({"song": song.to_dict(), "target": target, "true": true, "predicted": predicted, "size": float(size[row])})
    return sorted(rows, key=lambda row: -row["size"])[:ERRORS]


def _players(errors, run_dir):
    """The errors with `player`, the address of the song's file as seen from the page, or None where it is not there."""
    return [row | {"player": address(row["song"].get("audio"), run_dir.resolve())} for row in errors]


def _slices(run, predictions, folder):
    """`slicings`, each with its plot, and those parts of them that are clearly `weak`."""
    if predictions is None:
        return {"slicings": []}
    found, overall = slices.slicings(run, predictions), float(slices.by_song(run, predictions).mean())
    metric, drawn = slices.SONG_METRIC[run["kind"]], []
    for slicing in found:
        listed = ", ".join(f"{part.name} {number(part.score)}" for part in slicing.parts)
        name, size = f"slice_{slicing.name.lower().replace(' ', '_')}", (4.2, 0.7 + 0.3 * len(slicing.parts))
        draw = slices.draw(slicing, overall)
        alt = f"{SCORES[metric]} by {slicing.name.lower()}: {listed}."
        drawn.append((slicing, plots.render(name, slicing.name, alt, draw, folder, size)))
    weak = slices.weak(found, overall, metric in summary.LOWER_IS_BETTER)
    return {"slicings": drawn, "weak": weak, "overall": overall, "song_metric": metric}


def _fold_sizes(path):
    """One dict a fold of songs in each part."""
    if not path.is_file():
        return []
    sizes = pd.read_csv(path, dtype=str).groupby(["fold", "part"]).size().unstack(fill_value=0)
    sizes = sizes.reindex(columns=["train", "validation", "test"], fill_value=0)
    sizes = sizes[sizes["test"] > 0].sort_index(key=pd.to_numeric)  # the model that is kept has no test songs
    return sizes.reset_index().to_dict("records")


def _plots(run, metrics, verdict, history, predictions, folder):
    """The page's plots by section; each is also written as PNG into `folder`."""
    metric, label = verdict.metric, SCORES[verdict.metric]
    systems = {run["model"]: metrics["test"]} | metrics["baselines"]
    values = {name: scores[metric] for name, scores in systems.items() if scores.get(metric) is not None}
    lower = metric in summary.LOWER_IS_BETTER
    found = {"overview": [], "curves": [], "learning": [], "confusion": [], "against": [], "calibration": []}
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
    if run["kind"] == CLASSES:
        found["confusion"].append(_confusion(run["labels"], metrics["test"]["confusion"], folder))
        if predictions is not None:
            confidence, correct = predictions["confidence"].to_numpy(), predictions["correct"].to_numpy()
            alt = f"Mean probability of the answers {number(confidence.mean())}, share of right answers {number(correct.mean())}."
            found["calibration"].append(plots.render("calibration", "Reliability", alt, plots.reliability(confidence, correct), folder))
    elif run["kind"] == LABELS:
        found["labels"] = [_by_label(run["targets"], metrics["test"], folder)] if verdict.value is not None else []
        if predictions is not None:
            true, sure = (predictions[[f"{part}_{label}" for label in run["targets"]]].to_numpy().ravel() for part in ("true", "predicted"))
            alt = f"Mean probability of all labels {number(sure.mean())}, share that the songs have {number(true.mean())}."
            found["calibration"].append(plots.render("calibration", "Reliability", alt, plots.reliability(sure, true), folder))
    elif predictions is not None:
        for target in run["targets"]:
            for section, plot in zip(("against", "calibration"), _values(run, metrics, target, predictions, folder), strict=True):
                found[section] += plot
    return {"plots": found}


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


def _confusion(labels, counts, folder):
    side = max(3.2, 1.6 + 0.34 * len(labels)) if len(labels) > 6 else 3.4
    right, songs = sum(row[place] for place, row in enumerate(counts)), sum(map(sum, counts))
    alt = f"Confusion matrix of {len(labels)} labels: {right} of {songs} songs on the diagonal; the table below holds every count."
    return plots.render("confusion", "True against predicted label", alt, plots.confusion(counts, labels), folder, (side + 0.8, side))


def _by_label(labels, test, folder):
    """How well each label is told from its absence, the best first, with the mean of all as a line."""
    areas = {label: test[f"{label}/roc_auc"] for label in labels if test[f"{label}/roc_auc"] is not None}
    parts = [
        slices.Part(label, test["per_class"][label]["support"], areas[label], test["ci95"][f"{label}/roc_auc"])
        for label in sorted(areas, key=areas.get, reverse=True)
    ]
    alt = f"ROC AUC by label: {', '.join(f'{part.name} {number(part.score)}' for part in parts)}."
    draw = slices.draw(slices.Slicing("Label", tuple(parts)), test["roc_auc"])
    return plots.render("labels", "ROC AUC by label", alt, draw, folder, (4.6, 0.7 + 0.3 * len(parts)))


def _values(run, metrics, target, predictions, folder):
    """Predicted over true, and residuals, of one target; no plot where no song has a true value."""
    known = predictions[f"true_{target}"].notna()
    if not known.any():
        return [], []
    true, predicted = (predictions.loc[known, f"{part}_{target}"].to_numpy() for part in ("true", "predicted"))
    test, title, size = metrics["test"], summary.words(target).capitalize(), plots.SIZE if len(run["targets"]) == 1 else plots.SMALL
    points = max(300, plots.POINTS // len(run["targets"]))
    alt = f"{title}: predicted over true values of {len(true)} songs; Pearson correlation {number(test.get(f'{target}/pearson'))}."
    off = f"{title}: true minus predicted value; mean {number(float(np.mean(true - predicted)))}, MAE {number(test.get(f'{target}/mae'))}."
    return (
        [plots.render(f"true_predicted_{target}", title, alt, plots.against(true, predicted, points), folder, size)],
        [plots.render(f"residuals_{target}", title, off, plots.residuals(true, predicted, points), folder, size)],
    )
