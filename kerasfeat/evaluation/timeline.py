"""What a model says of each window of a song, drawn over the song's waveform."""

import json

import numpy as np

from kerasfeat.evaluation import plots
from kerasfeat.evaluation.pages import address
from kerasfeat.targets import Target

FILE = "timelines.json"
LINES = 4  # labels or targets in a picture
SIZE = (7.6, 2.4)  # inches


def picture(name, edges, lines, outline, target, folder):
    """The Plot of one song.

    Args:
        name: of the plot's file.
        edges: where each window begins, and where the last one ends, seconds.
        lines: {label or target: its value in each window}; LINES of them are drawn: the most probable labels, or the targets that change
            most.
        outline: the waveform's largest amplitudes in equal parts, the loudest being 1.
        target: what the lines are of.
        folder: Path of an existing directory.
    """
    first = np.mean if target.has_labels else np.std
    shown = {line: lines[line] for line in sorted(lines, key=lambda line: -first(lines[line]))[:LINES]}
    told = "; ".join(f"{line} from {min(values):.2f} to {max(values):.2f}" for line, values in shown.items())
    alt, title = (
        f"{len(edges) - 1} windows over {edges[-1]:.0f} s: {told}.",
        f"{'Probabilities' if target.has_labels else 'Values'} over the song",
    )
    return plots.render(name, title, alt, _drawn(np.asarray(outline), edges, shown, target.limits), folder, SIZE)


def section(target: Target, run_dir):
    """The songs of the run's timelines.json, each with its `plot` and `player`; none where there is no such file."""
    path = run_dir / FILE
    if not path.is_file():
        return []
    songs = json.loads(path.read_text(encoding="utf-8"))
    return [
        song
        | {
            "plot": picture(f"timeline_{song['why']}", song["edges"], song["lines"], song["outline"], target, run_dir / "plots"),
            "player": address(song["audio"], run_dir.resolve()),
        }
        for song in songs
    ]


def _drawn(outline, edges, lines, limits):
    styles = [(plots.MODEL, "-"), (plots.OTHER, "--"), (plots.INK, ":"), (plots.MUTED, "-.")]

    def draw(axes):
        times = np.linspace(0, edges[-1], len(outline))
        middle, half = (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2
        axes.fill_between(times, middle - half * outline, middle + half * outline, color=plots.RULE, linewidth=0)
        for (line, values), (colour, dashes) in zip(lines.items(), styles, strict=False):
            axes.step(
                edges, [*values, values[-1]], dashes, where="post", color=colour, linewidth=1.8, clip_on=False, label=line.replace("_", " ")
            )
        axes.set(xlim=(0, edges[-1]), ylim=limits, xlabel="s")
        axes.grid(axis="x", visible=False)
        axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=LINES)

    return draw
