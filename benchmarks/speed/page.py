"""docs/performance.md: its tables from what was measured; the text around them stays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.speed.measured import Against, Measured, Point

BEGIN, END = "<!-- begin: python -m benchmarks -->", "<!-- end: python -m benchmarks -->"
MOST_EXPONENT = 1.05
BUSY = 0.1  # share of the processors that others may take
FLAT = 1.1  # times the memory at 16 times the work, at most
TIMES = ("what", "work", "ours", "beside it", "its time", "times as fast", "goal", "met")
GROWTH = ("what", "work", "time", "exponent", "memory")


@dataclass(frozen=True)
class Family:
    """What was measured of one family of rows, and on what.

    Attributes:
        on: the machine.
        versions: of the libraries.
        songs: what songs they were.
        repeats: of each measurement.
        scale: of the sizes; 1 for the usual ones.
        others: the share of the processors that other programs took.
        rows: the rows.
    """

    on: str
    versions: str
    songs: str
    repeats: int
    scale: float
    others: float
    rows: tuple[Measured, ...]


def write_page(path: Path, families: Sequence[Family]) -> None:
    """Write the tables into a page between BEGIN and END, or make the page."""
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Speed\n\n{BEGIN}\n{END}\n"
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [_facts(families), _times(families), _bounds(families), _growth(families)]
    text = "\n\n".join(part for part in parts if part)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _facts(families: Sequence[Family]) -> str:
    """The machine, the versions, and how to read the table; each once."""
    on = " and ".join(dict.fromkeys(family.on for family in families))
    versions = "; ".join(dict.fromkeys(family.versions for family in families))
    songs = " and ".join(dict.fromkeys(family.songs for family in families))
    repeats = max(family.repeats for family in families)
    return (
        f"On {on}. {versions}. The songs are {songs}. Both sides take turns in one run: medians of "
        f"{repeats} repeats where no other number is told, in brackets the least and the most. "
        '"Times as fast" is the median of the ratios of neighbours.' + _doubts(families)
    )


def _doubts(families: Sequence[Family]) -> str:
    """Why the figures are not to be relied on; empty where nothing speaks against them."""
    scale = min(family.scale for family in families)
    others = max(family.others for family in families)
    small = f" **A trial at {scale:g} of the usual sizes**: starting weighs more than it does."
    busy = f" **Other programs took up to {others:.0%} of the processors**: remeasure it alone."
    return (small if scale < 1 else "") + (busy if others > BUSY else "")


def _times(families: Sequence[Family]) -> str:
    lines = []
    for row in _rows(families):
        if row.seconds:
            cells = [row.name, row.work, _spread(row.seconds)]
            lines += [
                [*cells, other.name, _spread(other.seconds), *_verdict(row, other)]
                for other in row.against
            ] or [[*cells, *[""] * 5]]
    return "## Beside what one would use instead\n\n" + _table(TIMES, lines)


def _verdict(row: Measured, other: Against) -> list[str]:
    """Times as fast, the goal, and whether it is met."""
    met = {True: "yes", False: "**no**", None: ""}[row.is_met(other)]
    faster, goal = f"{row.faster(other):.2f}", ""
    if other.most_beyond_s is not None:
        faster = f"{row.beyond_s(other):+.1f} s"
        goal = f"at most +{other.most_beyond_s:g} s"
    elif other.least is not None:
        goal = f"{other.least:.2f}"
    return [faster, goal, met]


def _bounds(families: Sequence[Family]) -> str:
    """What bounds the rows that miss a goal."""
    lines = [
        f"- {row.name}: {row.bound or 'not known yet.'}"
        for row in _rows(families)
        if any(row.is_met(other) is False for other in row.against)
    ]
    return "\n".join(["## What bounds the rows that miss their goal", "", *lines]) if lines else ""


def _growth(families: Sequence[Family]) -> str:
    """Time and memory at 1, 4, and 16 times the work."""
    rows = [row for row in _rows(families) if row.growth]
    if not rows:
        return ""
    lines = []
    for row in rows:
        sizes = " / ".join(f"{point.size:,}" for point in row.growth)
        exponent = f"{row.exponent:.2f}"
        if row.exponent > MOST_EXPONENT:
            exponent = f"**{exponent}**"
        seconds = " / ".join(_time(point.seconds) for point in row.growth)
        lines.append([row.name, f"{sizes} {row.unit}", seconds, exponent, _memory(row.growth)])
    steep = [row for row in rows if row.exponent > MOST_EXPONENT]
    why = [f"- {row.name}: {row.why or 'not known yet.'}" for row in steep]
    head = (
        "## Growth\n\nOurs at 1, 4, and 16 times the work, the exponent of the time in the work "
        "(1: twice the work takes twice the time), and the largest memory of the process where it "
        "is one of its own.\n\n"
    )
    return head + "\n".join([_table(GROWTH, lines), *([""] if why else []), *why])


def _memory(growth: Iterable[Point]) -> str:
    peaks = [point.peak_mb for point in growth if point.peak_mb is not None]
    if not peaks:
        return ""
    told = " / ".join(f"{peak:,.0f}" for peak in peaks) + " MB"
    return (
        f"{told}, flat" if peaks[-1] <= FLAT * peaks[0] else f"{told}, {peaks[-1] / peaks[0]:.1f}x"
    )


def _rows(families: Sequence[Family]) -> list[Measured]:
    return [row for family in families for row in family.rows]


def _spread(seconds: Sequence[float]) -> str:
    if len(seconds) == 1:
        return _time(seconds[0])
    return f"{_time(median(seconds))} ({_time(min(seconds))} to {_time(max(seconds))})"


def _time(seconds: float) -> str:
    if seconds < 0.95:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.1f} s"


def _table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
