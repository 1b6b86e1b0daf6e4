"""Permutation importance: what a score loses when a column or an input is shuffled among songs.

Source: Breiman 2001, "Random forests", section 10.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
from matplotlib.axes import Axes

from kerasfeat.arrays import Array
from kerasfeat.evaluation import bootstrap, plots
from kerasfeat.evaluation.drawings import name_rows
from kerasfeat.evaluation.intervals import mean_interval
from kerasfeat.evaluation.numbers import number
from kerasfeat.evaluation.pages import SCORES
from kerasfeat.evaluation.run_files import damage_told
from kerasfeat.evaluation.sentences import INPUTS
from kerasfeat.evaluation.summary import UNITS
from kerasfeat.targets import LOWER_IS_BETTER
from kerasfeat.text import count, words

FILE = "permutation_importance.json"
SHOWN = 20  # columns in the plot
NAMED = 3  # columns in the text

Row: TypeAlias = dict[str, Any]  # `name`, and by metric {lost, ci95}


@dataclass(frozen=True)
class Section:
    """What the report's section says.

    Attributes:
        songs: how many test songs things were shuffled among.
        repeats: how often each was.
        over: what intervals are over, and how many there are, in words.
        inputs, columns: rows of `name` and by metric {lost, ci95}, the most important first.
        headings: of each metric's losses.
        sentences: what the figures say.
        plots: of the main metric.
    """

    songs: int
    repeats: int
    over: str
    inputs: list[Row]
    columns: list[Row]
    headings: dict[str, str]
    sentences: list[str]
    plots: list[plots.Plot]


def summary(
    columns: Sequence[str],
    inputs: Sequence[str],
    scores: Mapping[str, Array],
    songs: pd.DataFrame,
) -> dict[str, Any]:
    """What permutation_importance.json holds.

    Args:
        columns, inputs: names of what was shuffled, in this order.
        scores: {metric: [1 + things, songs]}, the songs' scores, and what each shuffle takes from
            them; the first metric is the main one. More is better, also of errors.
        songs: [songs] as of `bootstrap.units`.

    Returns:
        A dict of songs, what intervals are over as of `bootstrap.units`, `scores` of these songs,
        and for columns and inputs rows of `name` and, by
        metric, what is `lost` with `ci95`; the row that loses most comes first.
    """
    unit, resampled = bootstrap.units(songs)
    rows = [
        {"name": name}
        | {metric: _mean(values[1 + place], unit) for metric, values in scores.items()}
        for place, name in enumerate([*columns, *inputs])
    ]
    own = {
        metric: float(values[0].mean()) * (-1 if metric in LOWER_IS_BETTER else 1)
        for metric, values in scores.items()
    }

    def ordered(rows: list[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: [-row[metric]["lost"] for metric in scores])

    return {
        "songs": len(songs),
        **resampled,
        "scores": own,
        "inputs": ordered(rows[len(columns) :]),
        "columns": ordered(rows[: len(columns)]),
    }


def _mean(values: Array, unit: Array) -> dict[str, Any]:
    """Mean of the songs' losses [songs], with its 95% interval over `unit` [songs]."""
    interval = mean_interval(values, unit)
    return {"lost": float(values.mean()), "ci95": None if interval is None else list(interval)}


def section(run_dir: Path) -> Section | None:
    """What the report's section says; None where there is no file."""
    path, folder = run_dir / FILE, run_dir / "plots"
    if not path.is_file():
        return None
    with damage_told(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        inputs = [row | {"name": INPUTS.get(row["name"], row["name"])} for row in content["inputs"]]
        rows = {"inputs": inputs, "columns": content["columns"]}
        metric = next(iter(content["scores"]))
        return Section(
            songs=content["songs"],
            repeats=content["repeats"],
            over=count(content["units"], UNITS[content["resampled"]]),
            **rows,
            headings={name: _heading(name) for name in content["scores"]},
            sentences=_sentences(inputs, content["columns"], metric),
            plots=[_plot(kind, own, metric, folder) for kind, own in rows.items() if own],
        )


def _heading(metric: str) -> str:
    return f"{SCORES[metric]} {'added' if metric in LOWER_IS_BETTER else 'lost'}"


def _plot(kind: str, rows: Sequence[Row], metric: str, folder: Path) -> plots.Plot:
    """The plot of "inputs" or "columns", the first SHOWN of them."""
    shown = rows[:SHOWN]
    title = kind.capitalize()
    if len(rows) > SHOWN:
        title = f"The {SHOWN} of {len(rows)} columns that matter most"
    listed = ", ".join(f"{words(row['name'])} {number(row[metric]['lost'])}" for row in shown)
    alt = f"{SCORES[metric]} lost by shuffling {kind}: {listed}."
    name, size = f"permutation_importance_{kind}", (4.2, 0.8 + 0.26 * len(shown))
    return plots.render(name, title, alt, _bars(shown, metric), folder, size=size)


def _bars(rows: Sequence[Row], metric: str) -> plots.Draw:
    """A bar for what the metric loses by each row, with its interval, from the top down."""
    lost = [row[metric]["lost"] for row in rows]
    places = range(len(rows))

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=plots.MUTED, linewidth=0.9)
        axes.barh(places, lost, 0.6, color=plots.MODEL, alpha=0.55, linewidth=0)
        for place, row in zip(places, rows, strict=True):
            if row[metric]["ci95"]:
                axes.plot(row[metric]["ci95"], [place] * 2, color=plots.INK, linewidth=1.2)
        name_rows(axes, [words(row["name"]) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel(_heading(metric))

    return draw


def _sentences(inputs: Sequence[Row], columns: Sequence[Row], metric: str) -> list[str]:
    """What the figures say, in words; a loss counts where its whole interval lies above zero."""
    score = SCORES[metric] if SCORES[metric].isupper() else SCORES[metric].lower()
    sentences = []
    if important := _clear(inputs, metric):
        name, lost = words(important[0]["name"]), number(important[0][metric]["lost"])
        verb = "rises" if metric in LOWER_IS_BETTER else "falls"
        sentences.append(
            f"What matters most: the {name}. With another song's values, {score} {verb} by {lost}."
        )
    elif inputs:
        sentences.append("On these songs, no single input clearly matters.")
    if important := _clear(columns, metric):
        named = ", ".join(
            f"{words(row['name'])} ({number(row[metric]['lost'])})" for row in important[:NAMED]
        )
        sentences.append(f"Columns that clearly matter, most important first: {named}.")
    elif columns:
        sentences.append(f"No single column clearly matters for {score} on these songs.")
    return sentences


def _clear(rows: Sequence[Row], metric: str) -> list[Row]:
    """The rows whose whole interval lies above zero."""
    return [row for row in rows if row[metric]["ci95"] and row[metric]["ci95"][0] > 0]
