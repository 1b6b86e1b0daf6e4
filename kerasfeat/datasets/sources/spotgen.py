"""SpotGenTrack (Martin-Gutierrez et al. 2020): 101,939 tracks with features, low-level audio
features, lyrics statistics, popularity.
"""

from kerasfeat.datasets.output import Origin
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import artists_text, labels_text, literal, read_csv
from kerasfeat.datasets.sources import LIMIT, Option, Source, sources
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


def make(place, out, low_level=False, lyrics=False, limit=None):
    """The tracks of SpotGenTrack with features, popularity, and artists; low-level and lyrics
    features on request.
    """
    folder = folder_of(place, LAYOUT)
    query = {"folder": str(folder), "low_level": low_level, "lyrics": lyrics, "limit": limit}
    files = {"low_level_audio_features.csv": low_level, "lyrics_features.csv": lyrics}
    wanted = [name for name, asked in files.items() if asked]
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, wanted, limit))


def _rows(folder, wanted, limit):
    artists = {
        row["id"]: row
        for row in read_csv(find(folder, "spotify_artists.csv", LAYOUT), ("id", "name", "genres"))
    }
    rows, missing = {}, {}
    for row in read_csv(find(folder, "spotify_tracks.csv", LAYOUT), ("id", "name", "artists_id")):
        ids = literal(row["artists_id"])
        if ids is None:
            missing[row["id"]] = "its list of artists can't be read"
        elif row["id"] not in rows:
            rows[row["id"]] = _described(
                row, [artists[artist] for artist in ids if artist in artists]
            )
        if len(rows) == limit:
            break
    for name in wanted:
        _join(rows, find(folder, name, LAYOUT), missing)
    return SongRows(list(rows.values()), missing)


def _described(row, artists):
    genres = dict.fromkeys(genre for artist in artists for genre in literal(artist["genres"]) or ())
    return {
        "track_id": row["id"],
        "title": row["name"],
        "artists": artists_text(artist["name"] for artist in artists),
        **{name: row[name] for name in (*FEATURES, "popularity") if name in row},
        "artist_genres": labels_text(genres),
        "source": ORIGIN.source,
    }


def _join(rows, path, missing):
    """Add a file's columns to the rows that it has a line for; the index column that was written
    with it is left out.
    """
    had = set()
    for line in read_csv(path, ("track_id",)):
        if line["track_id"] in rows:
            had.add(line["track_id"])
            rows[line["track_id"]] |= {
                name: value
                for name, value in line.items()
                if name not in ("", "Unnamed: 0", "track_id")
            }
    missing |= {song: f"not in {path.name}" for song in rows.keys() - had}


sources.add(
    "spotgen",
    Source(
        "spotgen",
        "SpotGenTrack: features, popularity, low-level and lyrics features, from its folder.",
        ORIGIN,
        make,
        options=(
            Option(
                "--low-level",
                "Add the 207 low-level audio features; takes 33 kB of memory a track.",
                kind=bool,
                default=False,
            ),
            Option("--lyrics", "Add the statistics of the lyrics.", kind=bool, default=False),
            LIMIT,
        ),
    ),
)
