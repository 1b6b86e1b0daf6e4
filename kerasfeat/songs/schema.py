"""The columns that a tracks table may have: their names, the other names that people give them,
units, and ranges.
"""

import re
from dataclasses import dataclass
from keyword import iskeyword

from kerasfeat.audio.descriptors import COLUMNS as LOWLEVEL

TEXT = "text"
NUMBER = "number"
KEY = "key"
MODE = "mode"
METRE = "metre"

MOST_CELL_CHARACTERS = 16 * 1024**2  # some have whole lyrics in a cell


PERCENT_WORDS = dict.fromkeys(("percent", "percentage", "pct"), 0.01)
UNITS = {
    "ms": {
        **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), 1.0),
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1000.0),
        **dict.fromkeys(("min", "mins", "minute", "minutes"), 60_000.0),
    },
    "dB": {"db": 1.0},
    "BPM": {"bpm": 1.0},
}
# Words before a column's own name that say whose it is.
PREFIXES = ("song", "track", "audio", "spotify")


@dataclass(frozen=True)
class Column:
    """One canonical column.

    Attributes:
        name: its canonical name, in lower case with underscores; descriptors of the sound have
            SpotGenTrack's.
        aliases: other names it is found under, the most usual first, spelled as `plain` gives them.
        kind: TEXT; NUMBER; KEY (a number or a note name); MODE (0 or 1, or minor and major); METRE
            (beats in a bar, or such as 4/4).
        low, high: smallest and largest value; None where there is no bound.
        unit: of its values.
        unknown: a number that stands for "not known" and is read as missing.
        whole: whether only whole numbers make sense.
    """

    name: str
    aliases: tuple = ()
    kind: str = TEXT
    low: float | None = None
    high: float | None = None
    unit: str = ""
    unknown: float | None = None
    whole: bool = False

    @property
    def is_share(self):
        """Whether it is a number from 0 to 1, which tables may have in percent."""
        return self.kind == NUMBER and (self.low, self.high) == (0, 1)

    @property
    def units(self) -> dict[str, float]:
        """What a name may say of the values' unit, as `plain` spells it, and what they are
        multiplied by.
        """
        return PERCENT_WORDS if self.is_share else UNITS.get(self.unit, {})

    @property
    def allowed(self):
        """The range in words, such as "0 to 1" or "at least 1 ms"."""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None:
            return "any number"
        span = f"at least {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"
        return f"{span}{unit}"


def _share(name):
    return Column(name, kind=NUMBER, low=0, high=1)


def _statistic(name):
    # SpotGenTrack writes -1 for lyrics in a language that it could not tell.
    return Column(name, kind=NUMBER, low=0, unknown=-1)


def _descriptor(name):
    return Column(name, () if plain(name) == name else (plain(name),), kind=NUMBER)


def plain(name):
    """A header's name in lower case, with everything but letters and digits as single underscores:
    "Artist Name(s)" is "artist_name_s".
    """
    return re.sub(r"[\W_]+", "_", str(name)).strip("_").casefold()


COLUMNS = (
    Column(
        "track_id",
        (
            "spotify_id",
            "spotify_track_id",
            "spotify_uri",
            "spotify_track_uri",
            "track_uri",
            "uri",
            "track_href",
            "id",
        ),
    ),
    Column("title", ("track_name", "song_name", "track_title", "song", "name", "track")),
    Column("artist", ("artist_name", "track_artist")),
    Column(
        "artists", ("artist_names", "artist_name_s", "artist_s_name", "artist_s", "track_artists")
    ),
    Column("album", ("album_name", "track_album_name")),
    Column("isrc", ("track_isrc",)),
    Column(
        "audio",
        (
            "audio_path",
            "audio_file",
            "path",
            "file_path",
            "filepath",
            "file",
            "filename",
            "file_name",
        ),
    ),
    Column("source"),
    _share("danceability"),
    _share("energy"),
    Column("key", kind=KEY, low=0, high=11, unknown=-1, whole=True),
    Column("loudness", kind=NUMBER, low=-80, high=10, unit="dB"),
    Column("mode", kind=MODE, low=0, high=1, whole=True),
    _share("speechiness"),
    _share("acousticness"),
    _share("instrumentalness"),
    _share("liveness"),
    _share("valence"),
    Column(
        "tempo", ("bpm", "beats_per_minute"), kind=NUMBER, low=0, high=300, unit="BPM", unknown=0
    ),
    Column("duration_ms", ("length", "duration", "length_duration"), kind=NUMBER, low=1, unit="ms"),
    Column("time_signature", kind=METRE, low=0, high=7, unknown=0, whole=True),
    Column("popularity", ("track_popularity",), kind=NUMBER, low=0, high=100),
    Column("mood", ("mood_label",)),
    Column(
        "genre",
        (
            "track_genre",
            "playlist_genre",
            "music_genre",
            "genre_top",
            "top_genre",
            "the_genre_of_the_track",
        ),
    ),
    Column("genres", ("genre_tags", "artist_genres")),
    Column("split"),
    _statistic("mean_syllables_word"),
    _statistic("mean_words_sentence"),
    _statistic("n_sentences"),
    _statistic("n_words"),
    _statistic("sentence_similarity"),
    _statistic("vocabulary_wealth"),
    Column("n_markets", kind=NUMBER, low=0, whole=True),
    Column("artist_followers", ("followers", "artists_followers"), kind=NUMBER, low=0, whole=True),
    Column("artist_popularity", ("artists_popularity",), kind=NUMBER, low=0, high=100),
    *(_descriptor(name) for name in LOWLEVEL),
)

