"""What plots of scores and of training show; each function gives a `draw(axes)` for plots.render.

Plots of what a target is made of are in kerasfeat.evaluation.target_drawings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kerasfeat.evaluation.intervals import Interval
from kerasfeat.evaluation.plots import INK, MODEL, MUTED, OTHER, Draw
from kerasfeat.evaluation.slices import FEW, Slicing
from kerasfeat.text import words


@dataclass(frozen=True)
class Score:
    """A row in a plot of scores: whose it is, its 95% interval or None, and its colour."""

    name: str
    value: float
    interval: Interval | None = None
    colour: str = MODEL


def scores(rows: Sequence[Score]) -> Draw:
    """Draw scores, each with its interval, from the bottom up."""

    def draw(axes: Axes) -> None:
        for place, row in enumerate(rows):
            if row.interval:
                axes.plot(
                    row.interval,
                    [place] * 2,
                    color=row.colour,
                    linewidth=3,
                    alpha=0.4,
                    solid_capstyle="round",
                )
            axes.plot(row.value, place, "o", color=row.colour, markersize=7)
            axes.annotate(
                f"{row.value:.3f}",
                (row.value, place),
                (0, 8),
                textcoords="offset points",
                ha="center",
                color=row.colour,
            )
        name_rows(axes, [row.name for row in rows])
        axes.set_ylim(-0.5, len(rows) - 0.3)
        axes.margins(x=0.12)

    return draw


def slice_scores(slicing: Slicing, overall: float) -> Draw:
    """Draw each part's score with its interval from the top down, and `overall` as a line."""

    def draw(axes: Axes) -> None:
        axes.axvline(overall, linestyle="--", color=MUTED, linewidth=0.9)
        for place, part in enumerate(slicing.parts):
            colour = MODEL if part.songs >= FEW else MUTED
            if part.interval:
                axes.plot(part.interval, [place] * 2, color=colour, linewidth=1.6, alpha=0.6)
            axes.plot(part.score, place, "o", color=colour, markersize=6)
        name_rows(axes, [f"{part.name} ({part.songs:,})" for part in slicing.parts])
        axes.set_ylim(len(slicing.parts) - 0.4, -0.6)
        axes.margins(x=0.08)

    return draw


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name the rows of a plot, at 0, 1, and so on, without lines between them."""
    axes.set_yticks(range(len(names)), names, color=INK)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)


def curve(history: pd.DataFrame, metric: str) -> Draw:
    """Draw a metric over epochs, training and validation, a line for each training.

    Args:
        history: history.csv.
        metric: one of its columns.
    """
    keys = ["fold", "member"] if "member" in history else "fold"
    trainings = [training for _, training in history.groupby(keys)]

    def draw(axes: Axes) -> None:
        _epochs(axes, trainings, metric, style="--", colour=OTHER, label="training")
        _epochs(axes, trainings, f"val_{metric}", style="-", colour=MODEL, label="validation")
        if len(trainings) == 1 and "val_loss" in history and history["val_loss"].notna().any():
            best = history.loc[history["val_loss"].idxmin()]
            axes.plot(
                best["epoch"],
                best[f"val_{metric}"],
                "o",
                color=MODEL,
                markersize=6,
                label="lowest validation loss",
            )
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=8)

    return draw


def _epochs(
    axes: Axes,
    trainings: Sequence[pd.DataFrame],
    column: str,
    *,
    style: str,
    colour: str,
    label: str,
) -> None:
    """Draw a column of every training over its epochs; nothing where there is no such column."""
    if column not in trainings[0]:
        return
    width = 1.8 if len(trainings) == 1 else 0.7
    for training in trainings:
        epochs, values = training["epoch"], training[column]
        marker = "o" if len(training) == 1 else ""
        axes.plot(epochs, values, style, color=colour, linewidth=width, marker=marker)
    axes.plot([], [], style, color=colour, linewidth=1.8, label=label)  # for the legend


def learning(rows: Sequence[Mapping[str, Any]], rivals: Mapping[str, float]) -> Draw:
    """Draw the test score over the number of training songs.

    Args:
        rows: dicts of `songs`, `value`, and `interval`, in the order of the songs.
        rivals: {baseline: its score}, given all songs.
    """
    songs, values = [row["songs"] for row in rows], [row["value"] for row in rows]

    def draw(axes: Axes) -> None:
        for row in rows:
            if row["interval"]:
                ends = row["interval"]
                axes.plot([row["songs"]] * 2, ends, color=MODEL, linewidth=1.6, alpha=0.5)
        axes.plot(songs, values, "o-", color=MODEL, markersize=6, label="model")
        for name, value in rivals.items():
            axes.plot(songs[-1], value, "D", color=MUTED, markersize=4)
            axes.annotate(
                words(name),
                (songs[-1], value),
                (7, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(songs, [f"{number:,}" for number in songs])
        axes.minorticks_off()
        axes.set_xlabel("training songs")

    return draw
