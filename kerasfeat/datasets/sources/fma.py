"""FMA (Defferrard et al. 2017): Creative Commons music in clips of 30 s.

It has genres, official splits, and Echo Nest features.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.download import Archive, download_and_unpack
from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import Row, labels_text, read_csv, records
from kerasfeat.datasets.sources import Example, Option, Source
from kerasfeat.songs.schema import FEATURES

LAYOUT = (
    "fma_metadata/tracks.csv, fma_metadata/genres.csv, fma_metadata/echonest.csv, and audio "
    "such as fma_small/000/000002.mp3"
)
SUBSETS = ("small", "medium", "large", "full")  # each holds the ones before it
# What a column is called: a name on each of the header's rows.
Levels: TypeAlias = tuple[str, ...]
NEEDED: tuple[Levels, ...] = (
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
        "Features are the Echo Nest's, which Spotify's came from: not the same numbers. They cover "
        "13,129 songs; others have none.",
    ),
)


def make(path: Path | str, out: Path | str, subset: str = "small", download: bool = False) -> int:
    """The songs of a subset of FMA with genres, official part, audio, and Echo Nest features.

    Not every song has features.
    """
    if download:
        folder = absolute(path)
        download_and_unpack([METADATA, SMALL], folder, (".csv", ".mp3"))
    else:
        folder = folder_of(path, LAYOUT)
    query = {"folder": str(folder), "subset": subset}
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, subset, output))


def _rows(folder: Path, subset: str, output: Output) -> SongRows:
    subsets = SUBSETS[: SUBSETS.index(subset) + 1]
    metadata = find(folder, "tracks.csv", LAYOUT)
    echonest = find(folder, "echonest.csv", LAYOUT, needed=False)
    genres = {
        row["genre_id"]: row["title"]
        for row in read_csv(find(folder, "genres.csv", LAYOUT), ("genre_id", "title"))
    }
    features = {song: _features(row) for song, row in _table(echonest, 3)} if echonest else {}
    folders = (find(folder, f"fma_{name}", LAYOUT, needed=False) for name in reversed(SUBSETS))
    audio_folders = [own for own in folders if own]
    rows: list[Row] = []
    missing: dict[str, str] = {}
    for song, row in _table(metadata, 2, NEEDED):
        if row["set", "subset"] not in subsets:
            continue
        name = f"{int(song):06d}"
        paths = [own / name[:3] / f"{name}.mp3" for own in audio_folders]
        audio = next((path for path in paths if path.is_file()), None)
        if audio is None:
            missing[song] = "its audio is not there"
        if audio or song in features:
            heard = {"audio": output.relative(audio)} if audio else {}
            rows.append({**_described(song, row, genres), **features.get(song, {}), **heard})
    return SongRows(rows, missing)


def _described(song: str, row: Mapping[Levels, str], genres: Mapping[str, str]) -> Row:
    """A song's row.

    Args:
        song: its id.
        row: of tracks.csv; it lists numbers of the song's genres and of all that they belong to.
        genres: number -> name.
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


def _features(row: Mapping[Levels, str]) -> Row:
    named = {name: row.get(("echonest", "audio_features", name)) for name in FEATURES}
    return {name: value for name, value in named.items() if value}


def _table(
    path: Path, levels: int, needed: tuple[Levels, ...] = ()
) -> Iterator[tuple[str, dict[Levels, str]]]:
    """Yields (track id, its row) of a table whose columns are named on several rows.

    Args:
        path: of the table; below the header a row names the index.
        levels: rows of the header.
        needed: columns that must be there.

    Raises:
        KerasfeatError: one is not.
    """
    lines = records(path)
    header = list(zip(*(fields for _, fields in itertools.islice(lines, levels)), strict=False))
    absent = [" / ".join(name) for name in needed if name not in header]
    if absent:
        raise KerasfeatError(
            f"{path} has no column {', '.join(absent)} in its first {levels} lines: is it the "
            "published file?"
        )
    for _, fields in lines:
        if len(fields) == len(header) and fields[0].isdigit():
            yield fields[0], dict(zip(header, fields, strict=True))


SOURCE = Source(
    "FMA: genres, official splits, Echo Nest features, from its folder or the network.",
    ORIGIN,
    make,
    Example(
        files={
            "fma_metadata/tracks.csv": (
                ",album,artist,set,set,track,track,track,track,track\n"
                ",title,name,split,subset,duration,genre_top,genres_all,license,title\n"
                "track_id,,,,,,,,,\n"
                "2,Álbum,Ann,training,small,180,Folk,[17],CC BY,Sun\n"
                '5,Other,Bob,test,small,200,Hip-Hop,"[21, 811]",CC BY-NC,"Rain, again"\n'
                "9,Other,Bob,test,medium,200,Hip-Hop,[21],CC BY-NC,Not small\n"
            ),
            "fma_metadata/genres.csv": (
                'genre_id,#tracks,title\n17,9,Folk\n21,9,Hip-Hop\n811,9,"Rock, Pop"\n'
            ),
            "fma_metadata/echonest.csv": (
                ",echonest,echonest\n,audio_features,audio_features\n,energy,valence\n"
                "track_id,,\n5,0.61,0.27\n"
            ),
        },
        audio=tuple(f"fma_small/000/00000{song}.mp3" for song in (2, 5, 9)),
        rows=(
            {"track_id": "2", "genre": "Folk", "split": "train", "energy": "", "artist": "Ann"},
            {
                "track_id": "5",
                "title": "Rain, again",
                "genres": "['Hip-Hop', 'Rock, Pop']",
                "split": "test",
                "duration_ms": "200000",
                "energy": "0.61",
                "licence": "CC BY-NC",
            },
        ),
    ),
    options=(
        Option(
            "--subset",
            "Which songs; each subset includes the smaller ones.",
            default="small",
            choices=SUBSETS,
        ),
        Option(
            "--download",
            "First download fma_metadata and fma_small (8 GB) if they are missing.",
            kind=bool,
            default=False,
        ),
    ),
)