BY_NAME = {column.name: column for column in COLUMNS}

# The main tabular input, in this order. Popularity is left out: it says how a song sells, not how
# it sounds.
FEATURES = (
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
    "time_signature",
)

# The tabular inputs and the columns that each may have. `lowlevel` comes from audio where a table
# has none of its columns; `genre_distance` reads the features, and the genres of the training
# songs.
GENRE_DISTANCE = "genre_distance"
GROUPS = {
    "features": FEATURES,
    "lowlevel": LOWLEVEL,
    "lyrics": (
        "mean_syllables_word",
        "mean_words_sentence",
        "n_sentences",
        "n_words",
        "sentence_similarity",
        "vocabulary_wealth",
    ),
    "metadata": ("n_markets", "artist_followers", "artist_popularity"),
    GENRE_DISTANCE: FEATURES,
}


# Of the table of Spotify's top songs of each year. Elsewhere `pop`, `live` and `val` are other
# things.
SHORT = {
    "nrgy": "energy",
    "dnce": "danceability",
    "acous": "acousticness",
    "spch": "speechiness",
    "db": "loudness",
    "live": "liveness",
    "val": "valence",
    "dur": "duration_ms",
    "pop": "popularity",
}
ONLY_SHORT = ("nrgy", "dnce", "acous", "spch")
# Words of a data set's own: a prefix before them makes no other name of them.
WHOLE_NAMES = ("source", "split")


def resolve(header: list[str]) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Which columns of a table are canonical ones.

    Args:
        header: the names of the columns as they stand in the file.

    Returns:
        (names, doubles): `names` maps canonical name to the name in the file; `doubles` lists
        (canonical, taken, left), where a second name of the same column was found: the most
        canonical is taken, the other stays under its own name.
    """
    # Exact spellings first, so that a column called "artist" is never left over beside one called
    # "Artist".
    spelled: dict[str, list[str]] = {}
    for name in sorted(header, key=lambda name: name != plain(name)):
        spelled.setdefault(plain(name), []).append(name)
    known = {alias for column in COLUMNS for alias in (column.name, *column.aliases)}
    loose: dict[str, list[tuple[str, str]]] = {}
    for name in header:
        if plain(name) not in known:
            for other, unit in _shorter(name):
                loose.setdefault(other, []).append((name, unit))
    short = SHORT if any(name in spelled for name in ONLY_SHORT) else {}
    names: dict[str, str] = {}
    doubles = []
    for column in COLUMNS:
        aliases = (column.name, *column.aliases)
        found = [name for alias in aliases for name in spelled.get(alias, ())]
        if column.name not in WHOLE_NAMES:
            found += [
                name
                for alias in aliases
                for name, unit in loose.get(alias, ())
                if not unit or unit in column.units
            ]
        found += [
            name
            for word, meant in short.items()
            if meant == column.name
            for name in spelled.get(word, ())
        ]
        found = [name for name in dict.fromkeys(found) if name not in names.values()]
        if found:
            names[column.name] = found[0]
            doubles += [(column.name, found[0], other) for other in found[1:]]
    return names, doubles


def _shorter(name: str) -> list[tuple[str, str]]:
    """(a name without its unit and prefixes, the unit or "") of a header's name, longest first."""
    words = _words(name)
    found = [(words, "")]
    if len(words) > 1 and any(words[-1] in units for units in (*UNITS.values(), PERCENT_WORDS)):
        bare = words[:-2] if words[-2] == "in" and len(words) > 2 else words[:-1]
        found.append((bare, words[-1]))
    found += [(its[1:], unit) for its, unit in found if len(its) > 1 and its[0] in PREFIXES]
    return [("_".join(its), unit) for its, unit in found]


def _words(name: str) -> list[str]:
    """The words of a header's name, in lower case: "songDuration (ms)" has three."""
    return plain(re.sub(r"(?<=[a-z]{2})(?=[A-Z])", "_", str(name))).split("_")


def factor_of(name: str, column: Column) -> float | None:
    """What the name in the file says that the column's values must be multiplied by; None where it
    says nothing of it.
    """
    if column.is_share and "%" in name:
        return 0.01
    words = _words(name)
    return column.units.get(words[-1]) if len(words) > 1 else None


def identifier(name: str) -> str:
    """What any column is called as an input, also of a server: letters, digits and underscores, and
    no word of Python's.
    """
    word = re.sub(r"[^0-9a-z_]", lambda sign: f"u{ord(sign[0]):x}", plain(name)) or "column"
    return f"column_{word}" if word[0].isdigit() or iskeyword(word) else word


def column_of(name: str) -> Column:
    """The column of a canonical name, or a number of any size where the table calls it so."""
    return BY_NAME.get(name) or Column(name, kind=NUMBER)
