"""DEAM (Aljanaki, Yang and Soleymani 2017): 1,802 songs with valence and arousal as listeners rated
them, 1 to 9.
"""

from kerasfeat.datasets.output import Origin
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import read_csv
from kerasfeat.datasets.sources import Source, sources

LAYOUT = (
    "song_level/static_annotations_averaged_songs_1_2000.csv (and _2000_2058.csv) and "
    "MEMD_audio/2.mp3, ..."
)
RATINGS = (
    "static_annotations_averaged_songs_1_2000.csv",
    "static_annotations_averaged_songs_2000_2058.csv",
)
METADATA = ("metadata_2013.csv", "metadata_2014.csv", "metadata_2015.csv")
# The same thing under each year's own name.
NAMES = {
    "artist": ("artist",),
    "title": ("song title", "track", "title"),
    "genre": ("genre",),
    "album": ("album",),
}
MEANS = {"valence": "valence_mean", "arousal": "arousal_mean"}
LOW, HIGH = 1, 9

ORIGIN = Origin(
    "deam",
    "https://cvml.unige.ch/databases/DEAM/",
    "annotations CC BY-NC; songs Creative Commons, by the Free Music Archive, Jamendo, and "
    "MedleyDB",
    (
        "`valence` and `arousal` are mean ratings from 1 to 9, brought to 0 to 1. They are "
        "no estimates by Spotify.",
    ),
)


def make(place, out):
    """The songs of DEAM with valence and arousal from 0 to 1."""
    folder = folder_of(place, LAYOUT)
    return tabulate(out, ORIGIN, {"folder": str(folder)}, lambda output: _rows(folder, output))


def _rows(folder, output):
    audio = find(folder, "MEMD_audio", LAYOUT)
    known = _metadata(folder)
    files = [find(folder, name, LAYOUT, needed=name == RATINGS[0]) for name in RATINGS]
    rows, missing = [], {}
    for rated in (
        row for file in files if file for row in read_csv(file, ("song_id", *MEANS.values()))
    ):
        song = rated["song_id"]
        if not (audio / f"{song}.mp3").is_file():
            missing[song] = f"no file in {audio.name}"
            continue
        try:
            values = {
                name: round((float(rated[mean]) - LOW) / (HIGH - LOW), 6)
                for name, mean in MEANS.items()
            }
        except ValueError:
            missing[song] = "its ratings are no numbers"
            continue
        path = output.relative(audio / f"{song}.mp3")
        rows.append(
            {
                "track_id": song,
                **known.get(song, {}),
                "audio": path,
                "source": ORIGIN.source,
                **values,
            }
        )
    return SongRows(rows, missing)


def _metadata(folder):
    """song id -> artist, title, genre, album, where the metadata lie beside the ratings."""
    known = {}
    for file in filter(None, (find(folder, name, LAYOUT, needed=False) for name in METADATA)):
        for row in read_csv(file, ()):
            row = {name.casefold(): value for name, value in row.items()}
            song = next(iter(row.values()))
            known[song] = {
                name: row[own] for name, others in NAMES.items() for own in others if row.get(own)
            }
    return known


sources.add(
    "deam",
    Source("deam", "DEAM: 1,802 songs with valence and arousal, from its folder.", ORIGIN, make),
)
