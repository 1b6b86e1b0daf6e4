"""Where a model is better and where worse: its score on parts of the test songs, such as a decade,
a genre, or quiet songs.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from kerasfeat.evaluation import plots
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
GENRES = 12  # more than that are "other"
QUARTERS = 4
FEW = 10  # songs, below which a slice says nothing
Z95 = 1.96


@dataclass(frozen=True)
class Part:
    """Some test songs: how many, the score of the model on them, and its 95 % interval or None."""

    name: str
    songs: int
    score: float
    interval: tuple | None


@dataclass(frozen=True)
class Slicing:
    """The test songs parted by one fact, such as "Genre"; in the order of the parts."""

    name: str
    parts: tuple


def facts(frame):
    """The FACTS of a tracks frame that it has, as columns.

    Args:
        frame: all songs that are used: an artist's size is the number of its songs among them; of
            several artists, the largest.
    """
    found = {}
    if "artist" in frame and frame["artist"].notna().any():
        people = [identity.people(names) for names in identity.artists(frame)]
        songs = Counter(name for own in people for name in own)
        found[ARTIST_SONGS] = pd.Series(
            [max(songs[name] for name in own) if own else pd.NA for own in people],
            frame.index,
            dtype="Int64",
        )
    dates = next((name for wanted in YEARS for name in frame if plain(name) == wanted), None)
    if dates is not None:
        found[YEAR] = pd.to_numeric(
            frame[dates].astype(str).str.extract(r"^((?:19|20)\d\d)", expand=False)
        ).astype("Int64")
    return pd.DataFrame(
        found | {name: frame[name] for name in FACTS if name in frame and name not in found},
        index=frame.index,
    )


def slicings(target: Target, predictions: TestPredictions) -> list[Slicing]:
    """The Slicings of some test songs, by what is known of them."""
    score = song_scores(target, predictions)
    table = predictions.songs.loc[score.index]
    ways = {
        "Songs by the artist": _counts(_numbers(table, ARTIST_SONGS)),
        "Decade": _decades(_numbers(table, YEAR)),
        "Genre": _genres(table["genre"])
        if "genre" in table and "genre" not in target.columns
        else None,
        "Loudness": _quarters(
            _numbers(table, "loudness"),
            lambda value: f"{value:.1f}".replace("-", "\N{MINUS SIGN}"),
            "dB",
        ),
        "Length": _quarters(
            _numbers(table, "duration_ms") / 1000,
            lambda value: f"{round(value) // 60}:{round(value) % 60:02}",
            "min",
        ),
    }
    found = [
        Slicing(name, _parts(labels, score)) for name, labels in ways.items() if labels is not None
    ]
    return [slicing for slicing in found if len(slicing.parts) > 1]


def song_scores(target: Target, predictions: TestPredictions) -> pd.Series:
    """The score of each song whose truth is known, [songs]; the target's `song_metric` names it."""
    known = np.flatnonzero(target.known(predictions.truth))
    some = predictions[known]
    return pd.Series(
        target.song_scores(some.truth, some.prediction)[target.song_metric], some.songs.index
    )


def weak(slicings, overall, lower_is_better):
    """(slicing's name, Part) of the parts whose whole interval is worse than the score of all
    songs.
    """

    def worse(part):
        low, high = part.interval
        return low > overall if lower_is_better else high < overall

    parts = [
        (slicing.name, part)
        for slicing in slicings
        for part in slicing.parts
        if part.interval and part.songs >= FEW
    ]
    return [(name, part) for name, part in parts if worse(part)]


def draw(slicing, overall):
    """A `draw(axes)` of one Slicing: each part's score with its interval, and the score of all
    songs as a line.
    """

    def drawn(axes):
        axes.axvline(overall, linestyle="--", color=plots.MUTED, linewidth=0.9)
        for place, part in enumerate(slicing.parts):
            colour = plots.MODEL if part.songs >= FEW else plots.MUTED
            if part.interval:
                axes.plot(part.interval, [place] * 2, color=colour, linewidth=1.6, alpha=0.6)
            axes.plot(part.score, place, "o", color=colour, markersize=6)
        axes.set_yticks(
            range(len(slicing.parts)),
            [f"{part.name} ({part.songs:,})" for part in slicing.parts],
            color=plots.INK,
        )
        axes.set_ylim(len(slicing.parts) - 0.4, -0.6)
        axes.margins(x=0.08)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)

    return drawn


def _parts(labels, score):
    """A Part for each category of `labels` [songs] that some song has."""
    groups = [(name, score[labels == name]) for name in labels.cat.categories]
    return tuple(
        Part(str(name), len(values), float(values.mean()), _interval(values))
        for name, values in groups
        if len(values)
    )


def _interval(values):
    """95 % interval of a mean: Wilson's for shares, the normal for errors; None of one error."""
    if values.isin([0, 1]).all():
        low, high = binomtest(int(values.sum()), len(values)).proportion_ci(method="wilson")
        return float(low), float(high)
    if len(values) < 2:
        return None
    half = Z95 * values.std() / np.sqrt(len(values))
    return max(0.0, float(values.mean() - half)), float(values.mean() + half)


def _numbers(table, name):
    return pd.to_numeric(table[name]) if name in table else pd.Series(np.nan, table.index)


def _counts(songs):
    if songs.isna().all():
        return None
    edges, names = [0, 1, 4, 9, 19, np.inf], ["1", "2 to 4", "5 to 9", "10 to 19", "20 or more"]
    return pd.cut(songs, edges, labels=names)


def _decades(years):
    decades = (years // 10 * 10).dropna().astype(int)
    return decades.map("{}s".format).astype("category").reindex(years.index)


def _genres(genres):
    genres = genres.where(genres != "")
    most = list(genres.value_counts().index)
    shown, other = most[:GENRES], "other genres"
    kept = genres.where(genres.isin(shown) | genres.isna(), other)
    return kept.astype(pd.CategoricalDtype([*shown, *([other] if len(most) > GENRES else [])]))


def _quarters(values, write, unit):
    """Quarters of the songs, named by their ends; fewer where many songs have the same value."""
    edges = (
        np.unique(np.nanquantile(values, np.linspace(0, 1, QUARTERS + 1)))
        if values.notna().any()
        else []
    )
    if len(edges) < 3:
        return None
    names = [
        f"{write(low)} to {write(high)} {unit}" for low, high in zip(edges, edges[1:], strict=False)
    ]
    return pd.cut(
        values, edges, labels=names, include_lowest=True, ordered=len(set(names)) == len(names)
    )
