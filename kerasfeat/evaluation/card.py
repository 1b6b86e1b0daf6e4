"""A page on a table of songs: what is in it, how it is spread, where it comes from, and under which
licence.
"""

import tempfile
from pathlib import Path

import numpy as np

from kerasfeat import __version__
from kerasfeat.datasets.check import check
from kerasfeat.datasets.output import provenance_of
from kerasfeat.evaluation import plots
from kerasfeat.evaluation.pages import environment
from kerasfeat.files import write_text
from kerasfeat.songs import schema
from kerasfeat.songs.loading import TABLE_NAMES
from kerasfeat.tasks import tasks

CARD = "card.html"
BINS = 30
MOST_BARS = 25
SHOWN_MISSING = 50


def write_card(tracks, path=None, audio=True):
    """Write the page and return its path.

    Args:
        tracks: a kerasfeat.songs.loading.Songs.
        path: of the page; card.html beside the table by default.
        audio: whether audio files are decoded to see if they can be read.
    """
    summary = check(tracks, audio=audio)
    with tempfile.TemporaryDirectory() as folder:
        page = (
            environment()
            .get_template("card.html")
            .render(
                name=tracks.root.name if tracks.path.name in TABLE_NAMES else tracks.path.name,
                summary=summary,
                provenance=provenance_of(tracks.root),
                classes=_classes(tracks.frame, Path(folder)),
                values=_values(tracks.frame, Path(folder)),
                shown=SHOWN_MISSING,
                version=__version__,
            )
        )
    path = Path(path) if path else tracks.root / CARD
    write_text(path, page)
    return path


def _classes(frame, folder):
    """A Plot of the songs of each class, for each column of labels that the table has."""
    labels = [
        name
        for name in tasks.names()
        if tasks.get(name).target.has_labels and name in frame and frame[name].notna().any()
    ]
    return [_bars(name, frame[name].explode().value_counts(), folder) for name in labels]


def _bars(name, counts, folder):
    shown = counts.head(MOST_BARS)[::-1]
    title = f"Songs of each {name}" + (
        f" (the {MOST_BARS} most frequent of {len(counts)})" if len(counts) > MOST_BARS else ""
    )
    alt = (
        "Bars: "
        f"{', '.join(f'{label} {count:,}' for label, count in counts.head(MOST_BARS).items())}."
    )

    def draw(axes):
        bars = axes.barh([str(label) for label in shown.index], shown.to_numpy(), color=plots.MODEL)
        axes.bar_label(bars, [f"{count:,}" for count in shown], padding=4, color=plots.MUTED)
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.15)

    return plots.render(
        f"classes-{name}", title, alt, draw, folder, (plots.SIZE[0], 1.0 + 0.25 * len(shown))
    )


def _values(frame, folder):
    """A Plot of the spread of each number that the table has."""
    names = [
        name
        for name, column in schema.BY_NAME.items()
        if column.kind != schema.TEXT and name in frame and frame[name].notna().any()
    ]
    return [_histogram(name, frame[name].dropna().to_numpy("float64"), folder) for name in names]


def _histogram(name, values, folder):
    unit = schema.BY_NAME[name].unit
    low, middle, high = np.quantile(values, [0, 0.5, 1])
    # A bar for each whole number such as a key, but not for each number of followers.
    each = schema.BY_NAME[name].whole and high - low < BINS
    alt = f"{values.size:,} values from {low:.3g} to {high:.3g}, half of them below {middle:.3g}."

    def draw(axes):
        axes.hist(values, bins=np.arange(low - 0.5, high + 1) if each else BINS, color=plots.MODEL)
        axes.locator_params(axis="x", nbins=5)
        axes.set_ylabel("songs")
        axes.set_xlabel(unit)

    return plots.render(f"values-{name}", name.replace("_", " "), alt, draw, folder, plots.SMALL)
