"""GTZAN (Tzanetakis and Cook 2002): 1,000 clips of 30 s in ten genres.

It is also found as mirdata's gtzan_genre lays it out.
"""

from pathlib import Path

from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.published import SongRows, folder_of, tabulate
from kerasfeat.datasets.rows import Row
from kerasfeat.datasets.sources import Example, Source

LAYOUT = "the genres' folders with their clips, such as genres/jazz/jazz.00000.wav"
GENRES = (
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
)
CORRUPT = "jazz.00054"  # in the copies that are about; some have mended it
TRIAL_RATE_HZ = 22_050

ORIGIN = Origin(
    "gtzan",
    "http://marsyas.info/downloads/datasets.html",
    "none stated; for research",
    (
        "Some clips are repeated and some labels wrong (Sturm 2013, arXiv:1306.1461), and no "
        "artists are named: clips of one artist lie on several sides of a split, so scores are "
        "better than on other music.",
    ),
)


def make(path: Path | str, out: Path | str) -> int:
    """The clips of GTZAN with their genre."""
    folder = folder_of(path, LAYOUT)
    return tabulate(out, ORIGIN, {"folder": str(folder)}, lambda output: _rows(folder, output))


def _rows(folder: Path, output: Output) -> SongRows:
    from kerasfeat.audio.decode import AudioError, audio_files, decode

    rows: list[Row] = []
    missing: dict[str, str] = {}

    def closed(error: OSError) -> None:
        missing[error.filename] = f"can't be read: {error.strerror}"

    for path in audio_files(folder, closed):
        genre, track_id = path.parent.name, path.stem
        if genre not in GENRES:
            missing[str(path)] = f"not in a folder called {', '.join(GENRES)}"
            continue
        try:
            if track_id == CORRUPT:
                decode(path, TRIAL_RATE_HZ)
            rows.append(
                {
                    "track_id": track_id,
                    "audio": output.relative(path),
                    "genre": genre,
                    "source": ORIGIN.source,
                }
            )
        except AudioError as error:
            missing[track_id] = error.reason
    return SongRows(rows, missing)


SOURCE = Source(
    "GTZAN: 1,000 clips in ten genres, from its folder.",
    ORIGIN,
    make,
    Example(
        audio=("genres/jazz/jazz.00007.wav", "genres/metal/metal.00041.wav"),
        rows=(
            {"track_id": "jazz.00007", "genre": "jazz", "source": "gtzan"},
            {"track_id": "metal.00041", "genre": "metal", "source": "gtzan"},
        ),
    ),
)
