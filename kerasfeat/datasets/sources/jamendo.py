"""MTG-Jamendo, mood and theme (Bogdanov et al. 2019): 56 tags of Creative Commons music, with
official splits.
"""

import csv

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.download import Archive, download_and_unpack
from kerasfeat.datasets.http.web import Web, get
from kerasfeat.datasets.output import Origin, absolute
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import records
from kerasfeat.datasets.sources import Option, Source, sources
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
    "https://raw.githubusercontent.com/MTG/mtg-jamendo-dataset/d6252e4a3b378ba045b0159401b805b3a0cfe9de/data/download/"
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
        "Songs have several tags: column `tags` has all, with semicolons between them "
        "(--task genres --label tags learns them); `mood` "
        "is the first in the alphabet, one of several.",
    ),
)


def make(place, out, split="0", download=False, audio=None):
    """The songs of MTG-Jamendo that have mood and theme tags, each in its part of an official
    split.
    """
    if download:
        download_and_unpack([METADATA], absolute(place), (".tsv", ".txt"))
    if audio:
        download_and_unpack(_archives()[:audio], absolute(place), (".mp3",))
    folder = folder_of(place, LAYOUT)
    return tabulate(
        out,
        ORIGIN,
        {"folder": str(folder), "split": split},
        lambda output: _rows(folder, split, output),
    )


def _archives():
    """The hundred archives of low-quality audio; the songs whose path begins with 07 are in the
    eighth.
    """
    lines = get(Web(CHECKSUMS), CHECKSUMS).body.decode().split("\n")
    named = (line.split() for line in lines if line)
    return [
        Archive(f"{AUDIO}/{name}", f"sha256:{checksum}", ARCHIVE_MB) for checksum, name in named
    ]


def _rows(folder, split, output):
    rows, missing, folders = [], {}, {}
    for part, path in _lists(folder, split):
        for fields, tags in _tagged(path):
            song = dict(zip(FIELDS, fields, strict=True))
            audio = _audio(folder, folders, song["PATH"])
            if audio is None:
                missing[song["TRACK_ID"]] = (
                    "its audio is not there: get some with --audio, or with the data set's "
                    "own scripts/download/download.py"
                )
            else:
                rows.append(
                    {
                        **_described(song, tags),
                        "audio": output.relative(audio),
                        **({"split": part} if part else {}),
                    }
                )
    return SongRows(rows, missing)


def _lists(folder, split):
    """(part, file) of each part of the official split, which has the 56 tags that all parts have;
    else of the whole list, 59 tags.
    """
    place = find(folder, f"split-{split}", LAYOUT, needed=False)
    if place is None:
        say(f"{folder} has no split-{split}: all songs are taken, without the official parts.")
        return [(None, find(folder, ALL, LAYOUT))]
    return [(part, find(place, f"autotagging_moodtheme-{part}.tsv", LAYOUT)) for part in PARTS]


def _audio(folder, folders, path):
    """The file that the list calls `path`, such as "56/1376256.mp3", or its low-quality version;
    `folders` keeps what was found.
    """
    directory, _, name = path.partition("/")
    if directory not in folders:
        folders[directory] = find(folder, directory, LAYOUT, needed=False)
    names = (name, name.replace(".mp3", ".low.mp3")) if folders[directory] else ()
    return next((file for other in names if (file := folders[directory] / other).is_file()), None)


def _described(song, tags):
    return {
        "track_id": song["TRACK_ID"],
        "artist": song["ARTIST_ID"],
        "album": song["ALBUM_ID"],
        "duration_ms": round(1000 * float(song["DURATION"])),
        "mood": tags[0],
        "tags": "; ".join(tags),
        "source": ORIGIN.source,
    }


def _tagged(path):
    """Yields (the five fields, sorted mood and theme tags) of each line; tags are the rest of the
    line, however many.
    """
    lines = records(path, delimiter="\t", quoting=csv.QUOTE_NONE)
    _, header = next(lines, (0, []))
    if header[:5] != list(FIELDS):
        raise KerasfeatError(f"{path} does not begin with the header {', '.join(FIELDS)}.")
    for line, fields in lines:
        tags = sorted(
            tag.partition("---")[2] for tag in fields[5:] if tag.startswith("mood/theme---")
        )
        if len(fields) < 6 or not tags:
            raise KerasfeatError(
                f"{path}, line {line}: no song with tags such as mood/theme---happy; is "
                "the file whole?"
            )
        yield fields[:5], tags


sources.add(
    "jamendo",
    Source(
        "jamendo",
        "MTG-Jamendo mood/theme: tags and official splits, from its folder.",
        ORIGIN,
        make,
        options=(
            Option(
                "--split", "The official split.", default="0", choices=("0", "1", "2", "3", "4")
            ),
            Option(
                "--download",
                "Get the metadata first, where they are not there.",
                kind=bool,
                default=False,
            ),
            Option(
                "--audio",
                "Get the first N of the 100 archives of low-quality audio first.",
                kind=int,
                metavar="N",
            ),
        ),
    ),
)
