"""The report's plots: each is drawn once and leaves as SVG for the page, in the page's colours, and as PNG."""

import io
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.stats import binomtest

from kerasfeat.targets.scores import CALIBRATION_BINS, confidence_bin

# In an SVG each colour becomes the CSS variable of its name, so that plots follow the page into the dark; in a PNG it stays.
INK, MUTED, RULE, MODEL, OTHER = "#1c2127", "#59626d", "#d8dce1", "#1f63ad", "#b4540a"
VARIABLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", MODEL: "--model", OTHER: "--other"}
STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "font.size": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",  # text stays text: it can be read, selected, and found
    "text.color": INK,
    "text.parse_math": False,  # a genre may be called $uicideboy$
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.pad": 6,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
SIZE = (4.2, 3.0)  # inches
SMALL = (3.3, 2.7)  # one of several
PIXELS = 112  # of a page for an inch, at most: 9 points become 14 pixels, and stay legible on a telephone
POINTS = 2000  # of the scatter plots of a section together
SHADE = 0.5  # opacity of a full cell: ink on it keeps a contrast above 4.5 in light and dark


@dataclass(frozen=True)
class Plot:
    """One plot: `name` is its file's, `alt` says what it shows to who can't see it, `svg` is markup for the page, `width` in pixels."""

    name: str
    title: str
    alt: str
    svg: str
    width: int


def render(name, title, alt, draw, folder, size=SIZE):
    """Call `draw(axes)` on a new figure; write FOLDER/NAME.png and return the Plot.

    Args:
        name: file name without ending, and prefix of the ids within the SVG.
        title, alt: of the plot, for people.
        draw: a function of Matplotlib axes.
        folder: Path of an existing directory.
        size: width and height in inches.
    """
    markup = io.StringIO()
    with _figure(draw, size, name) as figure:
        figure.savefig(markup, format="svg", transparent=True, metadata={"Date": None})
        figure.set_layout_engine("none")  # it has been found
        figure.savefig(folder / f"{name}.png", dpi=160, facecolor="white")
    return Plot(name, title, alt, _inline(markup.getvalue(), name), round(size[0] * PIXELS))


def png(draw, size=SIZE, title=None):
    """The bytes of a PNG file of what `draw(axes)` draws, under a title; `size` in inches."""
    image = io.BytesIO()
    with _figure(draw, size) as figure:
        if title:
            figure.suptitle(title)
        figure.savefig(image, format="png", facecolor="white")
    return image.getvalue()


@contextmanager
def _figure(draw, size, name=""):
    """A figure on which `draw` has drawn, in the style of all plots; `name` makes its ids in an SVG the same every time."""
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # A label in a script that Matplotlib's font lacks is drawn by the browser all the same.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=size)
        draw(figure.add_subplot())
        yield figure


def scores(scores, interval, lower_is_better):
    """Draw each system's main score, best on top; the model's, which is the first of `scores`, with its interval."""

    def draw(axes):
        model = next(iter(scores))
        names = sorted(scores, key=scores.get, reverse=lower_is_better)
        for place, name in enumerate(names):
            colour = MODEL if name == model else MUTED
            axes.plot(scores[name], place, "o", color=colour, markersize=7)
            axes.annotate(f"{scores[name]:.3f}", (scores[name], place), (0, 8), textcoords="offset points", ha="center", color=colour)
        if interval:
            axes.plot(interval, [names.index(model)] * 2, color=MODEL, linewidth=3, alpha=0.4, solid_capstyle="round")
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], color=INK)
        axes.set_ylim(-0.5, len(names) - 0.3)
        axes.margins(x=0.12)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)

    return draw


def curve(history, metric):
    """Draw a metric over epochs, training and validation, a line for each training; `history` is history.csv."""

    def draw(axes):
        trainings = [training for _, training in history.groupby(["fold", "member"] if "member" in history else "fold")]
        width = 1.8 if len(trainings) == 1 else 0.7
        for column, colour, dashes, label in ((metric, OTHER, "--", "training"), (f"val_{metric}", MODEL, "-", "validation")):
            for training in trainings if column in history else []:
                marker = "o" if len(training) == 1 else ""
                axes.plot(training["epoch"], training[column], dashes, color=colour, linewidth=width, marker=marker)
            if column in history:
                axes.plot([], [], dashes, color=colour, linewidth=1.8, label=label)
        if len(trainings) == 1 and "val_loss" in history and history["val_loss"].notna().any():
            best = history.loc[history["val_loss"].idxmin()]
            axes.plot(best["epoch"], best[f"val_{metric}"], "o", color=MODEL, markersize=6, label="lowest validation loss")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=8)

    return draw


