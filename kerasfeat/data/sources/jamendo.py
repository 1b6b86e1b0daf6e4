"""MTG-Jamendo, mood and theme (Bogdanov et al. 2019): 56 tags of Creative Commons music, with official splits."""

import csv

from kerasfeat import KerasfeatError
from kerasfeat.data.fetching.download import Archive, had
from kerasfeat.data.fetching.output import Origin
from kerasfeat.data.fetching.published import find, folder_for, folder_of, tabulate
from kerasfeat.data.fetching.rows import open_text
from kerasfeat.data.sources import Option, Source, sources

LAYOUT = "data/autotagging_moodtheme.tsv, data/splits/split-0/autotagging_moodtheme-train.tsv, ..., and the audio in folders 00 to 99"
ALL = "autotagging_moodtheme.tsv"
PARTS = ("train", "validation", "test")
# The release on Zenodo, with the checksum that mirdata has for it.
METADATA = Archive("https://zenodo.org/record/3826813/files/data.zip?download=1", "md5:039ce10f267f6e4e9f72837c76d72b2f", 200)
FIELDS = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION")

ORIGIN = Origin(
    "jamendo",
    "https://mtg.github.io/mtg-jamendo-dataset/",
    "metadata CC BY-NC-SA 4.0; audio Creative Commons, each song its own (audio_licenses.txt)",
    ("Songs have several tags: column `tags` has all, with semicolons between them; `mood` is the first in the alphabet, one of several.",),
)


def make(place, out, split="0", download=False):
    """The songs of MTG-Jamendo that have mood and theme tags, each in its part of an official split."""
    folder = folder_of(place, LAYOUT) if not download else _downloaded(place)
    return tabulate(out, ORIGIN, {"folder": str(folder), "split": split}, lambda output: _rows(folder, split, output))


def _downloaded(place):
    folder = folder_for(place)
    had([METADATA], folder, (".tsv", ".txt"))
    return folder


def _rows(folder, split, output):
    parts = _parts(folder, split)
    rows, missing, folders = [], {}, {}
    for fields, tags in _tagged(find(folder, ALL, LAYOUT)):
        song = dict(zip(FIELDS, fields, strict=True))
        directory = song["PATH"].partition("/")[0]
        if directory not in folders:
            folders[directory] = find(folder, directory, LAYOUT, needed=False)
        name = song["PATH"].rpartition("/")[2]
        found = [folders[directory] / other for other in (name, name.replace(".mp3", ".low.mp3")) if folders[directory]]
        audio = next((path for path in found if path.is_file()), None)
        if parts and song["TRACK_ID"] not in parts:
            missing[song["TRACK_ID"]] = f"in no part of split {split}"
        elif audio is None:
            missing[song["TRACK_ID"]] = "its audio is not there: get it with the data set's own scripts/download/download.py"
        else:
            part = {"split": parts[song["TRACK_ID"]]} if parts else {}
            rows.append({**_described(song, tags), "audio": output.relative(audio), **part})
    return rows, missing


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
    """Yields (the five fields, sorted mood and theme tags) of each line; tags are the rest of the line, however many."""
    with open_text(path) as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if next(lines, [])[:5] != list(FIELDS):
            raise KerasfeatError(f"{path} does not begin with the header {', '.join(FIELDS)}.")
        for number, line in enumerate(lines, start=2):
            tags = sorted(tag.partition("---")[2] for tag in line[5:] if tag.startswith("mood/theme---"))
            if len(line) < 6 or not tags:
                raise KerasfeatError(f"{path}, line {number}: no song with tags such as mood/theme---happy; is the file whole?")
            yield line[:5], tags


def _parts(folder, split):
    """track id -> train, validation, or test; {} where the official splits are not there."""
    parts = {}
    place = find(folder, f"split-{split}", LAYOUT, needed=False)
    for part in PARTS if place else ():
        parts |= {fields[0]: part for fields, _ in _tagged(find(place, f"autotagging_moodtheme-{part}.tsv", LAYOUT))}
    return parts


sources.add(
    "jamendo",
    Source(
        "jamendo",
        "MTG-Jamendo mood/theme: tags and official splits, from its folder.",
        ORIGIN,
        make,
        options=(
            Option("--split", "The official split.", default="0", choices=("0", "1", "2", "3", "4")),
            Option("--download", "Get the metadata first, where they are not there.", kind=bool, default=False),
        ),
        task="mood",
    ),
)
