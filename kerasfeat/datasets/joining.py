"""Join two tables of songs."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kerasfeat.datasets.matching import IN_ORDER_OF_TRUST, Match, Matcher
from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.rows import Row, called, filled, read_rows
from kerasfeat.datasets.tables import table
from kerasfeat.files import encoded, write_bytes
from kerasfeat.songs.feature_sources import ESTIMATED
from kerasfeat.songs.fuzzy import LEAST

ORIGIN = Origin("join", "tables of your own", "those of the tables")
MATCHES = "matches.csv"


def join(
    left: str | Path, right: str | Path, out: str | Path, least: float = LEAST
) -> dict[str, int]:
    """Fill `out` with the songs of `left`, each with the columns that `right` has and it lacks.

    A value of `left` is never replaced. Features of a song come from one table: where `left` has
    some, those of `right` are left. Features whose row names no source have their table's name as
    `source`. OUT/matches.csv says of each song how it was found, and which
    one. An id that is not Spotify's may be a mere number of each table: it finds a song unless
    artist or title contradict. A song that several rows of `right` are gets nothing where it would
    get other values of each.

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
        pairs = list(zip(songs, matches, strict=True))
        named = _named(left, right)
        joined = [_joined(song, _other(match, others), named) for song, match in pairs]
        account = [_account(song, _other(match, others), match) for song, match in pairs]
        write_bytes(output.folder / MATCHES, encoded(table(account)))
        missing = {
            called(song, number): match.how
            for number, (song, match) in enumerate(pairs, start=1)
            if match.number is None
        }
        output.write(output.placed(joined), missing, counts=dict(counts))
    return {how: counts[how] for how in IN_ORDER_OF_TRUST}


def _other(match: Match, others: list[Row]) -> Row:
    return others[match.number] if match.number is not None else {}


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
