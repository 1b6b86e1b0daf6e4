"""The search report's plots; each function gives a `draw(axes)` for
kerasfeat.evaluation.plots.render.
"""

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from kerasfeat.evaluation.plots import INK, MODEL, MUTED, OTHER
from kerasfeat.search_ranges import Choices
from tuning.importance import place

TICKS = 4  # at most, on an axis of a continuous range


def progress(rows, objective, direction):
    """Draw each completed trial's objective with its interval in the order of their ends, and the
    best so far.
    """
    done = [(number + 1, row) for number, row in enumerate(rows) if row["status"] == "COMPLETED"]
    numbers = [number for number, _ in done]
    values = np.array([row[objective] for _, row in done])
    best = (np.minimum if direction == "min" else np.maximum).accumulate(values)

    def draw(axes):
        for number, row in done:
            axes.plot(
                [number, number], [row["low"], row["high"]], color=MUTED, linewidth=1, alpha=0.45
            )
        axes.plot(numbers, values, "o", color=MODEL, markersize=5, label="trial, 95 % interval")
        axes.step(numbers, best, where="post", color=OTHER, linewidth=1.5, label="best so far")
        axes.set(xlabel="trial", ylabel=objective.replace("_", " "))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=8)

    return draw


def parallel(rows, space, objective, direction, best):
    """Draw each completed trial as a line through its values; the best ones, `best`, stand out, and
    so do the defaults.
    """
    done = [row for row in rows if row["status"] == "COMPLETED"]
    values = np.array([row[objective] for row in done])
    low, high = values.min(), values.max()
    tops = [row["trial"] for row in best]

    def height(row):
        share = (row[objective] - low) / ((high - low) or 1.0)
        return 1 - share if direction == "min" else share  # the best on top

    def draw(axes):
        for row in sorted(done, key=height):
            line = [place(dimension, row[name]) for name, dimension in space.items()] + [
                height(row)
            ]
            defaults = all(row[name] == dimension.default for name, dimension in space.items())
            first, top = row["trial"] == tops[0], row["trial"] in tops
            colour = OTHER if defaults else MODEL if top else MUTED
            width, alpha = (
                (2.6, 1.0)
                if first
                else (1.6, 1.0)
                if defaults
                else (1.1, 0.75)
                if top
                else (0.8, 0.4)
            )
            axes.plot(
                range(len(line)),
                line,
                "--" if defaults else "-",
                color=colour,
                linewidth=width,
                alpha=alpha,
            )
        for axis, (_, dimension) in enumerate(space.items()):
            for at, text in _ticks(dimension):
                axes.text(axis - 0.04, at, text, ha="right", va="center", fontsize=7, color=INK)
        for at, value in (
            (0.0, high if direction == "min" else low),
            (1.0, low if direction == "min" else high),
        ):
            axes.text(len(space) + 0.04, at, f"{value:.3f}", va="center", fontsize=7, color=INK)
        names = [*(name.replace("_", " ") for name in space), objective.replace("_", " ")]
        axes.set_xticks(range(len(names)), names, rotation=20 if len(names) > 6 else 0, color=INK)
        axes.set_yticks([])
        axes.set(xlim=(-0.6, len(space) + 0.45), ylim=(-0.06, 1.06))
        axes.spines["left"].set_visible(False)

    return draw


def _ticks(dimension):
    """(place, text) of some values of a range."""
    found = dimension.range
    if isinstance(found, Choices):
        return [
            (
                place(dimension, value),
                f"{value:g}" if isinstance(value, (int, float)) else str(value),
            )
            for value in found.values
        ]
    values = (np.geomspace if found.log else np.linspace)(found.low, found.high, TICKS)
    return [
        (place(dimension, value), f"{value:.1e}" if found.log else f"{value:.2g}")
        for value in values
    ]


def shares(importance):
    """Draw each hyperparameter's share of the importance, greatest on top."""

    def draw(axes):
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