def learning(rows, rivals):
    """Draw the test score over the number of training songs.

    Args:
        rows: dicts of `songs`, `value`, and `interval`, in the order of the songs.
        rivals: {baseline: its score}, given all songs.
    """

    def draw(axes):
        songs = [row["songs"] for row in rows]
        for row in rows:
            if row["interval"]:
                axes.plot([row["songs"]] * 2, row["interval"], color=MODEL, linewidth=1.6, alpha=0.5)
        axes.plot(songs, [row["value"] for row in rows], "o-", color=MODEL, markersize=6, label="model")
        for name, value in rivals.items():
            axes.plot(songs[-1], value, "D", color=MUTED, markersize=4)
            axes.annotate(name.replace("_", " "), (songs[-1], value), (7, 0), textcoords="offset points", va="center", fontsize=8)
        axes.set_xscale("log", base=2)
        axes.set_xticks(songs, [f"{count:,}" for count in songs])
        axes.minorticks_off()
        axes.set_xlabel("training songs")

    return draw


def confusion(counts, labels):
    """Draw a confusion matrix [true, predicted], shaded by the share of each row, with counts and row percentages in the cells."""
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def draw(axes):
        classes = len(labels)
        axes.grid(False)
        cells = [Rectangle((given - 0.48, true - 0.48), 0.96, 0.96) for true, given in np.ndindex(shares.shape)]
        axes.add_collection(PatchCollection(cells, facecolors=[(MODEL, SHADE * share) for share in shares.flat], linewidths=0))
        for (true, given), share in np.ndenumerate(shares):
            if classes <= 12:
                _cell(axes, given, true - 0.06, f"{counts[true, given]:,}", 9)
                _cell(axes, given, true + 0.26, f"{100 * share:.0f}%", 7)
            elif classes <= 30 and share >= 0.005:
                _cell(axes, given, true, f"{100 * share:.0f}", 7)
        slant = 0 if max(map(len, labels)) * classes <= 40 else 90
        axes.set_xticks(range(classes), labels, rotation=slant, color=INK)
        axes.set_yticks(range(classes), labels, color=INK)
        axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5), xlabel="predicted", ylabel="true", aspect="equal")
        for spine in axes.spines.values():
            spine.set_visible(False)

    return draw


def _cell(axes, x, y, text, size):
    # Outside the layout, whose search would measure every cell.
    axes.text(x, y, text, ha="center", va="center", color=INK, fontsize=size, in_layout=False)


def reliability(confidence, correct):
    """Draw the share of right answers against the stated probability, over 15 equal bins, with Wilson 95 % intervals.

    Bars at the bottom show how the songs are spread over the bins. `confidence` and `correct` are [songs].
    """

    def draw(axes):
        bins = confidence_bin(confidence)
        most = np.bincount(bins).max()
        axes.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=0.9)
        for b in np.unique(bins):
            inside = bins == b
            right, songs = int(np.sum(correct[inside])), int(np.sum(inside))
            low, high = binomtest(right, songs).proportion_ci(method="wilson")
            place, width = np.mean(confidence[inside]), 1 / CALIBRATION_BINS
            axes.bar((b + 0.5) * width, 0.18 * songs / most, 0.9 * width, color=MUTED, alpha=0.35, linewidth=0)
            axes.plot([place, place], [low, high], color=MODEL, linewidth=1.2)
            axes.plot(place, right / songs, "o", color=MODEL, markersize=5, clip_on=False)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability of the answer", ylabel="share of right answers")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1))

    return draw


def against(true, predicted, points):
    """Draw predicted values over true ones, [songs], at most `points` of them, with the line of perfect answers."""

    def draw(axes):
        rows = sample(len(true), points)
        ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
        axes.plot(ends, ends, "--", color=MUTED, linewidth=0.9)
        axes.plot(true[rows], predicted[rows], "o", color=MODEL, alpha=_opacity(len(rows)), markersize=3.5, markeredgewidth=0)
        axes.set(xlabel="true", ylabel="predicted")

    return draw


def residuals(true, predicted, points):
    """Draw true minus predicted over predicted, [songs], and its mean within tenths of the songs: on zero where calibrated."""

    def draw(axes):
        rows, error = sample(len(true), points), true - predicted
        axes.axhline(0, linestyle="--", color=MUTED, linewidth=0.9)
        axes.plot(predicted[rows], error[rows], "o", color=MODEL, alpha=0.5 * _opacity(len(rows)), markersize=3.5, markeredgewidth=0)
        tenths = np.array_split(np.argsort(predicted, kind="stable"), min(10, max(1, len(true) // 10)))
        axes.plot([predicted[t].mean() for t in tenths], [error[t].mean() for t in tenths], "o-", color=OTHER, markersize=4, label="mean")
        axes.set(xlabel="predicted", ylabel="true − predicted")
        axes.legend(fontsize=8)

    return draw


def sample(songs, points):
    """Indices of at most `points` songs, the same in every plot of them."""
    return np.sort(np.random.default_rng(0).choice(songs, min(songs, points), replace=False))


def _opacity(points):
    return 0.8 if points < 300 else 0.45


def _inline(svg, name):
    """An SVG file as markup within HTML: no fixed size, no namespaces, ids of its own, the page's font and colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*|<style .*?</style>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", svg)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"font-family: [^;\"]*; ", "", svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg
