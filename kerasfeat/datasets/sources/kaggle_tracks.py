"""Kaggle's "Spotify Dataset 1921-2020", joined to nine genres.

Its tracks.csv has audio features, its artists.csv genres.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from kerasfeat.datasets.output import Origin
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import Row, artists_text, literal, read_csv
from kerasfeat.datasets.sources import LIMIT, Example, Option, Source
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
        "A song's genre is that of the nine that is found most often in the names of its artists' "
        "genres ('classic rock' is rock); of several as often, the first in the order of the list. "
        "Column `genres` has all that were found.",
    ),
)


SEVERAL, NO_GENRE = "several artists", "artists without one of the nine genres"
UNREADABLE = "a list that can't be read"


def make(
    path: Path | str, out: Path | str, multi_artist: bool = False, limit: int | None = None
) -> int:
    """The tracks whose artists have one of the nine genres, with their features."""
    folder = folder_of(path, LAYOUT)
    query = {"folder": str(folder), "multi_artist": multi_artist, "limit": limit}
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, multi_artist, limit))


def _rows(folder: Path, multi_artist: bool, limit: int | None) -> SongRows:
    known = {
        row["id"]: _counted(literal(row["genres"]))
        for row in read_csv(find(folder, "artists.csv", LAYOUT), ("id", "genres"))
    }
    rows: list[Row] = []
    dropped = dict.fromkeys((SEVERAL, NO_GENRE, UNREADABLE), 0)
    tracks = find(folder, "tracks.csv", LAYOUT)
    for row in read_csv(tracks, ("id", "name", "artists", "id_artists")):
        names, ids = literal(row["artists"]), literal(row["id_artists"])
        if names is None or ids is None:
            dropped[UNREADABLE] += 1
            continue
        counts = {
            genre: sum(known.get(artist, {}).get(genre, 0) for artist in ids) for genre in GENRES
        }
        if len(ids) > 1 and not multi_artist:
            dropped[SEVERAL] += 1
        elif not any(counts.values()):
            dropped[NO_GENRE] += 1
        else:
            rows.append(_described(row, names, counts))
        if len(rows) == limit:
            break
    for why, count in dropped.items():
        if count:
            say(f"{count:,} tracks left out: {why}")
    return SongRows(rows, counts=dropped)


def _described(row: Row, names: Sequence[str], counts: Mapping[str, int]) -> Row:
    return {
        "track_id": row["id"],
        "title": row["name"],
        "artists": artists_text(names),
        **{name: row[name] for name in (*FEATURES, "popularity") if name in row},
        "genre": max(counts, key=lambda genre: counts[genre]),
        "genres": "; ".join(genre for genre, count in counts.items() if count),
        "release_date": row.get("release_date"),
        "source": ORIGIN.source,
    }


def _counted(genres: Iterable[str] | None) -> dict[str, int]:
    """How many of an artist's genres have one of the nine in their name."""
    words = [f" {genre.replace('-', ' ')} " for genre in genres or ()]
    counts = {genre: sum(f" {genre} " in word for word in words) for genre in GENRES}
    return {genre: count for genre, count in counts.items() if count}


SOURCE = Source(
    "Kaggle's Spotify tracks 1921-2020 with their artists' genres, from its folder.",
    ORIGIN,
    make,
    Example(
        files={
            "tracks.csv": (
                "id,name,popularity,artists,id_artists,energy,tempo\n"
                "k1,Söng,31,['Ann'],['a1'],0.41,97.5\n"
                "k2,Duet,40,\"['Ann', 'Bob']\",\"['a1', 'a2']\",0.5,120\n"
                "k3,Blue,12,['Bob'],['a2'],0.83,140\n"
            ),
            "artists.csv": (
                "id,followers,genres,name\n"
                "a1,5,\"['classic rock', 'album rock', 'dance pop']\",Ann\n"
                "a2,7,['vocal jazz'],Bob\n"
            ),
        },
        rows=(
            {
                "track_id": "k1",
                "title": "Söng",
                "artists": "Ann",
                "genre": "rock",
                "genres": "rock; pop",
                "energy": "0.41",
                "popularity": "31",
            },
            {"track_id": "k3", "genre": "jazz", "tempo": "140"},
        ),
    ),
    options=(
        Option("--multi-artist", "Include tracks by several artists.", kind=bool, default=False),
        LIMIT,
    ),
)
