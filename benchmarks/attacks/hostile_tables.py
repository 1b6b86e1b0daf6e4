"""Tables of anything: names of columns that mean something with cells that don't, odd separators,
quotation marks, encodings, and bytes out of place.

    python benchmarks/attacks/hostile_tables.py --tables 10000

Survived is Songs or one message, within seconds; what was read reads back from what is written.
"""

import argparse
import tempfile
import time
from pathlib import Path

from harness import Tally
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kerasfeat import KerasfeatError
from kerasfeat.songs import schema
from kerasfeat.songs.loading import load_songs
from kerasfeat.tasks import tasks

MOST_S = 5.0
NAMES = [*schema.FEATURES, "track_id", "title", "artist", "artists", "isrc", "audio", "split"]
NAMES += ["mood", "genre", "genres", "popularity", "source", "Energy %", "Tempo (BPM)", "length"]
ODD = [
    "",
    " ",
    "\t",
    "nan",
    "NA",
    "-",
    "0",
    "1",
    "-1",
    "0.5",
    "0,5",
    "1e999",
    "1e-999",
    "50%",
    "4/4",
]
ODD += ["1,234.5", "1.234,5", "3:45", "120 bpm", "C# minor", "['a', 'b']", "[", '"', "'", "a;b"]
ODD += ["\u00a0", "\u2212" + "7", "٣", "0x10", "inf", "True", "=1+1", "\x1b[31m", "\ufeff", "é"]
cells = st.sampled_from(ODD) | st.floats().map(str) | st.text(max_size=12)
names = st.sampled_from(NAMES) | st.text(max_size=12)
rows = st.integers(1, 7).flatmap(
    lambda width: st.tuples(
        st.lists(names, min_size=width, max_size=width),
        st.lists(st.lists(cells, max_size=width + 2), max_size=9),
    )
)


def _written(
    rows: tuple[list[str], list[list[str]]],
    separator: str,
    quote: bool,
    encoding: str,
    newline: str,
) -> bytes:
    """A table as a careless program writes it: without doubling quotation marks."""
    mark = '"' * quote
    header, body = rows
    lines = [separator.join(f"{mark}{cell}{mark}" for cell in row) for row in [header, *body]]
    return newline.join(lines).encode(encoding, "replace")


written = st.builds(
    _written,
    rows,
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
# A piece of a table put, or left out, where it does not belong.
spoilt = st.builds(
    lambda table, start, length, put: table[:start] + put + table[start + length :],
    written,
    st.integers(0, 200),
    st.integers(0, 9),
    st.binary(max_size=5),
)
tables = written | spoilt | st.binary(max_size=300)


def fault_of(content: bytes, task: str | None, folder: Path) -> str:
    """What is wrong with how a table is read."""
    path, begun = folder / "songs.csv", time.monotonic()
    path.write_bytes(content)
    try:
        songs = load_songs(path, task=tasks.get(task) if task else None)
        songs.frame.to_csv(folder / "again.csv", index=False)
        again = load_songs(folder / "again.csv")
    except KerasfeatError:
        again = songs = None
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if time.monotonic() - begun > MOST_S:
        return f"took {time.monotonic() - begun:.1f} s"
    if songs is not None and again is not None and not set(again.features) <= set(songs.features):
        return f"reads back with {sorted(set(again.features) - set(songs.features))}"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=10_000)
    most, tally = parser.parse_args().tables, Tally("hostile tables")
    with tempfile.TemporaryDirectory() as folder:

        @settings(
            max_examples=most,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(tables, st.sampled_from([None, *tasks.names()]))
        def attack(content: bytes, task: str | None) -> None:
            tally.add(f"task {task}: {content!r}", fault_of(content, task, Path(folder)))

        attack()
    tally.finish()


if __name__ == "__main__":
    main()
