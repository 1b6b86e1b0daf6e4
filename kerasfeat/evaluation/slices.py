"""Where a model is better and where worse: its score on parts of the test songs.

A part is a decade, a genre, quiet songs, and the like.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.evaluation import song_groups
from kerasfeat.evaluation.intervals import Interval, mean_interval, share_interval
from kerasfeat.evaluation.numbers import with_minus
from kerasfeat.evaluation.predictions import TestPredictions
from kerasfeat.songs import identity
from kerasfeat.songs.schema import plain
from kerasfeat.targets import Target

ARTIST_SONGS = "artist_songs"
YEAR = "year"
# Under which names tables have the year, or a date that begins with it.
YEARS = (
    "year",
    "release_year",
    "release_date",
    "album_release_date",
    "track_album_release_date",
    "album_date_released",
    "date",
)
# What predictions.csv holds of a song, where the table has it, so that its errors can be looked at
# by it.
FACTS = (ARTIST_SONGS, YEAR, "genre", "loudness", "duration_ms")
FEW = 10  # songs, below which a slice says nothing


@dataclass(frozen=True)
class Part:
    """Some test songs.

    Attributes:
        name: of the part.
        songs: how many they are.
        score: of the model on them.
        interval: the score's 95% interval over artists; None of songs by one.
    """

    name: str
    songs: int
    score: float
    interval: Interval | None


@dataclass(frozen=True)
class Slicing:
    """The test songs in parts by one fact, such as "Genre"; in the order of the parts."""

    name: str
    parts: tuple[Part, ...]


def facts(frame: pd.DataFrame) -> pd.DataFrame:
    """The FACTS of a frame of songs that it has, as columns.

    Args:
        frame: all songs that are used: an artist's size is the number of its songs among them; of
            several artists, the largest.
    """
    derived = {}
    if "artist" in frame and frame["artist"].notna().any():
        derived[ARTIST_SONGS] = _artist_songs(frame)
    dates = next((name for wanted in YEARS for name in frame if plain(name) == wanted), None)
    if dates is not None:
        years = frame[dates].astype(str).str.extract(r"^((?:19|20)\d\d)", expand=False)
        derived[YEAR] = pd.to_numeric(years).astype("Int64")
    own = {name: frame[name] for name in FACTS if name in frame and name not in derived}
    return pd.DataFrame(derived | own, index=frame.index)


def _artist_songs(frame: pd.DataFrame) -> pd.Series:
    """How many songs the artist of each has, Int64 [songs]; NA where no artist is known."""
    people = [identity.people(names) for names in identity.artists(frame)]
    songs = Counter(name for own in people for name in own)
    largest = [max(songs[name] for name in own) if own else pd.NA for own in people]
    return pd.Series(largest, frame.index, dtype="Int64")


def slicings(target: Target, predictions: TestPredictions) -> list[Slicing]:
    """The Slicings of some test songs, by what is known of them."""
    known = _known(target, predictions)
    score, unit, table = song_scores(target, predictions), known.unit, known.songs
    grouped = {
        "Songs by the artist": song_groups.by_artist_songs(_numbers(table, ARTIST_SONGS)),
        "Decade": song_groups.by_decade(_numbers(table, YEAR)),
        "Genre": song_groups.by_genre(table["genre"])
        if "genre" in table and "genre" not in target.columns
        else None,
        "Loudness": song_groups.by_quarter(_numbers(table, "loudness"), _decibels, "dB"),
        "Length": song_groups.by_quarter(_numbers(table, "duration_ms") / 1000, _minutes, "min"),
    }
    sliced = [
        Slicing(name, _parts(groups, score, unit))
        for name, groups in grouped.items()
        if groups is not None
    ]
    return [slicing for slicing in sliced if len(slicing.parts) > 1]


def song_scores(target: Target, predictions: TestPredictions) -> pd.Series:
    """The score of each song whose truth is known, [songs]; the target's `song_metric` names it."""
    known = _known(target, predictions)
    scores = target.song_scores(known.truth, known.prediction)
    return pd.Series(scores[target.song_metric], known.songs.index)


def _known(target: Target, predictions: TestPredictions) -> TestPredictions:
    """The songs whose truth is known."""
    return predictions[np.flatnonzero(target.known(predictions.truth))]


def weak(
    slicings: Sequence[Slicing], overall: float, lower_is_better: bool
) -> list[tuple[str, Part]]:
    """The parts whose whole interval is worse than the score of all songs.

    Args:
        slicings: of the test songs.
        overall: the score of all of them.
        lower_is_better: of the score.

    Returns:
        (the slicing's name, the part) of each.
    """

    def is_worse(interval: Interval) -> bool:
        low, high = interval
        return low > overall if lower_is_better else high < overall

    return [
        (slicing.name, part)
        for slicing in slicings
        for part in slicing.parts
        if part.interval and part.songs >= FEW and is_worse(part.interval)
    ]


def _parts(groups: pd.Series, score: pd.Series, unit: Array) -> tuple[Part, ...]:
    """A Part for each category of `groups` [songs] that some song has; `unit` [songs] tells which
    songs are of one artist.
    """
    inside = [(name, (groups == name).to_numpy()) for name in groups.cat.categories]
    scores = [(name, score.to_numpy()[own], unit[own]) for name, own in inside if own.any()]
    return tuple(
        Part(str(name), len(values), float(values.mean()), _interval(values, units))
        for name, values, units in scores
    )


def _interval(values: Array, unit: Array) -> Interval | None:
    """The interval of a mean score over `unit` [songs]: Wilson's for right and wrong, else the one
    of a mean, from 0 up.
    """
    if np.isin(values, [0, 1]).all():
        return share_interval(values, unit)
    interval = mean_interval(values, unit)
    return None if interval is None else (max(0.0, interval[0]), interval[1])


def _numbers(table: pd.DataFrame, name: str) -> pd.Series:
    """A column of text as numbers [songs]; NaN where there is none."""
    return pd.to_numeric(table[name]) if name in table else pd.Series(np.nan, table.index)


def _decibels(level: float) -> str:
    return with_minus(f"{level:.1f}")


def _minutes(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"
