"""A page on songs: what a model says of them, how that changes over their waveform, and which training songs they are most like."""

import os
import tempfile
from pathlib import Path

from kerasfeat import KerasfeatError, __version__
from kerasfeat.evaluation import timeline
from kerasfeat.evaluation.pages import address, environment
from kerasfeat.files import write_text
from kerasfeat.training.neighbours import nearest
from kerasfeat.training.timelines import outline

SHOWN = 100  # songs with a picture; more make a page that is slow to open
NEAREST = 5
OPTIONAL = ("title", "artist", "audio", "note")  # what a record need not have


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
            target=predictor.target,
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
        "values": dict(sorted(values.items(), key=lambda pair: -pair[1])) if predictor.target.has_labels else values,
        "plots": [_picture(f"song_{place}", windows, record["audio"], predictor, predictions.decoder, folder)] if windows else [],
        "player": address(record.get("audio"), path.absolute().parent),
        "nearest": alike[place] if alike else [],
    }


def _picture(name, windows, audio, predictor, decoder, folder):
    """The timeline over the waveform; `windows` are (start_s, end_s, values)."""
    edges = [start_s for start_s, _, _ in windows] + [windows[-1][1]]
    lines = {output: [values[place] for *_, values in windows] for place, output in enumerate(predictor.outputs)}
    return timeline.picture(name, edges, lines, outline(audio, decoder), predictor.target, folder)
