"""SpotGenTrack (Martin-Gutierrez et al. 2020): 101,939 tracks with popularity.

They have features, low-level audio features, and statistics of lyrics.
"""

from collections.abc import Sequence
from pathlib import Path

from kerasfeat.datasets.output import Origin
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import Row, artists_text, labels_text, literal, read_csv
from kerasfeat.datasets.sources import LIMIT, Example, Option, Source
from kerasfeat.songs.schema import FEATURES

LAYOUT = (
    "Data Sources/spotify_tracks.csv, spotify_artists.csv and Features "
    "Extracted/low_level_audio_features.csv, lyrics_features.csv"
)

ORIGIN = Origin(
    "spotgen",
    "https://data.mendeley.com/datasets/4m2x4zngny/1",
    "CC BY 4.0; features by Spotify, whose policy forbids training on its content",
)


def make(
    path: Path | str,
    out: Path | str,
    low_level: bool = False,
    lyrics: bool = False,
    limit: int | None = None,
) -> int:
    """The tracks of SpotGenTrack with features, popularity, and artists.

    Low-level and lyrics features come on request.
    """
    folder = folder_of(path, LAYOUT)
    query = {"folder": str(folder), "low_level": low_level, "lyrics": lyrics, "limit": limit}
    files = {"low_level_audio_features.csv": low_level, "lyrics_features.csv": lyrics}
    wanted = [name for name, asked in files.items() if asked]
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, wanted, limit))


def _rows(folder: Path, wanted: Sequence[str], limit: int | None) -> SongRows:
    """The songs, with the columns of the files that are wanted too."""
    artists_file = find(folder, "spotify_artists.csv", LAYOUT)
    artists = {row["id"]: row for row in read_csv(artists_file, ("id", "name", "genres"))}
    rows: dict[str, Row] = {}
    missing: dict[str, str] = {}
    for row in read_csv(find(folder, "spotify_tracks.csv", LAYOUT), ("id", "name", "artists_id")):
        ids = literal(row["artists_id"])
        if ids is None:
            missing[row["id"]] = "its list of artists can't be read"
        elif row["id"] not in rows:
            own = [artists[artist] for artist in ids if artist in artists]
            rows[row["id"]] = _described(row, own)
        if len(rows) == limit:
            break
    for name in wanted:
        missing |= _joined(rows, find(folder, name, LAYOUT))
    return SongRows(list(rows.values()), missing)


def _described(row: Row, artists: Sequence[Row]) -> Row:
    genres = dict.fromkeys(genre for artist in artists for genre in literal(artist["genres"]) or ())
    return {
        "track_id": row["id"],
        "title": row["name"],
        "artists": artists_text(artist["name"] for artist in artists),
        **{name: row[name] for name in (*FEATURES, "popularity") if name in row},
        "artist_genres": labels_text(genres),
        "source": ORIGIN.source,
    }


def _joined(rows: dict[str, Row], path: Path) -> dict[str, str]:
    """Add a file's columns to the rows that it has a line for.

    Returns:
        {song: why} of the others. The index column that was written with the file is left out.
    """
    joined = set()
    for line in read_csv(path, ("track_id",)):
        song = line["track_id"]
        if song in rows:
            joined.add(song)
            own = line.keys() - {"", "Unnamed: 0", "track_id"}
            rows[song] |= {name: value for name, value in line.items() if name in own}
    return {song: f"not in {path.name}" for song in rows.keys() - joined}


SOURCE = Source(
    "SpotGenTrack: features, popularity, low-level and lyrics features, from its folder.",
    ORIGIN,
    make,
    Example(
        files={
            "Data Sources/spotify_tracks.csv": (
                ",acousticness,artists_id,id,name,popularity,tempo\n"
                "0,0.13,['b1'],g1,Söng,52,97.5\n"
                "1,0.24,\"['b2', 'b1']\",g2,Other,17,120\n"
            ),
            "Data Sources/spotify_artists.csv": (
                ",genres,id,name\n0,\"['folk', 'art pop']\",b1,Ann\n1,[],b2,Bob\n"
            ),
            "Features Extracted/low_level_audio_features.csv": ",ZCR,track_id\n0,0.07,g2\n",
        },
        options={"low_level": True},
        rows=(
            {"track_id": "g1", "artists": "Ann", "popularity": "52", "ZCR": ""},
            {
                "track_id": "g2",
                "artists": "Bob; Ann",
                "acousticness": "0.24",
                "artist_genres": "folk; art pop",
                "ZCR": "0.07",
            },
        ),
    ),
    options=(
        Option(
            "--low-level",
            "Add the 207 low-level audio features; takes 33 kB of memory per track.",
            kind=bool,
            default=False,
        ),
        Option("--lyrics", "Add the statistics of the lyrics.", kind=bool, default=False),
        LIMIT,
    ),
)
