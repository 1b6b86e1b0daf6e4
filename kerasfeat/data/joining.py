"""Join two tables of songs: by id, by ISRC, by artist and title, and by artist and title nearly."""

import re
import unicodedata
from collections import Counter

from rapidfuzz import fuzz, process

from kerasfeat.data.fetching.output import Origin, absolute, filling
from kerasfeat.data.fetching.rows import called, isrc_of, read_rows, spotify_id
from kerasfeat.data.fetching.tables import table
from kerasfeat.data.mixing import ESTIMATED
from kerasfeat.data.schema import FEATURES
from kerasfeat.files import write_bytes

ORIGIN = Origin("join", "tables of your own", "those of the tables")
BY_ID, BY_ISRC, BY_NAME, NEARLY, AMBIGUOUS, NOT = "id", "ISRC", "artist and title", "nearly", "several alike", "not found"
MATCHES = "matches.csv"
# "Song (feat. X)" and "Song - 2011 Remaster" are the song; "Song (Live)" and "Song - X Remix" are others.
ASIDE = re.compile(
    r"\s*[(\[](?:feat|ft|with)\b[^)\]]*[)\]]"
    r"|\s*[(\[][^)\]]*\bremaster(?:ed)?\b[^)\]]*[)\]]"
    r"|\s+-\s+[^-]*\bremaster(?:ed)?\b[^-]*$"
)


def join(left, right, out, least=92.0):
    """Fill `out` with the songs of `left`, each with the columns that `right` has and it lacks.

    A value of `left` is never replaced. Features of a song come from one table: where `left` has some, those of `right` are left.
    OUT/matches.csv says of each song how it was found, and which one.

    Args:
        left, right: tables.
        out: a new or empty folder.
        least: how alike artist and title must be, 0 to 100 (Levenshtein ratio of the texts, rapidfuzz).

    Returns:
        {how: number of songs}, in the order of trust.

    Raises:
        KerasfeatError: a table can't be read, or `out` holds something else.
    """
    songs, others = read_rows(left), read_rows(right)
    found = _matches(songs, others, least)
    query = {"left": str(absolute(left)), "right": str(absolute(right)), "least": least}
    with filling(out, ORIGIN, query, parents=(left, right)) as output:
        joined = [_joined(song, others[match] if match is not None else {}) for song, (match, _, _) in zip(songs, found, strict=True)]
        rows = output.placed(joined)
        matches = [_account(song, others, *match) for song, match in zip(songs, found, strict=True)]
        write_bytes(output.folder / MATCHES, table(matches).encode())
        counts = Counter(how for _, how, _ in found)
        missing = {called(song, i): how for i, (song, (match, how, _)) in enumerate(zip(songs, found, strict=True), 1) if match is None}
        output.write(rows, missing, counts=dict(counts))
    return {how: counts[how] for how in (BY_ID, BY_ISRC, BY_NAME, NEARLY, AMBIGUOUS, NOT)}


def plain_name(song):
    """Artist and title without case, accents, guests, and "remastered"; None where one of them is missing."""
    artist, title = song.get("artists") or song.get("artist"), song.get("title")
    if not artist or not title:
        return None
    text = f"{artist.casefold()}\t{ASIDE.sub('', title.casefold())}"
    letters = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "\t".join(" ".join(re.sub(r"[^\w\s]", " ", part).split()) for part in letters.split("\t"))


def _id(song):
    return spotify_id(song.get("track_id")) or song.get("track_id")


def _matches(songs, others, least):
    """(number of the other song or None, how it was found, how alike 0 to 100) for each song."""
    keys = {BY_ID: _id, BY_ISRC: lambda song: isrc_of(song.get("isrc")), BY_NAME: plain_name}
    known = {how: _first(map(key, others)) for how, key in keys.items()}
    names = {number: name for name, number in known[BY_NAME].items()}
    return [_match(song, keys, known, names, least) for song in songs]


def _match(song, keys, known, names, least):
    for how, key in keys.items():
        value = key(song)
        if value and value in known[how]:
            return known[how][value], how, 100.0
    name = plain_name(song)
    if not name:
        return None, NOT, 0.0
    near = process.extract(name, names, scorer=fuzz.ratio, score_cutoff=least, limit=2)
    if not near:
        return None, NOT, 0.0
    if len(near) > 1 and near[0][1] == near[1][1]:
        return None, AMBIGUOUS, near[0][1]
    return near[0][2], NEARLY, near[0][1]


def _first(values):
    """value -> number of the first that has it."""
    numbers = {}
    for number, value in enumerate(values):
        if value:
            numbers.setdefault(value, number)
    return numbers


def _joined(song, other):
    has_features = any(name in song for name in ESTIMATED)
    gained = {name: value for name, value in other.items() if not has_features or name not in (*FEATURES, "source")}
    if any(name in gained for name in ESTIMATED) and "source" in other:
        song = {name: value for name, value in song.items() if name != "source"}  # which had no features from there
    return gained | song


def _account(song, others, match, how, score):
    other = others[match] if match is not None else {}
    told = {}
    for side, row in (("left", song), ("right", other)):
        told |= {f"{side} artist": row.get("artists") or row.get("artist"), f"{side} title": row.get("title")}
    return {"track_id": song.get("track_id"), "found by": how, "alike": round(score, 1), "right track_id": other.get("track_id"), **told}
