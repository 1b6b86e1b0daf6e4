"""Songs grouped by one fact: by the artist's songs, by decade, by genre, by quarters of a number.

Each function gives the name of every song's group [songs], NaN where the fact is not known, as
categories in the order to show them; None where the songs can't be told apart by it.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

GENRES = 12  # the others are "other genres"
QUARTERS = 4


def by_artist_songs(songs: pd.Series) -> pd.Series | None:
    """Groups by how many songs the artist has, [songs]."""
    if songs.isna().all():
        return None
    edges = [0, 1, 4, 9, 19, np.inf]
    return pd.cut(songs, edges, labels=["1", "2 to 4", "5 to 9", "10 to 19", "20 or more"])


def by_decade(years: pd.Series) -> pd.Series:
    """Groups by the decade of each song's year [songs], such as 1980s."""
    decades = (years // 10 * 10).dropna().astype(int)
    return decades.map("{}s".format).astype("category").reindex(years.index)


def by_genre(genres: pd.Series) -> pd.Series:
    """Groups by genre [songs], the most frequent first; "" is not known."""
    genres = genres.where(genres != "")
    frequent = list(genres.value_counts().index)
    shown, other = frequent[:GENRES], "other genres"
    kept = genres.where(genres.isin(shown) | genres.isna(), other)
    categories = [*shown, *([other] if len(frequent) > GENRES else [])]
    return kept.astype(pd.CategoricalDtype(categories))


def by_quarter(values: pd.Series, write: Callable[[float], str], unit: str) -> pd.Series | None:
    """Quarters of the songs by a number, fewer where many songs have the same.

    Args:
        values: [songs].
        write: a value as text; two values, and the unit, name a quarter.
        unit: of the values.
    """
    if values.isna().all():
        return None
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, QUARTERS + 1)))
    if len(edges) < 3:
        return None
    ends = zip(edges, edges[1:], strict=False)
    names = [f"{write(low)} to {write(high)} {unit}" for low, high in ends]
    ordered = len(set(names)) == len(names)
    return pd.cut(values, edges, labels=names, include_lowest=True, ordered=ordered)
