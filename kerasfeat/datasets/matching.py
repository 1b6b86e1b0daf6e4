"""Join two tables of songs: by id, by ISRC, by artist and title, and by artist and title nearly."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rapidfuzz import fuzz, process

from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.provenance import absolute
from kerasfeat.datasets.rows import Row, called, filled, read_rows
from kerasfeat.datasets.tables import table
from kerasfeat.files import encoded, write_bytes
from kerasfeat.progress import say
from kerasfeat.songs.feature_sources import ESTIMATED
from kerasfeat.songs.fuzzy import LEAST, alike, other_artist, plain_names
from kerasfeat.songs.ids import isrc_of, lasting_id, names_one_song
from kerasfeat.songs.schema import FEATURES

ORIGIN = Origin("join", "tables of your own", "those of the tables")
BY_ID, BY_ISRC, BY_NAME, NEARLY = "id", "ISRC", "artist and title", "nearly"
AMBIGUOUS, NOT_FOUND = "several alike", "not found"
IN_ORDER_OF_TRUST = (BY_ID, BY_ISRC, BY_NAME, NEARLY, AMBIGUOUS, NOT_FOUND)
MATCHES = "matches.csv"


@dataclass(frozen=True)
class Match:
    """The song of another table that a song is.

    Attributes:
        how: it was found, or why not; one of IN_ORDER_OF_TRUST.
        number: its place in the other table; None where it was not found.
        score: how alike both are, 0 to 100.
    """

    how: str
    number: int | None = None
    score: float = 0.0


def join(
    left: str | Path, right: str | Path, out: str | Path, least: float = LEAST
) -> dict[str, int]:
    """Fill `out` with the songs of `left`, each with the columns that `right` has and it lacks.

    A value of `left` is never replaced. Features of a song come from one table: where `left` has
    some, those of `right` are left. OUT/matches.csv says of each song how it was found, and which
    one. An id that is not Spotify's may be a mere number of each table: it finds a song unless
    artist or title contradict.

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
    matches = _Matcher(others, least).matches(songs)
    counts = Counter(match.how for match in matches)
    query = {"left": str(absolute(left)), "right": str(absolute(right)), "least": least}
    with filling(out, ORIGIN, query, parents=(left, right)) as output:
        pairs = list(zip(songs, matches, strict=True))
        joined = [_joined(song, _other(match, others)) for song, match in pairs]
        account = [_account(song, _other(match, others), match) for song, match in pairs]
        write_bytes(output.folder / MATCHES, encoded(table(account)))
        missing = {
            called(song, number): match.how
            for number, (song, match) in enumerate(pairs, start=1)
            if match.number is None
        }
        output.write(output.placed(joined), missing, counts=dict(counts))
    return {how: counts[how] for how in IN_ORDER_OF_TRUST}


def _id(song: Row) -> str | None:
    return lasting_id(song.get("track_id"))


def _isrc(song: Row) -> str | None:
    return isrc_of(song.get("isrc"))


def _name(song: Row) -> str | None:
    """Artist and title as `rapidfuzz` compares them; None where one of them is missing."""
    artist, title = plain_names(song)
    return f"{artist}\t{title}" if artist and title else None


KEYS = {BY_ID: _id, BY_ISRC: _isrc, BY_NAME: _name}


@dataclass(frozen=True)
class _Matcher:
    """Finds songs in a table.

    Attributes:
        others: the songs of the table.
        least: see `join`.
    """

    others: Sequence[Row]
    least: float

    @cached_property
    def _numbers(self) -> dict[str, dict[str, int]]:
        """For each of KEYS: key -> number of the first song that has it."""
        return {how: _first(map(key, self.others)) for how, key in KEYS.items()}

    @cached_property
    def _names(self) -> dict[int, str]:
        return {number: name for name, number in self._numbers[BY_NAME].items()}

    def matches(self, songs: Sequence[Row]) -> list[Match]:
        """The match of each song."""
        doubtful = [_id(song) for song in songs if self._has_contradicting_id(song)]
        if doubtful:
            say(
                f"{len(doubtful):,} songs have the id of a song with another artist or title "
                f"(such as {doubtful[0]!r}): they are looked for by ISRC, artist and title instead"
            )
        return [self._match(song) for song in songs]

    def _has_contradicting_id(self, song: Row) -> bool:
        number = self._number(BY_ID, song)
        return number is not None and _contradict(song, self.others[number], self.least)

    def _number(self, how: str, song: Row) -> int | None:
        key = KEYS[how](song)
        return self._numbers[how].get(key) if key else None

    def _match(self, song: Row) -> Match:
        for how in KEYS:
            number = self._number(how, song)
            if number is not None and not (how == BY_ID and self._has_contradicting_id(song)):
                return Match(how, number, 100.0)
        name = _name(song)
        return self._nearest(name) if name else Match(NOT_FOUND)

    def _nearest(self, name: str) -> Match:
        # Where artists and titles are as alike as that, both together are too: the rest need not be
        # looked at.
        candidates = process.extract(
            name, self._names, scorer=fuzz.ratio, score_cutoff=self.least, limit=None
        )
        scores = ((_least_alike(name, other), number) for other, _, number in candidates)
        near = sorted((pair for pair in scores if pair[0] >= max(self.least, 1)), reverse=True)
        if not near:
            return Match(NOT_FOUND)
        score, number = near[0]
        if len(near) > 1 and score == near[1][0]:
            return Match(AMBIGUOUS, score=score)
        return Match(NEARLY, number, score)


def _least_alike(name: str, other: str) -> float:
    """How alike the artists are, or the titles: the less alike of both."""
    return min(map(alike, name.split("\t"), other.split("\t")))


def _contradict(song: Row, other: Row, least: float) -> bool:
    """Whether two songs of one id are different ones: the id may be a number, and artist or title
    are others.
    """
    track_id = _id(song)
    if track_id is None or names_one_song(track_id):
        return False
    (artist, title), (known_artist, known_title) = plain_names(song), plain_names(other)
    if artist and known_artist and other_artist(artist, known_artist):
        return True
    return bool(title and known_title and alike(title, known_title) < least)


def _first(keys: Iterable[str | None]) -> dict[str, int]:
    """key -> number of the first that has it."""
    numbers: dict[str, int] = {}
    for number, key in enumerate(keys):
        if key:
            numbers.setdefault(key, number)
    return numbers


def _other(match: Match, others: Sequence[Row]) -> Row:
    return others[match.number] if match.number is not None else {}


def _joined(song: Row, other: Row) -> Row:
    has_features = any(name in song for name in ESTIMATED)
    gained = {
        name: value
        for name, value in other.items()
        if not has_features or name not in (*FEATURES, "source")
    }
    if any(name in gained for name in ESTIMATED) and "source" in other:
        # The song's own source had no features.
        song = {name: value for name, value in song.items() if name != "source"}
    return filled(song, gained)


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
