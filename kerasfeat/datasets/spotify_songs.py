"""What Spotify says of some lists of songs, got page by page and kept in a journal."""

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.crawl import collect
from kerasfeat.datasets.http.retry import documented
from kerasfeat.datasets.http.web import Refused
from kerasfeat.datasets.rows import artists_text
from kerasfeat.datasets.spotify_client import CLOSED
from kerasfeat.progress import say
from kerasfeat.songs.schema import FEATURES

SOURCE = "spotify"
CLOSED_FEATURES = (
    "Spotify closed audio features on 27 November 2024 to all but apps that had extended "
    "quota by then: the table comes without them. "
    "`kerasfeat data reccobeats {out} NEW` adds the same columns, `kerasfeat data previews "
    "{out} NEW` clips."
)
CLOSED_LIST = (
    "Spotify shows playlists made by itself to no new app since 27 November 2024, and to "
    "apps in development mode since March 2026 only "
    "playlists that their user owns or works on. Put the songs into a playlist of your "
    "own, or export the list as a table (as Exportify "
    "does) and use `kerasfeat data csv`."
)
PAGE, SEARCH_PAGE, SEARCH_MOST, BATCH, FEATURES_BATCH = 50, 10, 1000, 50, 100

# What is asked for: (routes, the newest first; songs on a page; where the page lies in the answer).
LISTS = {
    "playlist": (("playlists/{}/items", "playlists/{}/tracks"), PAGE),
    "saved": (("me/tracks",), PAGE),
    "album": (("albums/{}/tracks",), PAGE),
    "genre": (("search",), SEARCH_PAGE),
}
# In these each song lies within an entry of the list.
WRAPPED = ("playlist", "saved")


