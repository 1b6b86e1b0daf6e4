"""Emotify (Aljanaki, Wiering and Veltkamp 2016): 400 clips of a minute, four genres, nine emotions
that listeners felt.
"""

from collections import defaultdict

from kerasfeat.datasets.output import Origin
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import read_csv
from kerasfeat.datasets.sources import Source, sources

LAYOUT = (
    "data.csv (a row for each listener and song) and the genres' folders, such as classical/1.mp3"
)
GENRES = (
    "classical",
    "rock",
    "electronic",
    "pop",
)  # a hundred songs each, numbered on from one to the next
EMOTIONS = (
    "amazement",
    "solemnity",
    "tenderness",
    "nostalgia",
    "calmness",
    "power",
    "joyful_activation",
    "tension",
    "sadness",
)
MOODS = {"calmness": "calm", "power": "energetic", "joyful_activation": "happy", "sadness": "sad"}

ORIGIN = Origin(
    "emotify",
    "http://www2.projects.science.uu.nl/memotion/emotifydata/",
    "annotations for research, cite Aljanaki et al. 2016; audio by Magnatune, CC BY-NC-SA",
    (
        "`mood` is what most listeners felt of calmness, power, joyful activation, and "
        "sadness; the first of these if even.",
    ),
)


def make(place, out):
    """The songs of Emotify with their genre, the share of listeners who felt each emotion, and the
    mood.
    """
    folder = folder_of(place, LAYOUT)
    return tabulate(out, ORIGIN, {"folder": str(folder)}, lambda output: _rows(folder, output))


def _rows(folder, output):
    felt = defaultdict(list)
    for answer in read_csv(find(folder, "data.csv", LAYOUT), ("track id", "genre", *EMOTIONS)):
        felt[answer["track id"], answer["genre"]].append(
            [answer[emotion] == "1" for emotion in EMOTIONS]
        )
    rows, missing = [], {}
    for (track_id, genre), answers in felt.items():
        audio = _audio(folder, int(track_id), genre) if track_id.isdigit() else None
        if audio is None:
            missing[track_id] = f"no file in the folder {genre}"
            continue
        shares = {
            emotion: sum(column) / len(answers)
            for emotion, column in zip(EMOTIONS, zip(*answers, strict=True), strict=True)
        }
        rows.append(
            {
                "track_id": track_id,
                "audio": output.relative(audio),
                "genre": genre,
                "mood": MOODS[max(MOODS, key=shares.get)],
                "source": ORIGIN.source,
                "listeners": len(answers),
                **{emotion: round(share, 6) for emotion, share in shares.items()},
            }
        )
    return SongRows(rows, missing)


def _audio(folder, number, genre):
    """A song's file: numbered within its genre, or throughout."""
    within = number - 100 * GENRES.index(genre) if genre in GENRES else number
    place = find(folder, genre, LAYOUT, needed=False)
    names = [f"{stem}.mp3" for stem in (within, number, f"{number:03d}")]
    return next((place / name for name in names if place and (place / name).is_file()), None)


sources.add(
    "emotify",
    Source(
        "emotify",
        "Emotify: 400 songs, four genres, nine felt emotions, from its folder.",
        ORIGIN,
        make,
    ),
)
