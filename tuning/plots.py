"""The search report's plots; each function gives a `draw(axes)` for
kerasfeat.evaluation.plots.render.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from kerasfeat.evaluation.plots import INK, MODEL, MUTED, OTHER
from kerasfeat.search_ranges import Choices
from tuning.importance import Importance, position
from tuning.results import Row
from tuning.spaces import Dimension

Draw = Callable[[Axes], None]

TICKS = 4  # at most, on an axis of a continuous range


def progress(rows: Sequence[Row], objective: str, direction: str) -> Draw:
    """Draw each completed trial's objective with its interval in the order of their ends, and the
    best so far.

    Args:
        rows: what trials.csv holds.
        objective: name of the column.
        direction: "min" or "max".
    """
    done = [(number + 1, row) for number, row in enumerate(rows) if row["status"] == "COMPLETED"]
    numbers = [number for number, _ in done]
    values = np.array([row[objective] for _, row in done])
    best = (np.minimum if direction == "min" else np.maximum).accumulate(values)

    def draw(axes: Axes) -> None:
        for number, row in done:
            interval = [row["low"], row["high"]]
            axes.plot([number, number], interval, color=MUTED, linewidth=1, alpha=0.45)
        axes.plot(numbers, values, "o", color=MODEL, markersize=5, label="trial, 95 % interval")
        axes.step(numbers, best, where="post", color=OTHER, linewidth=1.5, label="best so far")
        axes.set(xlabel="trial", ylabel=objective.replace("_", " "))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=8)

    return draw


@dataclass(frozen=True)
class _Line:
    """How a trial's line looks."""

    colour: str
    style: str
    width: float
    alpha: float


def parallel(
    rows: Sequence[Row],
    space: Mapping[str, Dimension],
    objective: str,
    direction: str,
    best: Sequence[Row],
) -> Draw:
    """Draw each completed trial as a line through its values; the best ones stand out, and so do
    the defaults.

    Args:
        rows: what trials.csv holds.
        space: name -> Dimension.
        objective: name of the column.
        direction: "min" or "max".
        best: the rows that stand out, best first.
    """
    done = [row for row in rows if row["status"] == "COMPLETED"]
    values = np.array([row[objective] for row in done])
    low, high = values.min(), values.max()
    bottom, top = (high, low) if direction == "min" else (low, high)  # the best on top
    best_trials = [row["trial"] for row in best]

    def height(row: Row) -> float:
        share = (row[objective] - low) / ((high - low) or 1.0)
        return 1 - share if direction == "min" else share

    def draw(axes: Axes) -> None:
        for row in sorted(done, key=height):
            own = [position(dimension, row[name]) for name, dimension in space.items()]
            line, heights = _line(row, space, best_trials), [*own, height(row)]
            axes.plot(
                range(len(heights)),
                heights,
                line.style,
                color=line.colour,
                linewidth=line.width,
                alpha=line.alpha,
            )
        _draw_scales(axes, space, objective, (bottom, top))

    return draw


def _line(row: Row, space: Mapping[str, Dimension], best_trials: Sequence[str]) -> _Line:
    """How a trial looks beside the best, the first of which is the very best."""
    first, among = row["trial"] == best_trials[0], row["trial"] in best_trials
    if all(row[name] == dimension.default for name, dimension in space.items()):
        return _Line(OTHER, "--", 2.6 if first else 1.6, 1.0)
    if first:
        return _Line(MODEL, "-", 2.6, 1.0)
    return _Line(MODEL, "-", 1.1, 0.75) if among else _Line(MUTED, "-", 0.8, 0.4)


def _draw_scales(
    axes: Axes, space: Mapping[str, Dimension], objective: str, ends: tuple[float, float]
) -> None:
    """The axes' names and values; `ends` are the objective's at the bottom and on top."""
    small: dict[str, Any] = {"va": "center", "fontsize": 7, "color": INK}
    for axis, dimension in enumerate(space.values()):
        for at, text in _ticks(dimension):
            axes.text(axis - 0.04, at, text, ha="right", **small)
    for at, value in enumerate(ends):
        axes.text(len(space) + 0.04, float(at), f"{value:.3f}", **small)
    names = [*(name.replace("_", " ") for name in space), objective.replace("_", " ")]
    axes.set_xticks(range(len(names)), names, rotation=20 if len(names) > 6 else 0, color=INK)
    axes.set_yticks([])
    axes.set(xlim=(-0.6, len(space) + 0.45), ylim=(-0.06, 1.06))
    axes.spines["left"].set_visible(False)


def _ticks(dimension: Dimension) -> list[tuple[float, str]]:
    """(position, text) of some values of a range."""
    searched = dimension.range
    if isinstance(searched, Choices):
        return [
            (
                position(dimension, value),
                f"{value:g}" if isinstance(value, (int, float)) else str(value),
            )
            for value in searched.values
        ]
    spaced = (np.geomspace if searched.log else np.linspace)(searched.low, searched.high, TICKS)
    return [
        (position(dimension, value), f"{value:.1e}" if searched.log else f"{value:.2g}")
        for value in spaced
    ]


def shares(importance: Importance) -> Draw:
    """Draw each hyperparameter's share of the importance, greatest on top."""

    def draw(axes: Axes) -> None:
        names = list(importance.shares)[::-1]
        means, deviations = zip(*(importance.shares[name] for name in names), strict=True)
        axes.barh(
            range(len(names)),
            means,
            xerr=deviations,
            color=MODEL,
            height=0.6,
            error_kw={"ecolor": MUTED, "elinewidth": 1},
        )
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], color=INK)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of the importance")
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(axis="y", visible=False)

    return draw