class Songs:
    """What has been found out of some lists, from a journal of pages, songs, artists, and features."""

    def __init__(self, client, journal, wanted, limit):
        self._client, self._journal, self._wanted, self._limit = client, journal, wanted, limit

    def pages(self, collected):
        """Get the lists' first pages, then, knowing how long they are, the others."""
        first = [f"{kind}/{name}/0" for kind, name, _ in self._wanted]
        failed = collect(keys=first, ask=self._page, unit="lists", **collected)
        if failed:
            return failed
        keys = [key for kind, name, _ in self._wanted for key in self._keys(kind, name)]
        return collect(keys=keys, ask=self._page, unit="pages", **collected)

    def details(self, collected, out):
        """Get what the lists don't say: ISRCs of albums' songs, artists' genres, audio features."""
        failed = {}
        whole = [track["id"] for kind, _, track in self._tracks() if kind == "album"]
        failed |= self._each("tracks", whole, _track, "songs", collected)
        artists = [
            artist["id"]
            for _, _, track in self._tracks()
            for artist in track["artists"]
            if artist["id"]
        ]
        try:
            failed |= self._each(
                "artists",
                artists,
                lambda artist: {"genres": (artist or {}).get("genres") or []},
                "artists",
                collected,
            )
        except Refused as error:
            self._tell_closed(
                error,
                "Spotify does not tell this app the artists' genres: the table comes without them.",
            )
        try:
            failed |= self._features(collected)
        except Refused as error:
            self._tell_closed(error, CLOSED_FEATURES.format(out=out))
        return failed

    def rows(self):
        """(rows of the table, counts)."""
        rows, counts = {}, {"in several lists": 0, "no songs": 0}
        answers = self._journal.answers
        for _, labels, track in self._tracks():
            track = answers.get(f"tracks/{track['id']}") or track
            if track["id"] in rows:
                counts["in several lists"] += 1
                continue
            genres = [
                genre
                for artist in track["artists"]
                for genre in answers.get(f"artists/{artist['id']}", {}).get("genres", ())
            ]
            features = answers.get(f"audio-features/{track['id']}") or {}
            rows[track["id"]] = {
                **labels,
                "track_id": track["id"],
                "title": track["title"],
                "artists": artists_text(artist["name"] for artist in track["artists"]),
                **{
                    name: track[name]
                    for name in (
                        "album",
                        "isrc",
                        "duration_ms",
                        "popularity",
                        "release_date",
                        "explicit",
                    )
                },
                "artist_genres": artists_text(dict.fromkeys(genres)),
                **({**features, "source": SOURCE} if features else {}),
            }
        counts["no songs"] = sum(
            answers.get(key, {}).get("others", 0)
            for kind, name, _ in self._wanted
            for key in self._keys(kind, name)
        )
        return list(rows.values()), counts

    def _keys(self, kind, name):
        """The journal's keys of a list's pages, as far as is known."""
        step = LISTS[kind][1]
        total = self._journal.answers.get(f"{kind}/{name}/0", {}).get("total", 0)
        return [
            f"{kind}/{name}/{offset}"
            for offset in range(0, max(min(total, self._limit or total), 1), step)
        ]

    def _tracks(self):
        """(kind, labels, track) of each song that is known, in the lists' order."""
        for kind, name, labels in self._wanted:
            tracks = [
                track
                for key in self._keys(kind, name)
                for track in self._journal.answers.get(key, {}).get("tracks", ())
            ]
            yield from ((kind, labels, track) for track in tracks[: self._limit])

    def _page(self, keys):
        (key,) = keys
        kind, _, rest = key.partition("/")
        name, _, offset = rest.rpartition("/")
        routes, step = LISTS[kind]
        params = {"limit": step, "offset": int(offset)}
        if kind == "genre":
            params |= {"q": f'genre:"{name}"', "type": "track"}
        try:
            page = self._client.get_first(routes, name, **params)
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
            entries = [
                entry and (entry.get("item") or entry.get("track") if kind in WRAPPED else entry)
                for entry in page["items"]
            ]
            tracks = [
                _track(entry)
                for entry in entries
                if entry and entry.get("id") and entry.get("type", "track") == "track"
            ]
            total = min(page["total"], SEARCH_MOST) if kind == "genre" else page["total"]
            return {key: {"total": total, "tracks": tracks, "others": len(entries) - len(tracks)}}

    def _each(self, kind, names, keep, unit, collected):
        """Get objects by id: together where the app may (before February 2026), else one by one."""
        keys = [f"{kind}/{name}" for name in names]

        def together(some):
            return self._together(kind, kind, some, keep)

        def alone(some):
            try:
                found = self._client.get(some[0])
            except Refused as error:
                if error.status != 404:
                    raise
                found = None
            with documented("Spotify"):
                return {some[0]: keep(found)}

        try:
            return collect(keys=keys, ask=together, batch=BATCH, unit=unit, **collected)
        except Refused as error:
            if error.status not in CLOSED:
                raise
            return collect(keys=keys, ask=alone, unit=unit, **collected)

    def _features(self, collected):
        """Get audio features, from apps that kept them."""

        def ask(some):
            return self._together("audio-features", "audio_features", some, _features)

        keys = [f"audio-features/{track['id']}" for _, _, track in self._tracks()]
        return collect(keys=keys, ask=ask, batch=FEATURES_BATCH, unit="features", **collected)

    def _together(self, route, field, keys, keep):
        """{key: what is kept of its object}, from a route that takes several ids."""
        found = self._client.get(route, ids=",".join(key.partition("/")[2] for key in keys))
        with documented("Spotify"):
            return {key: keep(item) for key, item in zip(keys, found[field], strict=True)}

    def _tell_closed(self, error, message):
        if error.status not in CLOSED:
            raise error
        say(message)


def _track(track):
    """What is kept of a track object; None of none."""
    return track and {
        "id": track["id"],
        "title": track.get("name"),
        "artists": [
            {"id": artist.get("id"), "name": artist.get("name") or ""}
            for artist in track.get("artists") or ()
        ],
        "album": (track.get("album") or {}).get("name"),
        "release_date": (track.get("album") or {}).get("release_date"),
        "isrc": (track.get("external_ids") or {}).get("isrc"),
        **{name: track.get(name) for name in ("duration_ms", "popularity", "explicit")},
    }


def _features(item):
    """What is kept of an audio-features object, {} of none."""
    return {name: item[name] for name in FEATURES if (item or {}).get(name) is not None}
