"""What a model says of each window of a song, drawn over the song's waveform."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from kerasfeat.arrays import Array
from kerasfeat.evaluation import plots
from kerasfeat.evaluation.pages import address
from kerasfeat.evaluation.run_files import damage_told
from kerasfeat.targets import Target
from kerasfeat.text import words

FILE = "timelines.json"
LINES = 4  # labels or targets in a picture
SIZE = (7.6, 2.4)  # inches
STYLES = ((plots.MODEL, "-"), (plots.OTHER, "--"), (plots.INK, ":"), (plots.MUTED, "-."))


def picture(
    name: str,
    edges: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    outline: ArrayLike,
    target: Target,
    folder: Path,
) -> plots.Plot:
    """The Plot of one song.

    Args:
        name: of the plot's file.
        edges: where each window begins, and where the last one ends, seconds.
        lines: {label or target: its value in each window}; LINES of them are drawn: the most
            probable labels, or the targets that change most.
        outline: the waveform's largest amplitudes in equal parts, the loudest being 1.
        target: what the lines are of.
        folder: an existing directory.
    """
    weight = np.mean if target.has_labels else np.std
    first = sorted(lines, key=lambda line: -weight(lines[line]))[:LINES]
    shown = {line: lines[line] for line in first}
    ranges = "; ".join(
        f"{line} from {min(values):.2f} to {max(values):.2f}" for line, values in shown.items()
    )
    alt = f"{len(edges) - 1} windows over {edges[-1]:.0f} s: {ranges}."
    title = f"{'Probabilities' if target.has_labels else 'Values'} over the song"
    draw = _over_waveform(shown, edges, np.asarray(outline), target.limits)
    return plots.render(name, title, alt, draw, folder, size=SIZE)


def section(target: Target, run_dir: Path) -> list[dict[str, Any]]:
    """The songs of a run's timelines.json, each with its `plot` and `player`.

    There are none where there is no such file.
    """
    path, folder = run_dir / FILE, run_dir / "plots"
    if not path.is_file():
        return []
    with damage_told(path):
        return [
            song
            | {
                "plot": picture(
                    f"timeline_{song['why']}",
                    edges=song["edges"],
                    lines=song["lines"],
                    outline=song["outline"],
                    target=target,
                    folder=folder,
                ),
                "player": address(song["audio"], run_dir.resolve()),
            }
            for song in json.loads(path.read_text(encoding="utf-8"))
        ]


def _over_waveform(
    lines: Mapping[str, Sequence[float]],
    edges: Sequence[float],
    outline: Array,
    limits: tuple[float, float],
) -> plots.Draw:
    """Draw a step for each line and window over the waveform.

    Args:
        lines, edges, outline: as of `picture`.
        limits: the lowest and the highest value that a line can have.
    """
    times = np.linspace(0, edges[-1], len(outline))
    middle, half = (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2
    low, high = middle - half * outline, middle + half * outline

    def draw(axes: Axes) -> None:
        axes.fill_between(times, low, high, color=plots.RULE, linewidth=0)
        for (line, values), (colour, dashes) in zip(lines.items(), STYLES, strict=False):
            axes.step(
                edges,
                [*values, values[-1]],
                dashes,
                where="post",
                color=colour,
                linewidth=1.8,
                clip_on=False,
                label=words(line),
            )
        axes.set(xlim=(0, edges[-1]), ylim=limits, xlabel="s")
        axes.grid(axis="x", visible=False)
        axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=LINES)

    return draw
