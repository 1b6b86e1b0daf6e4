"""Predictions as records, one for each song that was asked for, for people and machines."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.datasets.rows import labels_text
from kerasfeat.progress import say
from kerasfeat.targets import Target

Record: TypeAlias = dict[str, Any]
Window: TypeAlias = tuple[float, float, Array]  # start_s, end_s, values
IDENTITY = ("track_id", "title", "artist", "audio")
NO_INPUT = "no input that the model reads"
NESTED = ("timeline", "probabilities")  # what `flat` takes apart
FINE = (None, NO_INPUT)  # what is said of a song whose audio can be used


class Answered(Protocol):
    """What a model says of songs; see kerasfeat.inference.predict.Predictions."""

    @property
    def rows(self) -> Array:
        """[songs], the place of each among the songs that were asked for."""

    @property
    def values(self) -> Array:
        """[songs, outputs]."""

    @property
    def failures(self) -> Mapping[str, str]:
        """File -> reason why there is no prediction from its audio."""


def records(
    target: Target,
    predictions: Answered,
    frame: pd.DataFrame,
    *,
    windows: Callable[[int], list[Window] | None] | None = None,
    sounds: Mapping[str, Mapping[str, float]] | None = None,
) -> Iterator[Record]:
    """A record for each song: its prediction, or the `error` that stands in its way.

    Args:
        target: what was predicted.
        predictions: of the songs.
        frame: the songs that were asked for, a row each.
        windows: from a place among the predictions to what is said of each window of that song.
        sounds: audio file -> what was heard in it -> its probability.
    """
    predicted = {int(row): place for place, row in enumerate(predictions.rows)}
    known = [name for name in IDENTITY if name in frame]
    for number, row in enumerate(frame[known].to_dict("records")):
        record: Record = {name: value for name, value in row.items() if isinstance(value, str)}
        audio = record.get("audio", "")
        if sounds and audio in sounds:
            record["sounds"] = {name: round(share, 3) for name, share in sounds[audio].items()}
        reason, place = predictions.failures.get(audio), predicted.get(number)
        if place is None:
            yield {**record, "error": reason or NO_INPUT}
            continue
        record |= target.named(predictions.values[place])
        if reason:
            record["note"] = f"predicted without audio: {reason}"
        parts = windows(place) if windows else None
        if parts:
            record["timeline"] = [
                {"start_s": round(start_s, 3), "end_s": round(end_s, 3), **target.named(values)}
                for start_s, end_s, values in parts
            ]
        yield record


def record_columns(
    target: Target, frame: pd.DataFrame, timeline: bool = False, sounds: bool = False
) -> list[str]:
    """The columns of the rows that `flat` makes of records, in order.

    Args:
        target: what is predicted.
        frame: the songs that were asked for.
        timeline: whether windows of songs are wanted too.
        sounds: whether what is heard is.
    """
    known = [name for name in IDENTITY if name in frame]
    heard = ["sounds"] if sounds else []
    times = ["start_s", "end_s"] if timeline else []
    return [*known, *heard, *answer_columns(target), "error", "note", *times]


def answer_columns(target: Target) -> list[str]:
    """The columns of what is said of a song, as `flat` makes them."""
    outputs = len(target.outputs)
    return list(next(flat([target.named(np.full(outputs, 1 / outputs))])))


def is_unheard(record: Record) -> bool:
    """Whether a song has audio that can't be used."""
    said = record.get("error") or record.get("note")
    return bool(record.get("audio")) and said not in FINE


class Counted:
    """Records on their way, of which those without an error are counted.

    Attributes:
        count: how many have passed.
        unheard: audio files that can't be used.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self.count = 0
        self.unheard: set[str] = set()

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self.count += not record.get("error")
            if is_unheard(record):
                self.unheard.add(record["audio"])
            yield record

    def say_unheard(self, songs: pd.DataFrame) -> None:
        """Say how many of the songs' audio files can't be used."""
        if self.unheard:
            counts = f"{len(self.unheard)} of {songs['audio'].nunique()}"
            say(f"{counts} audio files can't be used: their songs' rows say why")


def flat(records: Iterable[Record]) -> Iterator[Record]:
    """Records without anything nested: a row for each song, then one for each of its windows."""
    for record in records:
        yield _flat({name: value for name, value in record.items() if name != "timeline"})
        for window in record.get("timeline", ()):
            yield _flat({"track_id": record["track_id"], **window})


def _flat(record: Record) -> Record:
    row: Record = {
        name: labels_text(value) if isinstance(value, list) else value
        for name, value in record.items()
        if name != "probabilities"
    }
    if record.get("sounds"):
        heard = record["sounds"].items()
        row["sounds"] = "; ".join(f"{name} {share:.2f}" for name, share in heard)
    probabilities = record.get("probabilities", {})
    return row | {f"probability_{label}": share for label, share in probabilities.items()}
