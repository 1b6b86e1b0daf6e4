"""DEAM (Aljanaki, Yang and Soleymani 2017): 1,802 songs with valence and arousal.

Listeners rated them from 1 to 9.
"""

from pathlib import Path

from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import Row, read_csv
from kerasfeat.datasets.sources import Example, Source

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
        "`valence` and `arousal` are mean ratings from 1 to 9, brought to 0 to 1. They are not "
        "estimates by Spotify.",
    ),
)


def make(path: Path | str, out: Path | str) -> int:
    """The songs of DEAM with valence and arousal from 0 to 1."""
    folder = folder_of(path, LAYOUT)
    return tabulate(out, ORIGIN, {"folder": str(folder)}, lambda output: _rows(folder, output))


def _rows(folder: Path, output: Output) -> SongRows:
    audio = find(folder, "MEMD_audio", LAYOUT)
    known = _metadata(folder)
    files = [find(folder, name, LAYOUT, needed=name == RATINGS[0]) for name in RATINGS]
    columns = ("song_id", *MEANS.values())
    rows: list[Row] = []
    missing: dict[str, str] = {}
    for rated in (row for file in files if file for row in read_csv(file, columns)):
        song = rated["song_id"]
        if not (audio / f"{song}.mp3").is_file():
            missing[song] = f"no file in {audio.name}"
            continue
        try:
            values = {name: _share(rated[mean]) for name, mean in MEANS.items()}
        except ValueError:
            missing[song] = "its ratings are not numbers"
            continue
        place = {"audio": output.relative(audio / f"{song}.mp3"), "source": ORIGIN.source}
        rows.append({"track_id": song, **known.get(song, {}), **place, **values})
    return SongRows(rows, missing)


def _share(rating: str) -> float:
    return round((float(rating) - LOW) / (HIGH - LOW), 6)


def _metadata(folder: Path) -> dict[str, Row]:
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


SOURCE = Source(
    "DEAM: 1,802 songs with valence and arousal, from its folder.",
    ORIGIN,
    make,
    Example(
        files={
            f"annotations/song_level/{RATINGS[0]}": (
                "song_id, valence_mean, valence_std, arousal_mean, arousal_std\n"
                "2,3.0,1.1,7.0,0.9\n"
                "5,8.2,0.7,1.8,1.3\n"
            ),
            "metadata/metadata_2013.csv": "song_id,Artist,Song title,Genre\n5,Ann,Mañana,Folk\n",
        },
        audio=("MEMD_audio/2.mp3", "MEMD_audio/5.mp3"),
        rows=(
            {"track_id": "2", "valence": "0.25", "arousal": "0.75", "artist": ""},
            {"track_id": "5", "valence": "0.9", "arousal": "0.1", "artist": "Ann"},
        ),
    ),
)
