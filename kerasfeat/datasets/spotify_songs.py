"""What Spotify says of some lists of songs, got page by page and kept in a journal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.datasets.collecting import Collection
from kerasfeat.datasets.http.crawl import Answers, Failed
from kerasfeat.datasets.http.journal import Journal
from kerasfeat.datasets.http.retry import documented
from kerasfeat.datasets.http.web import Refused
from kerasfeat.datasets.rows import Row, artists_text
from kerasfeat.datasets.spotify_client import CLOSED, Client
from kerasfeat.datasets.spotify_objects import (
    Kept,
    kept_artist,
    kept_features,
    kept_page,
    kept_track,
)
from kerasfeat.progress import say

SOURCE = "spotify"
CLOSED_FEATURES = (
    "Spotify closed audio features on 27 November 2024 to all but apps that had extended quota by "
    "then: the table comes without them. `kerasfeat data reccobeats {out} NEW` adds the same "
    "columns, `kerasfeat data previews {out} NEW` clips."
)
CLOSED_GENRES = "Spotify does not tell this app the artists' genres: the table comes without them."
CLOSED_LIST = (
    "Spotify shows playlists made by itself to no new app since 27 November 2024, and to apps in "
    "development mode since March 2026 only playlists that their user owns or works on. Put the "
    "songs into a playlist of your own, or export the list as a table (as Exportify does) and use "
    "`kerasfeat data csv`."
)
TOGETHER, FEATURES_TOGETHER = 50, 100  # the most ids that one request takes
TABLE_FIELDS = ("album", "isrc", "duration_ms", "popularity", "release_date", "explicit")


@dataclass(frozen=True)
class _Kind:
    """A kind of list.

    Attributes:
        routes: the newest first.
        page: songs on one.
        wrapped: whether each song lies within an entry of the list.
        most: Spotify shows no more songs of it; None where there is no limit.
    """

    routes: tuple[str, ...]
    page: int
    wrapped: bool = False
    most: int | None = None


KINDS = {
    "playlist": _Kind(("playlists/{}/items", "playlists/{}/tracks"), 50, wrapped=True),
    "saved": _Kind(("me/tracks",), 50, wrapped=True),
    "album": _Kind(("albums/{}/tracks",), 50),
    "genre": _Kind(("search",), 10, most=1000),
}


@dataclass(frozen=True)
class SongList:
    """A list of songs.

    Attributes:
        kind: one of KINDS.
        name: its id, or a genre's name; empty for saved songs.
        labels: {column: label} that its songs get.
    """

    kind: str
    name: str
    labels: dict[str, str]

    def key(self, offset: int) -> str:
        """The journal's key of the page that begins with a song."""
        return f"{self.kind}/{self.name}/{offset}"


