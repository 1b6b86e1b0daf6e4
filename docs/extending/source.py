"""A source: a folder of audio files with labels.tsv, a line for each file and its mood."""

from pathlib import Path

from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.published import SongRows, find, folder_of, tabulate
from kerasfeat.datasets.rows import Row, records
from kerasfeat.datasets.sources import Example, Source

LAYOUT = "labels.tsv (file, tab, mood) and the files"
ORIGIN = Origin("labelled-files", "https://example.org/labelled-files", "CC BY 4.0")


def make(path: Path | str, out: Path | str) -> int:
    """The files that labels.tsv names, with their mood."""
    folder = folder_of(path, LAYOUT)
    return tabulate(out, ORIGIN, {"folder": str(folder)}, lambda output: _rows(folder, output))


def _rows(folder: Path, output: Output) -> SongRows:
    rows: list[Row] = []
    missing: dict[str, str] = {}
    for _, (name, mood) in records(find(folder, "labels.tsv", LAYOUT), delimiter="\t"):
        if (folder / name).is_file():
            place = {"audio": output.relative(folder / name), "source": ORIGIN.source}
            rows.append({"track_id": Path(name).stem, "mood": mood, **place})
        else:
            missing[name] = "no such file"
    return SongRows(rows, missing)


SOURCE = Source(
    "Audio files with labels.tsv, from their folder.",
    ORIGIN,
    make,
    Example(
        files={"labels.tsv": "one.wav\tcalm\nmore/two.mp3\twild\nthree.wav\tcalm\n"},
        audio=("one.wav", "more/two.mp3"),
        rows=({"track_id": "one", "mood": "calm"}, {"track_id": "two", "mood": "wild"}),
    ),
)
