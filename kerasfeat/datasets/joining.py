"""Join two tables of songs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasfeat.datasets.matching import IN_ORDER_OF_TRUST, Match, Matcher
from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.rows import Row, called, filled, read_rows
from kerasfeat.datasets.tables import table
from kerasfeat.files import encoded, write_bytes
from kerasfeat.progress import say
from kerasfeat.songs.feature_sources import ESTIMATED
from kerasfeat.songs.fuzzy import LEAST
from kerasfeat.text import count

ORIGIN = Origin("join", "tables of your own", "those of the tables")
MATCHES = "matches.csv"


def join(
    left: str | Path, right: str | Path, out: str | Path, least: float = LEAST
) -> dict[str, int]:
    """Fill `out` with the songs of `left`, each with the columns that `right` has and it lacks.

    A value of `left` is never replaced. Features of a song come from one table: where `left` has
    some, those of `right` are left out. Features whose row names no source have their table's name
    as `source`. OUT/matches.csv says of each song how it was found, and which one. An id that is
    not Spotify's may be a mere number of each table: it finds a song unless artist or title
    contradict. A song that several rows of `right` are gets nothing where it would get other values
    of each.

    Args:
        left, right: tables.
        out: a new or empty folder.
        least: how alike the artists, and the titles, must be, 0 to 100 (`fuzzy.alike`).

    Returns:
        {how: number of songs}, in the order of trust.

    Raises:
        KerasfeatError: a table can't be read, or `out` holds something else.
    """
    songs, others = read_rows(left), read_rows(right)
    matches = Matcher(others, least, _gained).matches(songs)
    counts = Counter(match.how for match in matches)
    query = {"left": str(absolute(left)), "right": str(absolute(right)), "least": least}
    with filling(out, ORIGIN, query, parents=(left, right)) as output:
        pairs = [
            (song, others[match.number] if match.number is not None else {})
            for song, match in zip(songs, matches, strict=True)
        ]
        named = _named(left, right)
        joined = [_joined(song, other, named) for song, other in pairs]
        accounts = zip(pairs, matches, strict=True)
        account = table([_account(song, other, match) for (song, other), match in accounts])
        write_bytes(output.folder / MATCHES, encoded(account))
        missing = {
            called(song, number): match.how
            for number, (song, match) in enumerate(zip(songs, matches, strict=True), start=1)
            if match.number is None
        }
        counts["features of B left out"] = _say_left_out(pairs)
        output.write(output.placed(joined), missing, counts=counts)
    return {how: counts[how] for how in IN_ORDER_OF_TRUST}


def _gained(song: Row, other: Row) -> Row:
    """What a song gets of a row of the other table: what it lacks, and no features beside its own;
    how long it is, is none.
    """
    left = (*ESTIMATED, "source") if _has_features(song) else ()
    more = {name: value for name, value in other.items() if name not in left}
    return {name: value for name, value in filled(song, more).items() if name not in song}


def _has_features(row: Row) -> bool:
    return any(name in row for name in ESTIMATED)


@dataclass(frozen=True)
class _Named:
    """Where features come from whose rows don't say it.

    Attributes:
        left, right: of each table.
    """

    left: str
    right: str


def _say_left_out(pairs: Sequence[tuple[Row, Row]]) -> int:
    """Say which features of the other table are left out beside the songs' own.

    Args:
        pairs: each song, and its row in the other table.

    Returns:
        The number of songs.
    """
    own: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    songs = 0
    for song, other in pairs:
        lacking = [name for name in other if name in ESTIMATED and name not in song]
        if lacking and _has_features(song):
            songs += 1
            own.update(name for name in song if name in ESTIMATED)
            left_out.update(lacking)
    if songs:
        say(
            f"{count(songs, 'song')} {'keeps' if songs == 1 else 'keep'} A's features "
            f"({', '.join(own)}): {', '.join(left_out)} of B are left out, since two sources don't "
            "measure the same. To have B's, give B first (data join B A OUT), or take A's out of A"
        )
    return songs


def _named(left: str | Path, right: str | Path) -> _Named:
    """What the tables' files are called, as a source of features."""
    names = _Named(absolute(left).stem, absolute(right).stem)
    if names.left == names.right:
        return _Named(f"{names.left} (A)", f"{names.right} (B)")
    return names


def _joined(song: Row, other: Row, named: _Named) -> Row:
    """A song with what it gets of its row in the other table; features have a source, always."""
    row = _gained(song, other) | song
    if _has_features(song):
        return {**row, "source": song.get("source", named.left)}
    if _has_features(row):
        # The song's own source had no features.
        return {**row, "source": other.get("source", named.right)}
    return row


def _account(song: Row, other: Row, match: Match) -> Row:
    return {
        "track_id": song.get("track_id"),
        "found by": match.how,
        "alike": round(match.score, 1),
        "right track_id": other.get("track_id"),
        "left artist": song.get("artists") or song.get("artist"),
        "left title": song.get("title"),
        "right artist": other.get("artists") or other.get("artist"),
        "right title": other.get("title"),
    }
