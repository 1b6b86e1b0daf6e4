"""Join two tables of songs: by id, by ISRC, by artist and title, and by artist and title nearly."""

from collections import Counter

from rapidfuzz import fuzz, process

from kerasfeat.datasets.output import Origin, absolute, filling
from kerasfeat.datasets.rows import called, read_rows
from kerasfeat.datasets.tables import table
from kerasfeat.files import encoded, write_bytes
from kerasfeat.progress import say
from kerasfeat.songs.feature_sources import ESTIMATED
from kerasfeat.songs.fuzzy import LEAST, alike, other_artist, plain_names
from kerasfeat.songs.ids import isrc_of, lasting_id, names_one_song
from kerasfeat.songs.schema import FEATURES

ORIGIN = Origin("join", "tables of your own", "those of the tables")
BY_ID, BY_ISRC, BY_NAME, NEARLY, AMBIGUOUS, NOT = (
    "id",
    "ISRC",
    "artist and title",
    "nearly",
    "several alike",
    "not found",
)
MATCHES = "matches.csv"


def join(left, right, out, least=LEAST):
    """Fill `out` with the songs of `left`, each with the columns that `right` has and it lacks.

    A value of `left` is never replaced. Features of a song come from one table: where `left` has
    some, those of `right` are left. OUT/matches.csv says of each song how it was found, and which
    one. An id that is not Spotify's may be a mere number of each table: it finds a song unless
    artist or title contradict.

    Args:
        left, right: tables.
        out: a new or empty folder.
        least: how alike the artists, and the titles, must be, 0 to 100 (`likeness.alike`).

    Returns:
        {how: number of songs}, in the order of trust.

    Raises:
        KerasfeatError: a table can't be read, or `out` holds something else.
    """
    songs, others = read_rows(left), read_rows(right)
    found = _matches(songs, others, least)
    query = {"left": str(absolute(left)), "right": str(absolute(right)), "least": least}
    with filling(out, ORIGIN, query, parents=(left, right)) as output:
        joined = [
            _joined(song, others[match] if match is not None else {})
            for song, (match, _, _) in zip(songs, found, strict=True)
        ]
        rows = output.placed(joined)
        matches = [_account(song, others, *match) for song, match in zip(songs, found, strict=True)]
        write_bytes(output.folder / MATCHES, encoded(table(matches)))
        counts = Counter(how for _, how, _ in found)
        missing = {
            called(song, i): how
            for i, (song, (match, how, _)) in enumerate(zip(songs, found, strict=True), 1)
            if match is None
        }
        output.write(rows, missing, counts=dict(counts))
    return {how: counts[how] for how in (BY_ID, BY_ISRC, BY_NAME, NEARLY, AMBIGUOUS, NOT)}


def _id(song: dict) -> str | None:
    return lasting_id(song.get("track_id"))


def _isrc(song):
    return isrc_of(song.get("isrc"))


def _name(song):
    """Artist and title as `rapidfuzz` compares them; None where one of them is missing."""
    names = plain_names(song)
    return "\t".join(names) if all(names) else None


def _matches(songs, others, least):
    """(number of the other song or None, how it was found, how alike 0 to 100) for each song."""
    known = {how: _first(map(key, others)) for how, key in KEYS.items()}
    names = {number: name for name, number in known[BY_NAME].items()}
    doubtful = [
        _id(song)
        for song in songs
        if _id(song) in known[BY_ID] and _contradict(song, others[known[BY_ID][_id(song)]], least)
    ]
    if doubtful:
        say(
            f"{len(doubtful):,} songs have the id of a song with another artist or title "
            f"(such as {doubtful[0]!r}): they are looked for by "
            "ISRC, artist and title instead"
        )
    return [_match(song, others, known, names, least) for song in songs]


def _match(song, others, known, names, least):
    for how, key in KEYS.items():
        number = known[how].get(key(song))
        if number is not None and not (how == BY_ID and _contradict(song, others[number], least)):
            return number, how, 100.0
    name = _name(song)
    if not name:
        return None, NOT, 0.0
    # Where artists and titles are as alike as that, both together are too: the rest need not be
    # looked at.
    candidates = process.extract(name, names, scorer=fuzz.ratio, score_cutoff=least, limit=None)
    near = sorted(
        ((_least_alike(name, other), number) for other, _, number in candidates), reverse=True
    )
    near = [(score, number) for score, number in near if score >= max(least, 1)]
    if not near:
        return None, NOT, 0.0
    if len(near) > 1 and near[0][0] == near[1][0]:
        return None, AMBIGUOUS, near[0][0]
    return near[0][1], NEARLY, near[0][0]


def _least_alike(name, other):
    """How alike the artists are, or the titles: the less alike of both."""
    return min(map(alike, name.split("\t"), other.split("\t")))


def _contradict(song: dict, other: dict, least: float) -> bool:
    """Whether two songs of one id are different ones: the id may be a number, and artist or title
    are others.
    """
    if names_one_song(_id(song)):
        return False
    (artist, title), (artist_there, title_there) = plain_names(song), plain_names(other)
    if artist and artist_there and other_artist(artist, artist_there):
        return True
    return bool(title and title_there) and alike(title, title_there) < least


KEYS = {BY_ID: _id, BY_ISRC: _isrc, BY_NAME: _name}


def _first(values):
    """value -> number of the first that has it."""
    numbers = {}
    for number, value in enumerate(values):
        if value:
            numbers.setdefault(value, number)
    return numbers


def _joined(song, other):
    has_features = any(name in song for name in ESTIMATED)
    gained = {
        name: value
        for name, value in other.items()
        if not has_features or name not in (*FEATURES, "source")
    }
    if any(name in gained for name in ESTIMATED) and "source" in other:
        song = {
            name: value for name, value in song.items() if name != "source"
        }  # which had no features from there
    return gained | song


def _account(song, others, match, how, score):
    other = others[match] if match is not None else {}
    told = {}
    for side, row in (("left", song), ("right", other)):
        told |= {
            f"{side} artist": row.get("artists") or row.get("artist"),
            f"{side} title": row.get("title"),
        }
    return {
        "track_id": song.get("track_id"),
        "found by": how,
        "alike": round(score, 1),
        "right track_id": other.get("track_id"),
        **told,
    }