class ListedSongs:
    """The songs of some lists, as far as a journal of pages, songs, artists, and features has them.

    Args:
        client: asks Spotify.
        journal: what Spotify has said.
        lists: what is asked for.
        limit: at most so many songs of each list; None for all.
    """

    def __init__(
        self, client: Client, journal: Journal, lists: Sequence[SongList], limit: int | None
    ) -> None:
        self._client, self._journal, self._lists, self._limit = client, journal, lists, limit

    def get_pages(self, collection: Collection) -> Failed:
        """Get the lists' first pages, then, knowing how long they are, the others."""
        first = [some.key(0) for some in self._lists]
        failed = collection.collect(first, self._ask_page, unit="lists")
        if failed:
            return failed
        keys = [key for some in self._lists for key in self._keys(some)]
        return collection.collect(keys, self._ask_page, unit="pages")

    def get_details(self, collection: Collection, out: str | Path) -> Failed:
        """Get what the lists don't say: ISRCs of albums' songs, artists' genres, audio features.

        Args:
            collection: what is filled.
            out: its folder, as the user gave it.
        """
        from_albums = [track["id"] for some, track in self._tracks() if some.kind == "album"]
        failed = self._get_each(
            "tracks", from_albums, kept_track, unit="songs", collection=collection
        )
        artists = [
            artist["id"]
            for _, track in self._tracks()
            for artist in track["artists"]
            if artist["id"]
        ]
        try:
            failed |= self._get_each(
                "artists", artists, kept_artist, unit="artists", collection=collection
            )
        except Refused as error:
            _say_closed(error, CLOSED_GENRES)
        try:
            failed |= self._get_features(collection)
        except Refused as error:
            _say_closed(error, CLOSED_FEATURES.format(out=out))
        return failed

    def rows(self) -> list[Row]:
        """The table's rows, each song once, with the labels of the first list that has it."""
        rows: dict[str, Row] = {}
        for some, track in self._detailed_tracks():
            if track["id"] not in rows:
                rows[track["id"]] = some.labels | self._row(track)
        return list(rows.values())

    def counts(self) -> dict[str, int]:
        """How many entries of the lists make no row of their own, by reason."""
        ids = [track["id"] for _, track in self._detailed_tracks()]
        pages = [self._page(key) for some in self._lists for key in self._keys(some)]
        return {
            "in several lists": len(ids) - len(set(ids)),
            "no songs": sum(page.get("others", 0) for page in pages),
        }

    def _row(self, track: Kept) -> Row:
        answers = self._journal.answers
        genres = [
            genre
            for artist in track["artists"]
            for genre in answers.get(f"artists/{artist['id']}", {}).get("genres", ())
        ]
        features = answers.get(f"audio-features/{track['id']}") or {}
        return {
            "track_id": track["id"],
            "title": track["title"],
            "artists": artists_text(artist["name"] for artist in track["artists"]),
            **{name: track[name] for name in TABLE_FIELDS},
            "artist_genres": artists_text(dict.fromkeys(genres)),
            **({**features, "source": SOURCE} if features else {}),
        }

    def _page(self, key: str) -> Kept:
        return self._journal.answers.get(key, {})

    def _keys(self, some: SongList) -> list[str]:
        """The journal's keys of a list's pages, as far as is known."""
        total = self._page(some.key(0)).get("total", 0)
        songs = max(min(total, self._limit or total), 1)
        return [some.key(offset) for offset in range(0, songs, KINDS[some.kind].page)]

    def _tracks(self) -> Iterator[tuple[SongList, Kept]]:
        """Each song that is known and its list, in the lists' order."""
        for some in self._lists:
            pages = [self._page(key) for key in self._keys(some)]
            tracks = [track for page in pages for track in page.get("tracks", ())]
            yield from ((some, track) for track in tracks[: self._limit])

    def _detailed_tracks(self) -> Iterator[tuple[SongList, Kept]]:
        """As `_tracks`, with what an album's page does not say of them."""
        for some, track in self._tracks():
            yield some, self._journal.answers.get(f"tracks/{track['id']}") or track

    def _ask_page(self, keys: list[str]) -> Answers:
        (key,) = keys
        kind, _, rest = key.partition("/")
        name, _, offset = rest.rpartition("/")
        params: dict[str, Any] = {"limit": KINDS[kind].page, "offset": int(offset)}
        if kind == "genre":
            params |= {"q": f'genre:"{name}"', "type": "track"}
        try:
            page = self._client.get_first(KINDS[kind].routes, name, **params)
        except Refused as error:
            if kind != "playlist" or error.status not in CLOSED:
                raise
            raise KerasfeatError(f"{error} {CLOSED_LIST}") from error
        with documented("Spotify"):
            page = page.get("tracks", page)
            if kind == "playlist" and "items" not in page:
                raise KerasfeatError(
                    f"Spotify gives no songs of the playlist {name}. {CLOSED_LIST}"
                )
            return {key: kept_page(page, KINDS[kind].wrapped, KINDS[kind].most)}

    def _get_each(
        self,
        kind: str,
        names: Iterable[str],
        keep: Callable[[Any], Any],
        *,
        unit: str,
        collection: Collection,
    ) -> Failed:
        """Get objects by id: together where the app may (before February 2026), else one by one."""
        keys = [f"{kind}/{name}" for name in names]

        def ask_together(some: list[str]) -> Answers:
            return self._ask_together(kind, kind, some, keep)

        def ask_one(some: list[str]) -> Answers:
            try:
                answer = self._client.get(some[0])
            except Refused as error:
                if error.status != 404:
                    raise
                answer = None
            with documented("Spotify"):
                return {some[0]: keep(answer)}

        try:
            return collection.collect(keys, ask_together, batch=TOGETHER, unit=unit)
        except Refused as error:
            if error.status not in CLOSED:
                raise
            return collection.collect(keys, ask_one, unit=unit)

    def _get_features(self, collection: Collection) -> Failed:
        """Get audio features, from apps that kept them."""

        def ask(some: list[str]) -> Answers:
            return self._ask_together("audio-features", "audio_features", some, kept_features)

        keys = [f"audio-features/{track['id']}" for _, track in self._tracks()]
        return collection.collect(keys, ask, batch=FEATURES_TOGETHER, unit="features")

    def _ask_together(
        self, route: str, field: str, keys: list[str], keep: Callable[[Any], Any]
    ) -> Answers:
        """{key: what is kept of its object}, from a route that takes several ids."""
        answer = self._client.get(route, ids=",".join(key.partition("/")[2] for key in keys))
        with documented("Spotify"):
            return {key: keep(item) for key, item in zip(keys, answer[field], strict=True)}


def _say_closed(error: Refused, message: str) -> None:
    if error.status not in CLOSED:
        raise error
    say(message)
