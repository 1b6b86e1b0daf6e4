"""The columns that a table of songs may have: names, what people call them, units, and ranges."""

import re
from dataclasses import dataclass, replace
from keyword import iskeyword

import hub_models
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
    aliases: tuple[str, ...] = ()
    kind: str = TEXT
    low: float | None = None
    high: float | None = None
    unit: str = ""
    unknown: float | None = None
    whole: bool = False

    @property
    def is_share(self) -> bool:
        """Whether it is a number from 0 to 1, which tables may have in percent."""
        return self.kind == NUMBER and (self.low, self.high) == (0, 1)

    @property
    def units(self) -> dict[str, float]:
        """What a name may say of the values' unit -> what they are multiplied by.

        The words are as `plain` spells them.
        """
        return PERCENT_WORDS if self.is_share else UNITS.get(self.unit, {})

    @property
    def allowed(self) -> str:
        """The range in words, such as "0 to 1" or "at least 1 ms"."""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None:
            return "any number"
        span = f"at least {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"
        return f"{span}{unit}"


def _share(name: str) -> Column:
    return Column(name, kind=NUMBER, low=0, high=1)


def _statistic(name: str) -> Column:
    # SpotGenTrack writes -1 for lyrics in a language that it could not tell.
    return Column(name, kind=NUMBER, low=0, unknown=-1)


def _descriptor(name: str) -> Column:
    aliases = () if plain(name) == name else (plain(name),)
    return Column(name, aliases, kind=NUMBER)


def plain(name: str) -> str:
    """A header's name in lower case, with single underscores for all but letters and digits.

    "Artist Name(s)" is "artist_name_s".
    """
    return re.sub(r"[\W_]+", "_", str(name)).strip("_").casefold()


# Of minor and major, from C upwards.
KEY_NAMES = (
    ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"),
    ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
)

# What musicnn calls a song, by which `kerasfeat describe` names its columns. Such words are in many
# tables (a column for each genre, say): they are musicnn's where so many stand together.
TAGS = tuple(plain(tag) for tag in hub_models.get("musicnn_msd").class_names)
TAGS_TOGETHER = 25
TAG_COLUMNS = {f"tag_{tag}": tag for tag in TAGS}

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
    Column(
        "key",
        ("initial_key", "initialkey", "musical_key", "key_signature", "camelot", "camelot_key"),
        kind=KEY,
        low=0,
        high=11,
        unknown=-1,
        whole=True,
    ),
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
    *(replace(_share(name), aliases=(tag,)) for name, tag in TAG_COLUMNS.items()),
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

# The tabular inputs and the columns that each may have. `tags` are what
# `kerasfeat describe` writes. `lowlevel` comes from audio where a table
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
    "tags": tuple(TAG_COLUMNS),
    "metadata": ("n_markets", "artist_followers", "artist_popularity"),
    GENRE_DISTANCE: FEATURES,
}


def identifier(name: str) -> str:
    """What any column is called as an input, also of a server.

    Letters, digits and underscores, and no word of Python's.
    """
    word = re.sub(r"[^0-9a-z_]", lambda sign: f"u{ord(sign[0]):x}", plain(name)) or "column"
    return f"column_{word}" if word[0].isdigit() or iskeyword(word) else word


def column_of(name: str) -> Column:
    """The column of a canonical name, or a number of any size where the table calls it so."""
    return BY_NAME.get(name) or Column(name, kind=NUMBER)


def ranged(name: str, limits: tuple[float, float] | None) -> Column:
    """The column of a canonical name with another range; as it is where None is given."""
    column = column_of(name)
    return column if limits is None else replace(column, low=limits[0], high=limits[1])
