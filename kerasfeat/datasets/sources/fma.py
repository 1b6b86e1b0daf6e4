"""FMA (Defferrard et al. 2017): Creative Commons music, clips of 30 s, genres, official splits, and
Echo Nest features.
"""

import itertools
import re

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.download import Archive, download_and_unpack
from kerasfeat.datasets.output import Origin, absolute
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import labels_text, read_csv, records
from kerasfeat.datasets.sources import Option, Source, sources
from kerasfeat.songs.schema import FEATURES

LAYOUT = (
    "fma_metadata/tracks.csv, fma_metadata/genres.csv, fma_metadata/echonest.csv, and audio "
    "such as fma_small/000/000002.mp3"
)
SUBSETS = ("small", "medium", "large", "full")  # each holds the ones before it
NEEDED = (
    ("set", "subset"),
    ("set", "split"),
    ("track", "title"),
    ("track", "genre_top"),
    ("track", "genres_all"),
    ("track", "duration"),
    ("track", "license"),
    ("artist", "name"),
    ("album", "title"),
)
SPLITS = {"training": "train", "validation": "validation", "test": "test"}
# As https://github.com/mdeff/fma publishes them.
METADATA = Archive(
    "https://os.unil.cloud.switch.ch/fma/fma_metadata.zip",
    "sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
    2000,
)
SMALL = Archive(
    "https://os.unil.cloud.switch.ch/fma/fma_small.zip",
    "sha1:ade154f733639d52e35e32f5593efe5be76c6d70",
    9000,
)

ORIGIN = Origin(
    "fma",
    "https://github.com/mdeff/fma",
    "metadata CC BY 4.0; audio Creative Commons, each song its own (column licence)",
    (
        "Features are the Echo Nest's, which Spotify's came from: not the same numbers. "
        "They cover 13,129 songs; others have none.",
    ),
)


def make(place, out, subset="small", download=False):
    """The songs of a subset of FMA with genres, official part, audio, and Echo Nest features where
    there are some.
    """
    if download:
        folder = absolute(place)
        download_and_unpack([METADATA, SMALL], folder, (".csv", ".mp3"))
    else:
        folder = folder_of(place, LAYOUT)
    return tabulate(
        out,
        ORIGIN,
        {"folder": str(folder), "subset": subset},
        lambda output: _rows(folder, subset, output),
    )


def _rows(folder, subset, output):
    subsets = SUBSETS[: SUBSETS.index(subset) + 1]
    metadata = find(folder, "tracks.csv", LAYOUT)
    echonest = find(folder, "echonest.csv", LAYOUT, needed=False)
    genres = {
        row["genre_id"]: row["title"]
        for row in read_csv(find(folder, "genres.csv", LAYOUT), ("genre_id", "title"))
    }
    features = {song: _features(row) for song, row in _table(echonest, 3)} if echonest else {}
    places = [
        place
        for name in reversed(SUBSETS)
        if (place := find(folder, f"fma_{name}", LAYOUT, needed=False))
    ]
    rows, missing = [], {}
    for song, row in _table(metadata, 2, NEEDED):
        if row["set", "subset"] not in subsets:
            continue
        name = f"{int(song):06d}"
        audio = next(
            (path for place in places if (path := place / name[:3] / f"{name}.mp3").is_file()), None
        )
        if audio is None:
            missing[song] = "its audio is not there"
        if audio or song in features:
            rows.append(
                {
                    **_described(song, row, genres),
                    **features.get(song, {}),
                    **({"audio": output.relative(audio)} if audio else {}),
                }
            )
    return SongRows(rows, missing)


def _described(song, row, genres):
    """A song's row; `genres` names the numbers of genres, of which each song lists its own with all
    that they belong to.
    """
    seconds = row["track", "duration"]
    return {
        "track_id": song,
        "title": row["track", "title"],
        "artist": row["artist", "name"],
        "album": row["album", "title"],
        "genre": row["track", "genre_top"],
        "genres": labels_text(
            genres.get(number, number) for number in re.findall(r"\d+", row["track", "genres_all"])
        ),
        "split": SPLITS.get(row["set", "split"]),
        "duration_ms": 1000 * int(seconds) if seconds.isdigit() else None,
        "licence": row["track", "license"],
        "source": ORIGIN.source,
    }


def _features(row):
    named = {name: row.get(("echonest", "audio_features", name)) for name in FEATURES}
    return {name: value for name, value in named.items() if value}


def _table(path, levels, needed=()):
    """Yields (track id, {names of its levels: text}) of a table with several header rows and a row
    that names the index.
    """
    lines = records(path)
    header = list(zip(*(fields for _, fields in itertools.islice(lines, levels)), strict=False))
    absent = [" / ".join(name) for name in needed if name not in header]
    if absent:
        raise KerasfeatError(
            f"{path} has no column {', '.join(absent)} in its first {levels} lines: is it "
            "the published file?"
        )
    for _, fields in lines:
        if len(fields) == len(header) and fields[0].isdigit():
            yield fields[0], dict(zip(header, fields, strict=True))


sources.add(
    "fma",
    Source(
        "fma",
        "FMA: genres, official splits, Echo Nest features, from its folder or the network.",
        ORIGIN,
        make,
        options=(
            Option(
                "--subset",
                "Which songs; each subset holds the ones before it.",
                default="small",
                choices=SUBSETS,
            ),
            Option(
                "--download",
                "Get fma_metadata and fma_small first, 8 GB, where they are not there.",
                kind=bool,
                default=False,
            ),
        ),
    ),
)
