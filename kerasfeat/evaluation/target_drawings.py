"""What plots of labels and of numbers show; each function gives a `draw(axes)` for plots.render."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from kerasfeat.arrays import Array
from kerasfeat.evaluation.intervals import share_interval
from kerasfeat.evaluation.plots import INK, MODEL, MUTED, OTHER, Draw, sample
from kerasfeat.targets.scores import CALIBRATION_BINS, confidence_bin

SHADE = 0.5  # opacity of a full cell: ink on it keeps a contrast above 4.5 in light and dark
MOST_COUNTED, MOST_WRITTEN = 12, 30  # labels of a matrix whose cells hold counts, or shares alone


def confusion(counts: ArrayLike, labels: Sequence[str]) -> Draw:
    """Draw a confusion matrix, shaded by the share of each row, with figures in its cells.

    Args:
        counts: songs [true, predicted].
        labels: in the order of both.
    """
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    places = range(len(labels))
    slant = 0 if max(map(len, labels)) * len(labels) <= 40 else 90

    def draw(axes: Axes) -> None:
        axes.grid(False)
        axes.add_collection(_shaded(shares))
        _write_cells(axes, counts, shares)
        axes.set_xticks(places, labels, rotation=slant, color=INK)
        axes.set_yticks(places, labels, color=INK)
        axes.set(
            xlim=(-0.5, len(labels) - 0.5),
            ylim=(len(labels) - 0.5, -0.5),
            xlabel="predicted",
            ylabel="true",
            aspect="equal",
        )
        for spine in axes.spines.values():
            spine.set_visible(False)

    return draw


def _shaded(shares: Array) -> PatchCollection:
    """A square for each cell of a matrix [true, predicted], the darker the larger its share."""
    cells = [
        Rectangle((predicted - 0.48, true - 0.48), 0.96, 0.96)
        for true, predicted in np.ndindex(shares.shape)
    ]
    colours = [(MODEL, SHADE * share) for share in shares.flat]
    return PatchCollection(cells, facecolors=colours, linewidths=0)


def _write_cells(axes: Axes, counts: Array, shares: Array) -> None:
    """The counts and the percentages of a matrix [true, predicted]; fewer of many labels."""
    labels = len(shares)
    for (true, predicted), share in np.ndenumerate(shares):
        if labels <= MOST_COUNTED:
            _write(axes, predicted, true - 0.06, f"{counts[true, predicted]:,}", size=9)
            _write(axes, predicted, true + 0.26, f"{100 * share:.0f}%")
        elif labels <= MOST_WRITTEN and share >= 0.005:
            _write(axes, predicted, true, f"{100 * share:.0f}")


def _write(axes: Axes, x: float, y: float, text: str, *, size: int = 7) -> None:
    # Outside the layout, whose search would measure every cell.
    axes.text(x, y, text, ha="center", va="center", color=INK, fontsize=size, in_layout=False)


def reliability(confidence: Array, correct: Array, unit: Array) -> Draw:
    """Draw the share of right answers against the stated probability, with Wilson 95% intervals.

    The bins are CALIBRATION_BINS equal ones. Bars at the bottom show how the songs are spread over
    them.

    Args:
        confidence, correct: [songs], the probability of each answer, and whether it is right.
        unit: [songs], the group of songs that are alike, of each.
    """
    bins, width = confidence_bin(confidence), 1 / CALIBRATION_BINS
    most = np.bincount(bins).max()

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=0.9)
        for number in np.unique(bins):
            inside = bins == number
            right, songs = float(np.mean(correct[inside])), int(np.sum(inside))
            height, middle = 0.18 * songs / most, (number + 0.5) * width
            axes.bar(middle, height, 0.9 * width, color=MUTED, alpha=0.35, linewidth=0)
            stated = np.mean(confidence[inside])
            if (ends := share_interval(correct[inside], unit[inside])) is not None:
                axes.plot([stated, stated], ends, color=MODEL, linewidth=1.2)
            axes.plot(stated, right, "o", color=MODEL, markersize=5, clip_on=False)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.set(xlabel="probability of the answer", ylabel="share of right answers")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1))

    return draw


def against(true: Array, predicted: Array, points: int) -> Draw:
    """Draw predicted values over true ones, with the line of perfect answers.

    Args:
        true, predicted: [songs].
        points: at most as many of them are drawn.
    """

    def draw(axes: Axes) -> None:
        ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
        axes.plot(ends, ends, "--", color=MUTED, linewidth=0.9)
        _scatter(axes, true, predicted, points)
        axes.set(xlabel="true", ylabel="predicted")

    return draw


def residuals(true: Array, predicted: Array, points: int) -> Draw:
    """Draw true minus predicted over predicted, and its mean within tenths of the songs.

    The mean is on zero where the model is calibrated.

    Args:
        true, predicted: [songs].
        points: at most as many of them are drawn.
    """
    error, order = true - predicted, np.argsort(predicted, kind="stable")
    tenths = np.array_split(order, min(10, max(1, len(true) // 10)))
    means = [[values[tenth].mean() for tenth in tenths] for values in (predicted, error)]

    def draw(axes: Axes) -> None:
        axes.axhline(0, linestyle="--", color=MUTED, linewidth=0.9)
        _scatter(axes, predicted, error, points, opacity=0.5)
        axes.plot(*means, "o-", color=OTHER, markersize=4, label="mean")
        axes.set(xlabel="predicted", ylabel="true − predicted")
        axes.legend(fontsize=8)

    return draw


def _scatter(axes: Axes, x: Array, y: Array, points: int, *, opacity: float = 1.0) -> None:
    """A dot for each of at most `points` songs, the lighter the more they are."""
    songs = sample(len(x), points)
    axes.plot(
        x[songs],
        y[songs],
        "o",
        color=MODEL,
        alpha=opacity * (0.8 if len(songs) < 300 else 0.45),
        markersize=3.5,
        markeredgewidth=0,
    )
