"""Songs from Spotify: playlists, saved songs, albums, and searches by genre.

Its Web API is that of 2026: https://developer.spotify.com.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.datasets.collecting import Collection
from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.sources import Example, Option, Source
from kerasfeat.datasets.spotify_client import API, Client
from kerasfeat.datasets.spotify_login import ACCOUNTS
from kerasfeat.datasets.spotify_songs import SOURCE as NAME
from kerasfeat.datasets.spotify_songs import ListedSongs, SongList
from kerasfeat.progress import say
from kerasfeat.songs.ids import spotify_id

POLICY = (
    "Spotify's Developer Policy forbids training machine-learning models on Spotify content. For "
    "models that others use, take open data: kerasfeat data fma, jamendo."
)

ORIGIN = Origin(
    NAME,
    "https://developer.spotify.com",
    "Spotify's Developer Terms and Developer Policy",
    (POLICY,),
)


def make(
    out: Path | str,
    playlist: Sequence[str] = (),
    saved: bool = False,
    album: Sequence[str] = (),
    genre: Sequence[str] = (),
    label: str = "mood",
    limit: int | None = None,
) -> int:
    """A table of the songs of some lists, with labels, ids, and artists' genres.

    It has audio features where Spotify still gives them.
    """
    wanted = _lists(playlist, saved, album, genre, label)
    if not wanted:
        raise KerasfeatError("say what to bring in: --playlist, --saved, --album, or --genre.")
    say(POLICY)
    query = {
        "playlist": playlist,
        "saved": saved,
        "album": album,
        "genre": genre,
        "label": label,
        "limit": limit,
    }
    client = Client(as_user=bool(saved or playlist))
    with filling(out, ORIGIN, query) as output, output.journal() as journal:
        songs = ListedSongs(client, journal, wanted, limit)
        collection = Collection(output, journal, songs.rows)
        failed = songs.get_pages(collection) or songs.get_details(collection, out)
        rows, counts = songs.rows(), songs.counts()
        _say_counts(counts)
        if not rows and not failed:
            raise KerasfeatError("the lists hold no songs.")
        return output.finish(rows, failed=failed, what="answers", counts=counts)


def _say_counts(counts: Mapping[str, int]) -> None:
    if counts["in several lists"]:
        say(
            f"{counts['in several lists']:,} songs lie in several lists: each has the label of "
            "the first."
        )
    if counts["no songs"]:
        say(
            f"{counts['no songs']:,} entries of the lists are not Spotify songs "
            "(episodes, own files, removed ones): left out."
        )


def _lists(
    playlists: Sequence[str], saved: bool, albums: Sequence[str], genres: Sequence[str], label: str
) -> list[SongList]:
    """The lists that are asked for, with the labels of their songs."""
    named = [_named(text) for text in playlists]
    return [
        *(
            SongList("playlist", _id(address), {label: name} if name else {})
            for name, address in named
        ),
        *([SongList("saved", "", {})] if saved else []),
        *(SongList("album", _id(address), {}) for address in albums),
        *(SongList("genre", name, {"genre": name}) for name in genres),
    ]


def _named(text: str) -> tuple[str | None, str]:
    """(label or None, address) of "happy=URL" or "URL".

    Addresses have equals signs of their own.
    """
    name, equals, address = text.partition("=")
    return (name.strip(), address) if equals and not re.search(r"[/:?]", name) else (None, text)


def _id(text: str) -> str:
    """The id in an address, URI, or id.

    Raises:
        KerasfeatError: there is none.
    """
    track_id = spotify_id(text)
    if not track_id:
        raise KerasfeatError(
            f"{text!r} is not a Spotify address, URI, or id: these have 22 letters and digits."
        )
    return track_id


EXAMPLE_SONG = {
    "id": "0aBcDeFgHiJkLmNoPqRs12",
    "type": "track",
    "name": "Söng",
    "artists": [{"id": "0artist0artist0artist1", "name": "Ann"}],
    "album": {"name": "Álbum", "release_date": "2019-05-03"},
    "duration_ms": 180_001,
    "external_ids": {"isrc": "GBAYE6800001"},
}
SOURCE = Source(
    "Songs of your playlists, saved songs, albums, and genres from Spotify.",
    ORIGIN,
    make,
    Example(
        places=(),
        options={"genre": ("folk",)},
        environment={"SPOTIPY_CLIENT_ID": "an app", "SPOTIPY_CLIENT_SECRET": "its key"},
        # What is not here answers 404, as routes that Spotify has closed.
        answers={
            f"{ACCOUNTS}/api/token": {
                "access_token": "a token",
                "token_type": "Bearer",
                "expires_in": 3600,
            },
            f"{API}/search": {"tracks": {"items": [EXAMPLE_SONG], "total": 1}},
            f"{API}/artists/0artist0artist0artist1": {"name": "Ann", "genres": ["art pop"]},
        },
        rows=(
            {
                "track_id": "0aBcDeFgHiJkLmNoPqRs12",
                "title": "Söng",
                "artists": "Ann",
                "genre": "folk",
                "album": "Álbum",
                "isrc": "GBAYE6800001",
                "duration_ms": "180001",
                "artist_genres": "art pop",
            },
        ),
    ),
    places=(),
    options=(
        Option(
            "--playlist",
            "A playlist, with a label for its songs, such as happy=URL (repeatable).",
            many=True,
            metavar="[LABEL=]URL",
        ),
        Option("--saved", "Your saved songs.", kind=bool, default=False),
        Option("--album", "An album (repeatable).", many=True, metavar="URL"),
        Option(
            "--genre",
            "Songs that Spotify's search finds for a genre, which is their label (repeatable).",
            many=True,
            metavar="NAME",
        ),
        Option(
            "--label",
            "What the labels of playlists are.",
            default="mood",
            choices=("mood", "genre"),
        ),
        Option("--limit", "At most N songs of each list.", kind=int, metavar="N"),
    ),
)
