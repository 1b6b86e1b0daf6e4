"""MTG-Jamendo, mood and theme (Bogdanov et al. 2019): 56 tags of Creative Commons music.

It has official splits.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.download import Archive, download_and_unpack
from kerasfeat.datasets.http.web import Web, get
from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import Row, records
from kerasfeat.datasets.sources import Example, Option, Source
from kerasfeat.progress import say

LAYOUT = (
    "data/autotagging_moodtheme.tsv, data/splits/split-0/autotagging_moodtheme-train.tsv, ..., "
    "and the audio in folders 00 to 99"
)
ALL = "autotagging_moodtheme.tsv"
PARTS = ("train", "validation", "test")
# The release on Zenodo, with the checksum that mirdata has for it.
METADATA = Archive(
    "https://zenodo.org/record/3826813/files/data.zip?download=1",
    "md5:039ce10f267f6e4e9f72837c76d72b2f",
    200,
)
# The list of the audio's archives with their checksums, at one commit, and where they lie.
CHECKSUMS = (
    "https://raw.githubusercontent.com/MTG/mtg-jamendo-dataset/"
    "d6252e4a3b378ba045b0159401b805b3a0cfe9de/data/download/"
    "autotagging_moodtheme_audio-low_sha256_tars.txt"
)
AUDIO = "https://cdn.freesound.org/mtg-jamendo/autotagging_moodtheme/audio-low"
ARCHIVE_MB = 2000
FIELDS = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION")

ORIGIN = Origin(
    "jamendo",
    "https://mtg.github.io/mtg-jamendo-dataset/",
    "metadata CC BY-NC-SA 4.0; audio Creative Commons, each song its own (audio_licenses.txt)",
    (
        "Songs have several tags: column `tags` has all, with semicolons between them (--task "
        "genres --label tags learns them); `mood` is the first in the alphabet, one of several.",
    ),
)


def make(
    path: Path | str,
    out: Path | str,
    split: str = "0",
    download: bool = False,
    audio: int | None = None,
) -> int:
    """The songs of MTG-Jamendo that have mood and theme tags, each in its part of a split."""
    if download:
        download_and_unpack([METADATA], absolute(path), (".tsv", ".txt"))
    if audio:
        download_and_unpack(_archives()[:audio], absolute(path), (".mp3",))
    folder = folder_of(path, LAYOUT)
    query = {"folder": str(folder), "split": split}
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, split, output))


def _archives() -> list[Archive]:
    """The hundred archives of low-quality audio.

    The songs whose path begins with 07 are in the eighth.
    """
    lines = get(Web(CHECKSUMS), CHECKSUMS).body.decode().split("\n")
    named = (line.split() for line in lines if line)
    return [
        Archive(f"{AUDIO}/{name}", f"sha256:{checksum}", ARCHIVE_MB) for checksum, name in named
    ]


def _rows(folder: Path, split: str, output: Output) -> SongRows:
    rows: list[Row] = []
    missing: dict[str, str] = {}
    folders: dict[str, Path | None] = {}
    for part, path in _lists(folder, split):
        for song, tags in _tagged(path):
            audio = _audio(folder, folders, song["PATH"])
            if audio is None:
                missing[song["TRACK_ID"]] = (
                    "its audio is not there: get some with --audio, or with the data set's own "
                    "scripts/download/download.py"
                )
                continue
            place = {"audio": output.relative(audio), **({"split": part} if part else {})}
            rows.append({**_described(song, tags), **place})
    return SongRows(rows, missing)


def _lists(folder: Path, split: str) -> list[tuple[str | None, Path]]:
    """(part, file) of each part of the official split, which has the 56 tags that all parts have.

    Without one it is the whole list, 59 tags.
    """
    own = find(folder, f"split-{split}", LAYOUT, needed=False)
    if own is None:
        say(f"{folder} has no split-{split}: all songs are taken, without the official parts.")
        return [(None, find(folder, ALL, LAYOUT))]
    return [(part, find(own, f"autotagging_moodtheme-{part}.tsv", LAYOUT)) for part in PARTS]


def _audio(folder: Path, folders: dict[str, Path | None], path: str) -> Path | None:
    """The file of a song, or its low-quality version.

    Args:
        folder: of the data set.
        folders: keeps the folders of audio that were looked for.
        path: of the song in the list, such as "56/1376256.mp3".
    """
    directory, _, name = path.partition("/")
    if directory not in folders:
        folders[directory] = find(folder, directory, LAYOUT, needed=False)
    own = folders[directory]
    names = (name, name.replace(".mp3", ".low.mp3"))
    return next((own / name for name in names if own and (own / name).is_file()), None)


def _described(song: Mapping[str, str], tags: Sequence[str]) -> Row:
    return {
        "track_id": song["TRACK_ID"],
        "artist": song["ARTIST_ID"],
        "album": song["ALBUM_ID"],
        "duration_ms": round(1000 * float(song["DURATION"])),
        "mood": tags[0],
        "tags": "; ".join(tags),
        "source": ORIGIN.source,
    }


def _tagged(path: Path) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Yields (FIELDS of a song, its mood and theme tags, sorted) of each line.

    Tags are the rest of the line, however many.

    Raises:
        KerasfeatError: a line has no tags, or the header is another.
    """
    lines = records(path, delimiter="\t", quoting=csv.QUOTE_NONE)
    _, header = next(lines, (0, []))
    if header[:5] != list(FIELDS):
        raise KerasfeatError(f"{path} does not begin with the header {', '.join(FIELDS)}.")
    for line, fields in lines:
        own = (tag for tag in fields[5:] if tag.startswith("mood/theme---"))
        tags = sorted(tag.partition("---")[2] for tag in own)
        if len(fields) < 6 or not tags:
            raise KerasfeatError(
                f"{path}, line {line}: no song with tags such as mood/theme---happy; is the file "
                "whole?"
            )
        yield dict(zip(FIELDS, fields[:5], strict=True)), tags


EXAMPLE_HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
SOURCE = Source(
    "MTG-Jamendo mood/theme: tags and official splits, from its folder.",
    ORIGIN,
    make,
    Example(
        files={
            "data/splits/split-0/autotagging_moodtheme-train.tsv": (
                f"{EXAMPLE_HEADER}track_07\tartist_3\talbum_5\t07/107.mp3\t200.3"
                "\tmood/theme---film\tmood/theme---calm\n"
            ),
            "data/splits/split-0/autotagging_moodtheme-validation.tsv": EXAMPLE_HEADER,
            "data/splits/split-0/autotagging_moodtheme-test.tsv": (
                f"{EXAMPLE_HEADER}track_09\tartist_4\talbum_6\t09/109.mp3\t181\tmood/theme---dark\n"
            ),
        },
        audio=("audio/07/107.low.mp3", "audio/09/109.mp3"),
        rows=(
            {
                "track_id": "track_07",
                "artist": "artist_3",
                "duration_ms": "200300",
                "mood": "calm",
                "tags": "calm; film",
                "split": "train",
            },
            {"track_id": "track_09", "mood": "dark", "tags": "dark", "split": "test"},
        ),
    ),
    options=(
        Option("--split", "The official split.", default="0", choices=("0", "1", "2", "3", "4")),
        Option(
            "--download",
            "First download the metadata if it is missing.",
            kind=bool,
            default=False,
        ),
        Option(
            "--audio",
            "First download the first N of the 100 archives of low-quality audio.",
            kind=int,
            metavar="N",
        ),
    ),
)
