"""Predictions on stdout, in the form that was asked for."""

import csv
import sys

from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import print_table
from kerasfeat.data.fetching.rows import labels_text

# A column that numbers the songs asked for: ids are unique within a table only, and several may be given.
NUMBER = "_number"


def _named(predictor, values):
    """One prediction as a dict: label (or those that are more likely than not) and probabilities, or a number a target."""
    return predictor.target.named(values)


def _identity(row):
    return {name: row[name] for name in ("track_id", "title", "artist", "audio") if isinstance(row.get(name), str)}


def numbered(frame):
    """The tracks frame with the column that tells `records` which songs have a prediction."""
    return frame.assign(**{NUMBER: range(len(frame))})


def records(predictor, predictions, frame, timeline, heard):
    """A dict for each song of a `numbered` frame: its prediction, or the error that stands in its way; and what was heard in it."""
    done = {number: position for position, number in enumerate(predictions.frame[NUMBER])}
    for row in frame.to_dict("records"):
        record = _identity(row)
        if row.get("audio") in heard:
            record["sounds"] = {name: round(probability, 3) for name, probability in heard[row["audio"]].items()}
        reason = predictions.failures.get(row.get("audio"))
        position = done.get(row[NUMBER])
        if position is None:
            yield {**record, "error": reason or "no input that the model reads"}
            continue
        record |= _named(predictor, predictions.values[position])
        if reason:
            record["note"] = f"predicted without audio: {reason}"
        parts = predictor.timeline(predictions, position) if timeline else None
        if parts:
            record["timeline"] = [{"start_s": round(a, 3), "end_s": round(b, 3), **_named(predictor, v)} for a, b, v in parts]
        yield record


def _rows(records):
    """Flat dicts: a row a song, and one for each window of a timeline."""
    for record in records:
        timeline = record.pop("timeline", [])
        probabilities = record.pop("probabilities", {})
        if "sounds" in record:
            record["sounds"] = "; ".join(f"{name} {probability:.2f}" for name, probability in record["sounds"].items())
        yield {**_flat(record), **{f"probability_{k}": v for k, v in probabilities.items()}}
        for window in timeline:
            probabilities = window.pop("probabilities", {})
            yield {"track_id": record["track_id"], **_flat(window), **{f"probability_{k}": v for k, v in probabilities.items()}}


def _flat(record):
    """A dict with several labels as one text."""
    return {name: labels_text(value) if isinstance(value, list) else value for name, value in record.items()}


def write_predictions(predictor, predictions, frame, form, timeline, heard):
    """Print every song of `frame` as table, csv, json, or jsonl."""
    found = records(predictor, predictions, frame, timeline, heard)
    if form == "jsonl":
        for record in found:
            print_json(record, indent=None)
    elif form == "json":
        print_json(list(found))
    elif form == "csv":
        rows = list(_rows(found))
        writer = csv.DictWriter(sys.stdout, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print(predictor, _rows(found), timeline)


def _song(row):
    """What a song is called in a table: files without an artist by their path, since several may have the same name."""
    if "artist" in row and "title" in row:
        return f"{row['artist']} - {row['title']}"
    return row["track_id"] if "audio" in row else row.get("title", row["track_id"])


def _print(predictor, rows, timeline):
    answers = list(predictor.outputs)
    if predictor.target.has_labels:
        answers = [*predictor.target.heads, *(f"probability_{label}" for label in answers)]
    header = ["song", *(["from s", "to s"] if timeline else []), *(name.removeprefix("probability_") for name in answers), ""]

    def cell(row, name):
        value = row.get(name, "")
        return f"{value:.3f}" if isinstance(value, float) else str(value)

    table = []
    for row in rows:
        song = "" if "start_s" in row else _song(row)
        times = [f"{row[name]:.1f}" if name in row else "" for name in ("start_s", "end_s")] if timeline else []
        remarks = ", ".join(row[name] for name in ("sounds", "error", "note") if name in row)
        table.append([song, *times, *(cell(row, name) for name in answers), remarks])
    print_table(header, table)
