"""A page on a table of songs.

It says what is in the table, how it is spread, where it comes from, and under which licence.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kerasfeat import __version__
from kerasfeat.arrays import Array
from kerasfeat.datasets.check import check
from kerasfeat.datasets.provenance import provenance_of
from kerasfeat.evaluation import plots
from kerasfeat.evaluation.pages import environment
from kerasfeat.files import write_text
from kerasfeat.songs import schema
from kerasfeat.songs.loading import TABLE_NAMES, Songs
from kerasfeat.tasks import tasks
from kerasfeat.text import words

CARD = "card.html"
BINS = 30
MOST_BARS = 25
SHOWN_MISSING = 50


def write_card(songs: Songs, path: Path | str | None = None, audio: bool = True) -> Path:
    """Write the page.

    Args:
        songs: of the table.
        path: of the page; card.html beside the table by default.
        audio: whether audio files are decoded to see if they can be read.

    Returns:
        Path of the page.
    """
    summary = check(songs, audio=audio)
    with tempfile.TemporaryDirectory() as folder:
        classes, values = _classes(songs.frame, Path(folder)), _values(songs.frame, Path(folder))
    page = environment().get_template("card.html")
    text = page.render(
        name=songs.root.name if songs.path.name in TABLE_NAMES else songs.path.name,
        summary=summary,
        provenance=provenance_of(songs.root),
        classes=classes,
        values=values,
        shown=SHOWN_MISSING,
        version=__version__,
    )
    path = Path(path) if path else songs.root / CARD
    write_text(path, text)
    return path


def _classes(frame: pd.DataFrame, folder: Path) -> list[plots.Plot]:
    """The songs of each class, for each column of labels that the table has."""
    labels = [name for name in tasks.names() if tasks.get(name).target.has_labels]
    return [
        _bars(name, frame[name].explode().value_counts(), folder)
        for name in labels
        if name in frame and frame[name].notna().any()
    ]


def _bars(name: str, counts: pd.Series, folder: Path) -> plots.Plot:
    """The songs of each class; `counts` are by class, the most frequent first."""
    title, shown = f"Songs of each {name}", counts.head(MOST_BARS)
    if len(counts) > MOST_BARS:
        title += f" (the {MOST_BARS} most frequent of {len(counts)})"
    alt = f"Bars: {', '.join(f'{label} {songs:,}' for label, songs in shown.items())}."

    def draw(axes: Axes) -> None:
        upwards = shown[::-1]
        labels = [str(label) for label in upwards.index]
        bars = axes.barh(labels, upwards.to_numpy(), color=plots.MODEL)
        texts = [f"{songs:,}" for songs in upwards]
        axes.bar_label(bars, texts, padding=4, color=plots.MUTED)
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.15)

    size = (plots.SIZE[0], 1.0 + 0.25 * len(shown))
    return plots.render(f"classes-{name}", title, alt, draw, folder, size=size)


def _values(frame: pd.DataFrame, folder: Path) -> list[plots.Plot]:
    """The spread of each number that the table has."""
    return [
        _histogram(column, frame[name].dropna().to_numpy("float64"), folder)
        for name, column in schema.BY_NAME.items()
        if column.kind != schema.TEXT and name in frame and frame[name].notna().any()
    ]


def _histogram(column: schema.Column, values: Array, folder: Path) -> plots.Plot:
    """The spread of a column's values [songs]."""
    low, middle, high = np.quantile(values, [0, 0.5, 1])
    # A bar for each whole number such as a key, but not for each number of followers.
    each = column.whole and high - low < BINS
    bins = np.arange(low - 0.5, high + 1).tolist() if each else BINS
    alt = f"{values.size:,} values from {low:.3g} to {high:.3g}, half of them below {middle:.3g}."

    def draw(axes: Axes) -> None:
        axes.hist(values, bins=bins, color=plots.MODEL)
        axes.locator_params(axis="x", nbins=5)
        axes.set_ylabel("songs")
        axes.set_xlabel(column.unit)

    name, title = f"values-{column.name}", words(column.name)
    return plots.render(name, title, alt, draw, folder, size=plots.SMALL)
