"""Kaggle's "Spotify Dataset 1921-2020": tracks.csv with audio features, artists.csv with genres,
joined to nine genres.
"""

from kerasfeat.datasets.output import Origin
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import artists_text, literal, read_csv
from kerasfeat.datasets.sources import LIMIT, Option, Source, sources
from kerasfeat.progress import say
from kerasfeat.songs.schema import FEATURES

LAYOUT = "tracks.csv and artists.csv"
# Of "Predicting song genre from audio features" (Arriojas), which takes labels from the artists'
# genres.
GENRES = ("rock", "pop", "country", "hip hop", "easy listening", "jazz", "blues", "reggae", "folk")

ORIGIN = Origin(
    "kaggle-tracks",
    "https://www.kaggle.com/datasets/yamaerenay/spotify-dataset-19212020-600k-tracks",
    "Community Data License Agreement - Sharing 1.0; features by Spotify, whose policy "
    "forbids training on its content",
    (
        "A song's genre is that of the nine that is found most often in the names of its "
        "artists' genres ('classic rock' is rock); of "
        "several as often, the first in the order of the list. Column `genres` has all "
        "that were found.",
    ),
)


def make(place, out, multi_artist=False, limit=None):
    """The tracks whose artists have one of the nine genres, with their features."""
    folder = folder_of(place, LAYOUT)
    query = {"folder": str(folder), "multi_artist": multi_artist, "limit": limit}
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, multi_artist, limit))


def _rows(folder, multi_artist, limit):
    known = {
        row["id"]: _counted(literal(row["genres"]))
        for row in read_csv(find(folder, "artists.csv", LAYOUT), ("id", "genres"))
    }
    rows, dropped = (
        [],
        {
            "several artists": 0,
            "artists without one of the nine genres": 0,
            "a list that can't be read": 0,
        },
    )
    for row in read_csv(
        find(folder, "tracks.csv", LAYOUT), ("id", "name", "artists", "id_artists")
    ):
        names, ids = literal(row["artists"]), literal(row["id_artists"])
        if names is None or ids is None:
            dropped["a list that can't be read"] += 1
            continue
        found = {
            genre: sum(known.get(artist, {}).get(genre, 0) for artist in ids) for genre in GENRES
        }
        if len(ids) > 1 and not multi_artist:
            dropped["several artists"] += 1
        elif not any(found.values()):
            dropped["artists without one of the nine genres"] += 1
        else:
            rows.append(_described(row, names, found))
        if len(rows) == limit:
            break
    for why, count in dropped.items():
        if count:
            say(f"{count:,} tracks left out: {why}")
    return SongRows(rows, counts=dropped)


def _described(row, names, found):
    return {
        "track_id": row["id"],
        "title": row["name"],
        "artists": artists_text(names),
        **{name: row[name] for name in (*FEATURES, "popularity") if name in row},
        "genre": max(found, key=found.get),
        "genres": "; ".join(genre for genre, count in found.items() if count),
        "release_date": row.get("release_date"),
        "source": ORIGIN.source,
    }


def _counted(genres):
    """How many of an artist's genres have one of the nine in their name."""
    words = [f" {genre.replace('-', ' ')} " for genre in genres or ()]
    return {
        genre: count for genre in GENRES if (count := sum(f" {genre} " in word for word in words))
    }


sources.add(
    "kaggle-tracks",
    Source(
        "kaggle-tracks",
        "Kaggle's Spotify tracks 1921-2020 with their artists' genres, from its folder.",
        ORIGIN,
        make,
        options=(
            Option("--multi-artist", "Also tracks of several artists.", kind=bool, default=False),
            LIMIT,
        ),
    ),
)
