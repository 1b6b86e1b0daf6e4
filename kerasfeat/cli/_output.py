"""Predictions on stdout, in the form that was asked for."""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import print_table
from kerasfeat.datasets.rows import labels_text

if TYPE_CHECKING:
    from kerasfeat.inference.predict import Predictions, Predictor

# A column that numbers the songs asked for: ids are unique within a table only, and several may be
# given.
NUMBER = "_number"
# What is known and predicted of one song.
Record = dict[str, Any]


def _identity(row: Mapping[str, Any]) -> Record:
    return {
        name: row[name]
        for name in ("track_id", "title", "artist", "audio")
        if isinstance(row.get(name), str)
    }


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The songs with the column that tells `records` which of them have a prediction."""
    return frame.assign(**{NUMBER: range(len(frame))})


def records(
    predictor: "Predictor",
    predictions: "Predictions",
    frame: pd.DataFrame,
    timeline: bool,
    heard: Mapping[str, Mapping[str, float]],
) -> Iterator[Record]:
    """A dict for each song: its prediction, or the error that stands in its way.

    Args:
        predictor: the model.
        predictions: what it says of those songs that it can read.
        frame: the songs, `numbered`.
        timeline: whether to say how the prediction changes within each song.
        heard: audio file -> what was heard in it, with its probability.
    """
    positions = {number: position for position, number in enumerate(predictions.frame[NUMBER])}
    for row in frame.to_dict("records"):
        record, audio = _identity(row), row.get("audio")
        if audio in heard:
            record["sounds"] = {name: round(share, 3) for name, share in heard[audio].items()}
        reason = predictions.failures.get(audio)
        position = positions.get(row[NUMBER])
        if position is None:
            yield {**record, "error": reason or "no input that the model reads"}
            continue
        record |= predictor.target.named(predictions.values[position])
        if reason:
            record["note"] = f"predicted without audio: {reason}"
        parts = predictor.timeline(predictions, position) if timeline else None
        if parts:
            record["timeline"] = [
                {
                    "start_s": round(start_s, 3),
                    "end_s": round(end_s, 3),
                    **predictor.target.named(values),
                }
                for start_s, end_s, values in parts
            ]
        yield record


def _rows(songs: Iterable[Record]) -> Iterator[Record]:
    """Flat dicts: a row a song, and one for each window of a timeline."""
    for record in songs:
        timeline = record.pop("timeline", [])
        if "sounds" in record:
            sounds = record["sounds"].items()
            record["sounds"] = "; ".join(f"{name} {share:.2f}" for name, share in sounds)
        yield _flat(record)
        for window in timeline:
            yield {"track_id": record["track_id"], **_flat(window)}


def _flat(record: Record) -> Record:
    """A dict with several labels as one text, and a key for each probability, behind the others."""
    texts = {
        name: labels_text(value) if isinstance(value, list) else value
        for name, value in record.items()
        if name != "probabilities"
    }
    shares = record.get("probabilities", {})
    return {**texts, **{f"probability_{label}": share for label, share in shares.items()}}


def write_predictions(
    predictor: "Predictor",
    predictions: "Predictions",
    frame: pd.DataFrame,
    form: str,
    timeline: bool,
    heard: Mapping[str, Mapping[str, float]],
) -> None:
    """Print every song of `frame` as table, csv, json, or jsonl; the rest is as of `records`."""
    songs = records(predictor, predictions, frame, timeline, heard)
    if form == "jsonl":
        for record in songs:
            print_json(record, indent=None)
    elif form == "json":
        print_json(list(songs))
    elif form == "csv":
        _print_csv(list(_rows(songs)))
    else:
        _print_table(predictor, _rows(songs), timeline)


def _print_csv(rows: list[Record]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _song(row: Record) -> str:
    """What a song is called in a table.

    Files without an artist are called by their path, since several may have the same name.
    """
    if "artist" in row and "title" in row:
        return f"{row['artist']} - {row['title']}"
    return str(row["track_id"] if "audio" in row else row.get("title", row["track_id"]))


def _print_table(predictor: "Predictor", rows: Iterable[Record], timeline: bool) -> None:
    answers = list(predictor.outputs)
    if predictor.target.has_labels:
        answers = [*predictor.target.heads, *(f"probability_{label}" for label in answers)]
    times = ("start_s", "end_s") if timeline else ()
    names = (name.removeprefix("probability_") for name in answers)
    header = ["song", *(["from s", "to s"] if timeline else []), *names, ""]
    table = []
    for row in rows:
        song = "" if "start_s" in row else _song(row)
        window = [f"{row[name]:.1f}" if name in row else "" for name in times]
        remarks = ", ".join(row[name] for name in ("sounds", "error", "note") if name in row)
        cells = (_cell(row.get(name, "")) for name in answers)
        table.append([song, *window, *cells, remarks])
    print_table(header, table)


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
