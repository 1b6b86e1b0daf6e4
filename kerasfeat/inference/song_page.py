"""A page on songs: what a model says of them, how that changes over their waveform, and which
training songs they are most like.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError, __version__
from kerasfeat.evaluation import timeline
from kerasfeat.evaluation.pages import address, environment
from kerasfeat.evaluation.plots import Plot
from kerasfeat.experiment.timelines import outline
from kerasfeat.files import write_text
from kerasfeat.inference.neighbours import nearest
from kerasfeat.inference.predict import Predictions, Predictor

SHOWN = 100  # songs with a picture; more make a page that is slow to open
NEAREST = 5
OPTIONAL = ("title", "artist", "audio", "note")  # what a record need not have


def write_song_page(
    path: Path | str,
    predictor: Predictor,
    predictions: Predictions,
    records: Sequence[dict[str, Any]],
) -> Path:
    """Write the page.

    Args:
        path: of the page.
        predictor: that made the predictions.
        predictions: of the songs.
        records: one for each song that was asked for; those with an `error` have no prediction.

    Returns:
        Path of the page.

    Raises:
        KerasfeatError: it can't be written.
    """
    path = Path(path)
    if not path.absolute().parent.is_dir():
        raise KerasfeatError(
            f"can't write {path}: the folder {path.absolute().parent} does not exist. Make "
            "it, or name another file."
        )
    answered = [dict.fromkeys(OPTIONAL) | record for record in records if "error" not in record]
    alike = nearest(predictor, predictions, NEAREST) if answered else None
    songs = []
    for place, record in enumerate(answered[:SHOWN]):
        song = _song(place, record, predictor, predictions, path)
        songs.append({**song, "nearest": alike[place] if alike else []})
    template = environment().get_template("songs.html")
    page = template.render(
        run=predictor.state,
        target=predictor.target,
        folder=os.path.relpath(predictor.run.path, path.absolute().parent),
        outputs=predictor.outputs,
        songs=songs,
        answered=answered,
        failed=[record for record in records if "error" in record],
        alike=alike is not None,
        cautions=predictor.cautions,
        version=__version__,
    )
    write_text(path, page)
    return path


def _song(
    place: int, record: dict[str, Any], predictor: Predictor, predictions: Predictions, path: Path
) -> dict[str, Any]:
    """What the page at `path` shows of one song; the told songs are in the order of the
    predictions.
    """
    values = record.get("probabilities") or {output: record[output] for output in predictor.outputs}
    if predictor.target.has_labels:
        values = dict(sorted(values.items(), key=lambda pair: -pair[1]))
    return {
        "record": record,
        "values": values,
        "plots": _plots(place, record["audio"], predictor, predictions),
        "player": address(record.get("audio"), path.absolute().parent),
    }


def _plots(
    place: int, audio: str | None, predictor: Predictor, predictions: Predictions
) -> list[Plot]:
    """The song's timeline over its waveform; none of a song without audio."""
    windows = predictor.timeline(predictions, place)
    if not windows or audio is None:
        return []
    edges = [start_s for start_s, _, _ in windows] + [windows[-1][1]]
    lines = {
        output: [values[number] for *_, values in windows]
        for number, output in enumerate(predictor.outputs)
    }
    wave = outline(audio, predictions.decoder)
    with tempfile.TemporaryDirectory() as folder:
        name, target = f"song_{place}", predictor.target
        return [timeline.picture(name, edges, lines, wave, target=target, folder=Path(folder))]
