"""Predictions on stdout, in the form that was asked for."""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import print_table
from kerasfeat.datasets.rows import labels_text
from kerasfeat.targets import Target

if TYPE_CHECKING:
    from kerasfeat.inference.predict import Predictions
    from kerasfeat.serving.client import Answers

Record: TypeAlias = dict[str, Any]  # what is printed of one song, or of one window of it
# A song of `Predictions` -> (start_s, end_s, prediction) of each of its windows.
Timeline: TypeAlias = Callable[[int], list[tuple[float, float, Array]] | None]

# A column that numbers the songs asked for: ids are unique within a table only, and several may be
# given.
NUMBER = "_number"


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The tracks frame with the column that tells `records` which songs have a prediction."""
    return frame.assign(**{NUMBER: range(len(frame))})


@dataclass(frozen=True)
class Predicted:
    """The songs that were asked for, and what a run or a server says of them.

    Attributes:
        target: what is predicted.
        frame: the songs asked for, `numbered`.
        predictions: of those songs that have one.
        timeline: of a prediction's windows; None where it was not asked for.
        sounds: audio file -> class -> probability, as of kerasfeat.inference.predict.sounds.
    """

    target: Target
    frame: pd.DataFrame
    predictions: "Predictions | Answers"
    timeline: Timeline | None = None
    sounds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def records(predicted: Predicted) -> Iterator[Record]:
    """A dict for each song: its prediction, or the error that stands in its way; and what was heard
    in it.
    """
    predictions, sounds = predicted.predictions, predicted.sounds
    positions = {number: position for position, number in enumerate(predictions.frame[NUMBER])}
    for row in predicted.frame.to_dict("records"):
        record, audio = _identity(row), row.get("audio")
        if audio in sounds:
            record["sounds"] = {name: round(share, 3) for name, share in sounds[audio].items()}
        reason = predictions.failures.get(audio)
        position = positions.get(row[NUMBER])
        if position is None:
            yield {**record, "error": reason or "no input that the model reads"}
            continue
        record |= predicted.target.named(predictions.values[position])
        if reason:
            record["note"] = f"predicted without audio: {reason}"
        windows = _windows(predicted, position)
        if windows:
            record["timeline"] = windows
        yield record


def _identity(row: Mapping[str, Any]) -> Record:
    names = ("track_id", "title", "artist", "audio")
    return {name: row[name] for name in names if isinstance(row.get(name), str)}


def _windows(predicted: Predicted, position: int) -> list[Record]:
    """A dict for each window of a predicted song; none where they were not asked for, or the song
    has none.
    """
    windows = predicted.timeline(position) if predicted.timeline else None
    return [
        {"start_s": round(start_s, 3), "end_s": round(end_s, 3), **predicted.target.named(values)}
        for start_s, end_s, values in windows or ()
    ]


def write_predictions(predicted: Predicted, form: str) -> None:
    """Print every song as table, csv, json, or jsonl."""
    songs = records(predicted)
    if form == "jsonl":
        for song in songs:
            print_json(song, indent=None)
    elif form == "json":
        print_json(list(songs))
    elif form == "csv":
        _print_csv(list(_rows(songs)))
    else:
        _print_table(predicted, _rows(songs))


def _rows(songs: Iterable[Record]) -> Iterator[Record]:
    """Flat dicts: a row a song, and one for each window of a timeline."""
    for song in songs:
        timeline = song.pop("timeline", [])
        if "sounds" in song:
            heard = song["sounds"].items()
            song["sounds"] = "; ".join(f"{name} {share:.2f}" for name, share in heard)
        yield _flat(song)
        for window in timeline:
            yield {"track_id": song["track_id"], **_flat(window)}


def _flat(record: Record) -> Record:
    """A dict with several labels as one text, and a column for each probability at its end."""
    flat = {
        name: labels_text(value) if isinstance(value, list) else value
        for name, value in record.items()
        if name != "probabilities"
    }
    shares = record.get("probabilities", {})
    return flat | {f"probability_{label}": share for label, share in shares.items()}


def _print_csv(rows: list[Record]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _print_table(predicted: Predicted, rows: Iterable[Record]) -> None:
    target = predicted.target
    answers = list(target.outputs)
    if target.has_labels:
        answers = [*target.heads, *(f"probability_{label}" for label in answers)]
    times = ["start_s", "end_s"] if predicted.timeline else []
    header = [
        "song",
        *(["from s", "to s"] if times else []),
        *(name.removeprefix("probability_") for name in answers),
        "",
    ]
    print_table(header, [_cells(row, times, answers) for row in rows])


def _cells(row: Record, times: Iterable[str], answers: Iterable[str]) -> list[str]:
    """A line of the table: the song, its window's times, the answers, and remarks."""
    song = "" if "start_s" in row else _song(row)
    remarks = ", ".join(row[name] for name in ("sounds", "error", "note") if name in row)
    return [
        song,
        *(f"{row[name]:.1f}" if name in row else "" for name in times),
        *(_cell(row.get(name, "")) for name in answers),
        remarks,
    ]


def _song(row: Record) -> str:
    """What a song is called in a table: files without an artist by their path, since several may
    have the same name.
    """
    if "artist" in row and "title" in row:
        return f"{row['artist']} - {row['title']}"
    return row["title"] if "title" in row and "audio" not in row else row["track_id"]


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
