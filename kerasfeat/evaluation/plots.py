"""How plots are made: each is drawn once and leaves as SVG, in the page's colours, and as PNG."""

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasfeat.arrays import Array

# In an SVG each colour becomes the CSS variable of its name, so that plots follow the page into the
# dark; in a PNG it stays.
INK, MUTED, RULE, MODEL, OTHER = "#1c2127", "#59626d", "#d8dce1", "#1f63ad", "#b4540a"
VARIABLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", MODEL: "--model", OTHER: "--other"}
# Of any type: that of the keys is Matplotlib's own, and older releases lack it.
STYLE: Any = {
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
# of a page for an inch, at most: 9 points become 14 pixels, and stay legible on a telephone
PIXELS = 112
POINTS = 2000  # of the scatter plots of a section together

Draw: TypeAlias = Callable[[Axes], None]
Size: TypeAlias = tuple[float, float]  # width and height in inches


@dataclass(frozen=True)
class Plot:
    """One plot on a page.

    Attributes:
        name: its file's, without the ending.
        title: above it.
        alt: what it shows, for who can't see it.
        svg: markup for the page.
        width: in pixels.
    """

    name: str
    title: str
    alt: str
    svg: str
    width: int


def render(name: str, title: str, alt: str, draw: Draw, folder: Path, size: Size = SIZE) -> Plot:
    """Call `draw(axes)` on a new figure; write FOLDER/NAME.png and return the Plot.

    Args:
        name: file name without ending, and prefix of the ids within the SVG.
        title, alt: of the plot, for people.
        draw: a function of Matplotlib axes.
        folder: an existing directory.
        size: of the figure.
    """
    markup = io.StringIO()
    with _figure(draw, size, name) as figure:
        figure.savefig(markup, format="svg", transparent=True, metadata={"Date": None})
        figure.set_layout_engine("none")  # it has been found
        figure.savefig(folder / f"{name}.png", dpi=160, facecolor="white")
    return Plot(name, title, alt, _inline(markup.getvalue(), name), round(size[0] * PIXELS))


def png(draw: Draw, size: Size = SIZE, title: str | None = None) -> bytes:
    """The bytes of a PNG file of what `draw(axes)` draws, under a title."""
    image = io.BytesIO()
    with _figure(draw, size) as figure:
        if title:
            figure.suptitle(title)
        figure.savefig(image, format="png", facecolor="white")
    return image.getvalue()


@contextmanager
def _figure(draw: Draw, size: Size, name: str = "") -> Iterator[Figure]:
    """A figure on which `draw` has drawn, in the style of all plots.

    Its `name` makes the ids in an SVG the same every time.
    """
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # A label in a script that Matplotlib's font lacks is drawn by the browser all the same.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=size)
        draw(figure.add_subplot())
        yield figure


def sample(songs: int, points: int) -> Array:
    """Indices of at most `points` songs, the same in every plot of them."""
    return np.sort(np.random.default_rng(0).choice(songs, min(songs, points), replace=False))


def _inline(svg: str, name: str) -> str:
    """An SVG file as markup within HTML: no fixed size, no namespaces, ids of its own.

    Its font and its colours are the page's.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*|<style .*?</style>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", svg)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"font-family: [^;\"]*; ", "", svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg
