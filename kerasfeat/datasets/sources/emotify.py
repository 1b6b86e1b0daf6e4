"""Emotify (Aljanaki, Wiering and Veltkamp 2016): 400 clips of a minute in four genres.

Listeners said which of nine emotions they felt.
"""

from collections import defaultdict
from pathlib import Path

from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import Row, read_csv
from kerasfeat.datasets.sources import Example, Source

LAYOUT = (
    "data.csv (a row for each listener and song) and the genres' folders, such as classical/1.mp3"
)
# A hundred songs each, numbered on from one to the next.
GENRES = ("classical", "rock", "electronic", "pop")
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
        "`mood` is what most listeners felt of calmness, power, joyful activation, and sadness; "
        "the first of these if even.",
    ),
)


def make(path: Path | str, out: Path | str) -> int:
    """The songs of Emotify with genre, mood, and the share of listeners who felt each emotion."""
    folder = folder_of(path, LAYOUT)
    return tabulate(out, ORIGIN, {"folder": str(folder)}, lambda output: _rows(folder, output))


def _rows(folder: Path, output: Output) -> SongRows:
    felt: defaultdict[tuple[str, str], list[list[bool]]] = defaultdict(list)
    for answer in read_csv(find(folder, "data.csv", LAYOUT), ("track id", "genre", *EMOTIONS)):
        felt[answer["track id"], answer["genre"]].append(
            [answer[emotion] == "1" for emotion in EMOTIONS]
        )
    rows: list[Row] = []
    missing: dict[str, str] = {}
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
                "mood": MOODS[max(MOODS, key=lambda emotion: shares[emotion])],
                "source": ORIGIN.source,
                "listeners": len(answers),
                **{emotion: round(share, 6) for emotion, share in shares.items()},
            }
        )
    return SongRows(rows, missing)


def _audio(folder: Path, number: int, genre: str) -> Path | None:
    """A song's file: numbered within its genre, or throughout."""
    within = number - 100 * GENRES.index(genre) if genre in GENRES else number
    own = find(folder, genre, LAYOUT, needed=False)
    names = [f"{stem}.mp3" for stem in (within, number, f"{number:03d}")]
    return next((own / name for name in names if own and (own / name).is_file()), None)


SOURCE = Source(
    "Emotify: 400 songs, four genres, nine felt emotions, from its folder.",
    ORIGIN,
    make,
    Example(
        files={
            "data.csv": (
                f"track id, genre, {', '.join(EMOTIONS)}, mood, liked\n"
                "1,classical,0,0,0,0,1,0,0,0,0,3,0\n"
                "1,classical,1,0,0,0,1,0,0,1,0,2,1\n"
                "203,electronic,0,0,0,0,0,1,0,0,0,3,0\n"
            )
        },
        audio=("classical/1.mp3", "electronic/3.mp3"),
        rows=(
            {
                "track_id": "1",
                "genre": "classical",
                "mood": "calm",
                "listeners": "2",
                "calmness": "1.0",
                "tension": "0.5",
            },
            {"track_id": "203", "genre": "electronic", "mood": "energetic", "power": "1.0"},
        ),
    ),
)
