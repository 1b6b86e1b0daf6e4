"""A folder of audio files: classes by the folders in it or by a table, names by the files' tags."""

import re
import unicodedata
from collections import defaultdict

from kerasfeat.datasets.output import Origin, absolute
from kerasfeat.datasets.published import SongRows, folder_of, tabulate
from kerasfeat.datasets.rows import artists_text, isrc_of, read_rows
from kerasfeat.datasets.sources import Option, Source, sources

LAYOUT = "audio files, in a folder for each class, or with a table"

ORIGIN = Origin("folder", "files of your own", "the recordings' own")


def make(place, out, table=None, label="genre"):
    """The audio files of a folder, where they lie: with their tags, and labels by their folder's
    name or by a table.
    """
    folder = folder_of(place, LAYOUT)
    query = {"folder": str(folder), "table": table and str(absolute(table)), "label": label}
    return tabulate(out, ORIGIN, query, lambda output: _rows(folder, table, label, output))


def _rows(folder, table, label, output):
    from kerasfeat.audio.decode import audio_files

    closed = {}
    files = audio_files(
        folder, lambda error: closed.update({error.filename: f"can't be read: {error.strerror}"})
    )
    named, missing = (
        _by_table(table, files)
        if table
        else ({path: _by_folder(path, folder, label) for path in files}, {})
    )
    missing |= closed
    rows = []
    for path, told in named.items():
        tags, problem = _tags(path)
        if problem:
            missing[str(path)] = problem
        identity = {"track_id": path.relative_to(folder).as_posix(), "title": path.stem}
        rows.append(
            {
                **identity,
                **tags,
                **told,
                "audio": output.relative(path),
                "source": told.get("source", ORIGIN.source),
            }
        )
    return SongRows(rows, missing)


def _by_folder(path, folder, label):
    return {label: path.parent.name} if path.parent != folder else {}


def _by_table(table, files):
    """({file: its row of the table}, {what: why} of rows without a file and files without a row)."""
    by_name = defaultdict(list)
    for path in files:
        by_name[_plain(path.name)].append(path)
    named, missing = {}, {}
    for row in read_rows(table):
        told = row.get("audio") or row.get("track_id", "")
        found = _alike(told, by_name)
        if len(found) == 1 and found[0] not in named:
            named[found[0]] = row
        else:
            missing[told or str(row)] = (
                "several files of this name"
                if len(found) > 1
                else "two rows for a file"
                if found
                else "no such file"
            )
    missing |= {str(path): "not in the table" for path in files if path not in named}
    return named, missing


def _alike(told, by_name):
    """The files whose path ends as the table's does, as far as can be: tables come from other
    folders, and from Windows.
    """
    parts = [_plain(part) for part in re.split(r"[\\/]+", told)][::-1]
    scores = {
        path: _common([_plain(part) for part in path.parts[::-1]], parts)
        for path in by_name.get(parts[0], ())
    }
    best = max(scores.values(), default=0)
    return [path for path, score in scores.items() if score == best]


def _plain(name):
    """A file's name without case, its accented letters as single signs: a Mac's names have the
    accents apart.
    """
    return unicodedata.normalize("NFC", name).casefold()


def _common(one, other):
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


def _tags(path):
    """(columns that the file's tags tell, why they can't be read or "")."""
    import tinytag

    try:
        tags = tinytag.TinyTag.get(path).as_dict()
    except (
        Exception
    ) as error:  # reading broken files it may fail in any way; the song is kept without tags
        return {}, f"its tags can't be read ({type(error).__name__})"
    first = {
        name: tags[own][0]
        for name, own in (("title", "title"), ("album", "album"), ("tag_genre", "genre"))
        if tags.get(own)
    }
    told = {
        **first,
        "artists": artists_text(tags.get("artist") or ()),
        "isrc": isrc_of((tags.get("isrc") or [""])[0]),
    }
    if tags.get("duration"):
        told["duration_ms"] = round(1000 * tags["duration"])
    return {name: value for name, value in told.items() if value}, ""


sources.add(
    "folder",
    Source(
        "folder",
        "A folder of audio files, a class in each folder or by a table.",
        ORIGIN,
        make,
        options=(
            Option(
                "--table",
                "A table with the files' names (column audio, file, or the like) and their labels.",
                metavar="TABLE",
            ),
            Option(
                "--label",
                "What the folders' names are.",
                default="genre",
                choices=("genre", "mood"),
            ),
        ),
    ),
)
