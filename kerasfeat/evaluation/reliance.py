"""What a model relies on, as the report shows it: what its score loses when a column or an input is shuffled among the test songs."""

import json

import numpy as np

from kerasfeat.evaluation import plots
from kerasfeat.evaluation.pages import SCORES, number
from kerasfeat.evaluation.slices import Z95
from kerasfeat.evaluation.summary import INPUTS, words
from kerasfeat.targets import LOWER_IS_BETTER

FILE = "reliance.json"
SHOWN = 20  # columns in the plot
NAMED = 3  # columns in the text


def summary(columns, inputs, scores):
    """What reliance.json holds.

    Args:
        columns, inputs: names of what was shuffled, in this order.
        scores: {metric: [1 + things, songs]}, the songs' scores, and what each shuffle takes from them; the first metric is the main one.

    Returns:
        A dict of songs, `scores` of these songs, and for columns and inputs rows of `name` and, by metric, what is `lost` with `ci95`; the
        row that loses most comes first.
    """
    songs = next(iter(scores.values())).shape[1]
    rows = []
    for thing, name in enumerate([*columns, *inputs]):
        lost = {metric: values[1 + thing] for metric, values in scores.items()}
        rows.append({"name": name, **{metric: _mean(values) for metric, values in lost.items()}})
    ordered = {
        kind: sorted(part, key=lambda row: [-row[metric]["lost"] for metric in scores])
        for kind, part in (("inputs", rows[len(columns) :]), ("columns", rows[: len(columns)]))
    }
    own = {metric: float(values[0].mean()) * (-1 if metric in LOWER_IS_BETTER else 1) for metric, values in scores.items()}
    return {"songs": songs, "scores": own, **ordered}


def _mean(values):
    """Mean of the songs' losses, with its normal 95 % interval."""
    half = Z95 * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    lost = float(values.mean())
    return {"lost": lost, "ci95": None if np.isnan(half) else [lost - float(half), lost + float(half)]}


def section(run_dir):
    """What the report's section says: the file's content, `headings` of its metrics, `sentences`, `plots`; None where there is no file."""
    path = run_dir / FILE
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    metric = next(iter(found["scores"]))
    for row in found["inputs"]:
        row["name"] = INPUTS.get(row["name"], row["name"])
    drawn = []
    for kind in ("inputs", "columns"):
        rows = found[kind][:SHOWN]
        if rows:
            listed = ", ".join(f"{words(row['name'])} {number(row[metric]['lost'])}" for row in rows)
            alt, size = f"{SCORES[metric]} lost by shuffling {kind}: {listed}.", (4.2, 0.8 + 0.26 * len(rows))
            drawn.append(plots.render(f"reliance_{kind}", _title(kind, found), alt, _draw(rows, metric), run_dir / "plots", size))
    headings = {name: _heading(name) for name in found["scores"]}
    return {**found, "metric": metric, "headings": headings, "sentences": _sentences(found, metric), "plots": drawn}


def _heading(metric):
    return f"{SCORES[metric]} {'added' if metric in LOWER_IS_BETTER else 'lost'}"


def _title(kind, found):
    return f"The {SHOWN} of {len(found[kind])} columns that matter most" if len(found[kind]) > SHOWN else kind.capitalize()


def _sentences(found, metric):
    """What the figures say, in words; a loss counts where its whole interval lies above zero."""
    score, verb = SCORES[metric] if SCORES[metric].isupper() else SCORES[metric].lower(), "rises" if metric in LOWER_IS_BETTER else "falls"
    clear = {kind: [row for row in found[kind] if row[metric]["ci95"] and row[metric]["ci95"][0] > 0] for kind in ("inputs", "columns")}
    told = []
    if clear["inputs"]:
        most = clear["inputs"][0]
        told.append(f"It relies most on the {words(most['name'])}: with another song's, {score} {verb} by {number(most[metric]['lost'])}.")
    elif found["inputs"]:
        told.append("On these songs it clearly relies on none of its inputs alone.")
    if clear["columns"]:
        named = ", ".join(f"{words(row['name'])} ({number(row[metric]['lost'])})" for row in clear["columns"][:NAMED])
        told.append(f"Columns that clearly matter, the most first: {named}.")
    elif found["columns"]:
        told.append(f"No column alone clearly matters for {score} on these songs.")
    return told


def _draw(rows, metric):
    def draw(axes):
        axes.axvline(0, color=plots.MUTED, linewidth=0.9)
        places = range(len(rows))
        axes.barh(places, [row[metric]["lost"] for row in rows], 0.6, color=plots.MODEL, alpha=0.55, linewidth=0)
        for place, row in zip(places, rows, strict=True):
            if row[metric]["ci95"]:
                axes.plot(row[metric]["ci95"], [place] * 2, color=plots.INK, linewidth=1.2)
        axes.set_yticks(places, [words(row["name"]) for row in rows], color=plots.INK)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel(_heading(metric))
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)

    return draw
