"""Songs from Spotify (Web API as of 2026, developer.spotify.com): playlists, saved songs, albums,
and searches by genre.
"""

import re

from kerasfeat import KerasfeatError
from kerasfeat.datasets.collecting import Collection
from kerasfeat.datasets.output import Origin, filling
from kerasfeat.datasets.rows import spotify_id
from kerasfeat.datasets.sources import Option, Source, sources
from kerasfeat.datasets.spotify_client import Client
from kerasfeat.datasets.spotify_songs import SOURCE, SongList, Songs
from kerasfeat.progress import say

POLICY = (
    "Spotify's Developer Policy forbids training machine-learning models on Spotify "
    "content. For models that others use, take open data: "
    "kerasfeat data fma, jamendo."
)

ORIGIN = Origin(
    SOURCE,
    "https://developer.spotify.com",
    "Spotify's Developer Terms and Developer Policy",
    (POLICY,),
)


def make(out, playlist=(), saved=False, album=(), genre=(), label="mood", limit=None):
    """A table of the songs of some lists, with labels, ids, artists' genres, and audio features
    where Spotify still gives them.
    """
    wanted = [
        SongList("playlist", _id(address), {label: name} if name else {})
        for name, address in map(_named, playlist)
    ]
    wanted += [SongList("saved", "", {})] * saved
    wanted += [SongList("album", _id(address), {}) for address in album]
    wanted += [SongList("genre", name, {"genre": name}) for name in genre]
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
        songs = Songs(client, journal, wanted, limit)
        collection = Collection(output, journal, songs.rows)
        failed = songs.get_pages(collection) or songs.get_details(collection, out)
        rows, counts = songs.rows(), songs.counts()
        if counts["in several lists"]:
            say(
                f"{counts['in several lists']:,} songs lie in several lists: each has the "
                "label of the first."
            )
        if counts["no songs"]:
            say(
                f"{counts['no songs']:,} entries of the lists are no songs of Spotify "
                "(episodes, own files, removed ones): left out."
            )
        if not rows and not failed:
            raise KerasfeatError("the lists hold no songs.")
        return output.finish(rows, failed=failed, what="answers", counts=counts)


def _named(text):
    """(label or None, address) of "happy=URL" or "URL"; addresses have equals signs of their own."""
    name, equals, address = text.partition("=")
    return (name.strip(), address) if equals and not re.search(r"[/:?]", name) else (None, text)


def _id(text):
    found = spotify_id(text)
    if not found:
        raise KerasfeatError(
            f"{text!r} is no Spotify address, URI, or id: these have 22 letters and digits."
        )
    return found


sources.add(
    "spotify",
    Source(
        "spotify",
        "Songs of your playlists, saved songs, albums, and genres from Spotify.",
        ORIGIN,
        make,
        places=(),
        options=(
            Option(
                "--playlist",
                "A playlist, with the label that its songs get, such as happy=URL.",
                many=True,
                metavar="[LABEL=]URL",
            ),
            Option("--saved", "The songs that you saved.", kind=bool, default=False),
            Option("--album", "An album.", many=True, metavar="URL"),
            Option(
                "--genre",
                "Songs that Spotify's search finds for a genre, which becomes their label.",
                many=True,
                metavar="NAME",
            ),
            Option(
                "--label",
                "What the playlists' labels are.",
                default="mood",
                choices=("mood", "genre"),
            ),
            Option("--limit", "At most N songs of each list.", kind=int, metavar="N"),
        ),
    ),
)
