"""A page on songs: what a model says of them, how that changes over their waveform, and which training songs they are most like."""

import os
import tempfile
from pathlib import Path

import numpy as np

from kerasfeat import KerasfeatError, __version__
from kerasfeat.audio.decode import decode
from kerasfeat.evaluation import plots
from kerasfeat.evaluation.pages import address, environment
from kerasfeat.files import write_text
from kerasfeat.training.neighbours import nearest

SHOWN = 100  # songs with a picture; more make a page that is slow to open
NEAREST = 5
OPTIONAL = ("title", "artist", "audio", "note")  # what a record need not have
LINES = 4  # labels or targets in a picture
RATE_HZ = 8000  # plenty for an outline
POINTS = 600
SIZE = (7.6, 2.4)  # inches


def write_song_page(path, predictor, predictions, records):
    """Write the page.

    Args:
        path: of the page.
        predictor: a Predictor.
        predictions: its Predictions.
        records: a dict for each song that was asked for; those with an `error` have no prediction.

    Returns:
        Path of the page.

    Raises:
        KerasfeatError: it can't be written.
    """
    path = Path(path)
    if not path.absolute().parent.is_dir():
        raise KerasfeatError(f"can't write {path}: the folder {path.absolute().parent} does not exist. Make it, or name another file.")
    told = [dict.fromkeys(OPTIONAL) | record for record in records if "error" not in record]
    alike = nearest(predictor, predictions, NEAREST) if told else None
    with tempfile.TemporaryDirectory() as folder:
        songs = [_song(place, record, predictor, predictions, alike, path, Path(folder)) for place, record in enumerate(told[:SHOWN])]
    state = predictor.state
    page = (
        environment()
        .get_template("songs.html")
        .render(
            run=state,
            folder=os.path.relpath(predictor.run.path, path.absolute().parent),
            outputs=predictor.outputs,
            songs=songs,
            rest=told[SHOWN:],
            failed=[record for record in records if "error" in record],
            alike=alike is not None,
            version=__version__,
        )
    )
    write_text(path, page)
    return path


def _song(place, record, predictor, predictions, alike, path, folder):
    """What the page shows of one song; the told songs are in the order of the predictions."""
    values = record.get("probabilities") or {output: record[output] for output in predictor.outputs}
    windows = predictor.timeline(predictions, place)
    return {
        "record": record,
        "values": dict(sorted(values.items(), key=lambda pair: -pair[1])) if predictor.labels else values,
        "plots": [_picture(f"song_{place}", windows, record["audio"], predictor, predictions.decoder, folder)] if windows else [],
        "player": address(record.get("audio"), path.absolute().parent),
        "nearest": alike[place] if alike else [],
    }


def _picture(name, windows, audio, predictor, decoder, folder):
    """The timeline over the waveform; `windows` are (start_s, end_s, values)."""
    edges = [start_s for start_s, _, _ in windows] + [windows[-1][1]]
    lines = {output: [values[place] for *_, values in windows] for place, output in enumerate(predictor.outputs)}
    shown = sorted(lines, key=lambda output: -np.mean(lines[output]))[:LINES] if predictor.labels else list(lines)[:LINES]
    outline = _outline(audio, decoder)
    told = "; ".join(f"{output} from {min(lines[output]):.2f} to {max(lines[output]):.2f}" for output in shown)
    alt = f"{len(windows)} windows over {edges[-1]:.0f} s: {told}."
    title = f"{'Probabilities' if predictor.labels else 'Values'} over the song"
    return plots.render(
        name, title, alt, _drawn(outline, edges, {output: lines[output] for output in shown}, predictor.task.scale), folder, SIZE
    )


def _drawn(outline, edges, lines, scale):
    styles = [(plots.MODEL, "-"), (plots.OTHER, "--"), (plots.INK, ":"), (plots.MUTED, "-.")]

    def draw(axes):
        times = np.linspace(0, edges[-1], len(outline))
        axes.fill_between(times, scale * (0.5 - outline / 2), scale * (0.5 + outline / 2), color=plots.RULE, linewidth=0)
        for (output, values), (colour, dashes) in zip(lines.items(), styles, strict=False):
            axes.step(edges, [*values, values[-1]], dashes, where="post", color=colour, linewidth=1.8, label=output.replace("_", " "))
        axes.set(xlim=(0, edges[-1]), ylim=(0, scale), xlabel="s")
        axes.grid(axis="x", visible=False)
        axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=LINES)

    return draw


def _outline(path, decoder):
    """The largest amplitude in each of POINTS equal parts of a song, the loudest being 1; [points]."""
    waveform = np.abs(decode(path, RATE_HZ, decoder=decoder))
    parts = np.array_split(waveform, min(POINTS, len(waveform)))
    peaks = np.array([part.max() for part in parts])
    return peaks / peaks.max()
