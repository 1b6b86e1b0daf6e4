"""Find the songs of a table in another.

By id, by ISRC, by artist and title, and by artist and title nearly.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process

from kerasfeat.datasets.rows import Row
from kerasfeat.progress import say
from kerasfeat.songs.fuzzy import alike, other_artist, plain_names
from kerasfeat.songs.ids import isrc_of, lasting_id, names_one_song
from kerasfeat.text import count

BY_ID, BY_ISRC, BY_NAME, NEARLY = "id", "ISRC", "artist and title", "nearly"
AMBIGUOUS, NOT_FOUND = "several alike", "not found"
IN_ORDER_OF_TRUST = (BY_ID, BY_ISRC, BY_NAME, NEARLY, AMBIGUOUS, NOT_FOUND)


@dataclass(frozen=True)
class Match:
    """The song of another table that a song is.

    Attributes:
        how: it was found, or why not; one of IN_ORDER_OF_TRUST.
        number: its place in the other table; None where it was not found.
        score: how alike both are, 0 to 100.
        differ: the columns in which several rows that it could be have other values.
    """

    how: str
    number: int | None = None
    score: float = 0.0
    differ: tuple[str, ...] = ()


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
class Matcher:
    """Finds songs in a table.

    Attributes:
        others: the songs of the table.
        least: how alike the artists, and the titles, must be, 0 to 100 (`fuzzy.alike`).
        gained: gives what a song gets of a row of the table.
    """

    others: Sequence[Row]
    least: float
    gained: Callable[[Row, Row], Row]

    def matches(self, songs: Sequence[Row]) -> list[Match]:
        """The match of each song."""
        doubtful = [_id(song) for song in songs if self._has_contradicting_id(song)]
        if doubtful:
            say(
                f"{len(doubtful):,} songs have the id of a song with another artist or title "
                f"(such as {doubtful[0]!r}): they are looked for by ISRC, artist and title instead"
            )
        matches = [self._match(song) for song in songs]
        differing = [match.differ for match in matches if match.differ]
        if differing:
            columns = dict.fromkeys(name for names in differing for name in names)
            several = "has several rows" if len(differing) == 1 else "have several rows"
            say(
                f"{count(len(differing), 'song')} {several} in B, which differ in "
                f"{', '.join(columns)}: nothing is joined to them ({AMBIGUOUS}). Keep one row a "
                "song in B, or leave these columns out of it"
            )
        return matches

    @cached_property
    def _numbers(self) -> dict[str, dict[str, list[int]]]:
        """For each of KEYS: key -> numbers of the rows that have it."""
        numbers: dict[str, dict[str, list[int]]] = {how: defaultdict(list) for how in KEYS}
        for how, key_of in KEYS.items():
            for number, other in enumerate(self.others):
                if key := key_of(other):
                    numbers[how][key].append(number)
        return numbers

    @cached_property
    def _names(self) -> list[str]:
        return list(self._numbers[BY_NAME])

    def _same(self, how: str, song: Row) -> list[int]:
        """Numbers of the rows that have a key of the song."""
        key = KEYS[how](song)
        return self._numbers[how].get(key, []) if key else []

    def _agreeing(self, song: Row) -> list[int]:
        """Numbers of the rows that have the id of the song, and no other artist or title."""
        numbers = self._same(BY_ID, song)
        return [
            number for number in numbers if not _contradict(song, self.others[number], self.least)
        ]

    def _has_contradicting_id(self, song: Row) -> bool:
        return bool(self._same(BY_ID, song)) and not self._agreeing(song)

    def _match(self, song: Row) -> Match:
        for how in KEYS:
            numbers = self._agreeing(song) if how == BY_ID else self._same(how, song)
            if numbers:
                return self._only(song, numbers, how, 100.0)
        name = _name(song)
        return self._nearest(song, name) if name else Match(NOT_FOUND)

    def _nearest(self, song: Row, name: str) -> Match:
        # Where artists and titles are as alike as that, both together are too: the rest need not be
        # looked at.
        candidates = process.extract(
            name, self._names, scorer=fuzz.ratio, score_cutoff=self.least, limit=None
        )
        scores = ((_least_alike(name, other), other) for other, *_ in candidates)
        near = sorted((pair for pair in scores if pair[0] >= max(self.least, 1)), reverse=True)
        if not near:
            return Match(NOT_FOUND)
        score, other = near[0]
        if len(near) > 1 and score == near[1][0]:
            return Match(AMBIGUOUS, score=score)
        return self._only(song, self._numbers[BY_NAME][other], NEARLY, score)

    def _only(self, song: Row, numbers: Sequence[int], how: str, score: float) -> Match:
        """The match with the first of some rows, if the song gets the same of each of them."""
        first, *others = (self.gained(song, self.others[number]) for number in numbers)
        names = dict.fromkeys(name for row in (first, *others) for name in row)
        differ = tuple(
            name for name in names if any(row.get(name) != first.get(name) for row in others)
        )
        if differ:
            return Match(AMBIGUOUS, score=score, differ=differ)
        return Match(how, numbers[0], score)


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
