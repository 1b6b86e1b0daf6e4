"""A server on 127.0.0.1 that plays the services: what they answer, and all that goes wrong on the
way.
"""

import json
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """An answer of the server, and how it is spoilt."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict = field(default_factory=dict)
    cut_after: int | None = None  # bytes, then the connection is closed
    drip_s: float = 0.0  # between single bytes


def settings(url):
    """What makes every source ask the server at `url`, as (name of an attribute, its value)."""
    where = "kerasfeat.datasets.sources"
    return [
        (f"{where}.reccobeats.API", url),
        (f"{where}.reccobeats.PER_S", 1000.0),
        ("kerasfeat.datasets.spotify_client.API", f"{url}/spotify/v1"),
        ("kerasfeat.datasets.spotify_login.ACCOUNTS", f"{url}/accounts"),
        (f"{where}.previews.DEEZER", url),
        (f"{where}.previews.ITUNES", url),
        (f"{where}.previews.DEEZER_PER_S", 1000.0),
        (f"{where}.previews.ITUNES_PER_S", 1000.0),
        ("kerasfeat.datasets.http.retry.FIRST_WAIT_S", 0.01),
    ]


def json_reply(data, **how):
    """A Reply of JSON."""
    return Reply(json.dumps(data).encode(), **how)


class Services:
    """Routes of the server: `routes[path]` is a function of (query dict of lists, headers) that
    gives a Reply.

    `asked` lists (path, query) as they came; `spoil` replies are given first, one a request.
    """

    def __init__(self, url):
        self.url = url
        self.routes = {}
        self.asked = []
        self.spoil = []
        self.pause_s = 0.0

    def reply(self, path, query, headers):
        self.asked.append((path, query))
        time.sleep(self.pause_s)
        if self.spoil:
            return self.spoil.pop(0)
        for prefix in sorted(self.routes, key=len, reverse=True):
            if path == prefix or (prefix.endswith("/") and path.startswith(prefix)):
                return self.routes[prefix](path, query, headers)
        return Reply(b"nothing here", 404, "text/plain")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        query = urllib.parse.parse_qs(parts.query or self.rfile.read(length).decode())
        reply = self.server.services.reply(urllib.parse.unquote(parts.path), query, self.headers)
        self.send_response(reply.status)
        headers = {
            "Content-Type": reply.content_type,
            "Content-Length": str(len(reply.body)),
            **reply.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        body = reply.body if reply.cut_after is None else reply.body[: reply.cut_after]
        try:
            if reply.drip_s:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(reply.drip_s)
            else:
                self.wfile.write(body)
        except OSError:
            pass  # the client has had enough
        if reply.cut_after is not None or reply.drip_s:
            self.close_connection = True

    do_POST = do_GET

    def log_message(self, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that was killed


def start():
    """A running server; `server.services` are its Services."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.services = Services(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    return server


def features_of(track_id):
    """What ReccoBeats says of a song, made from its id."""
    value = (sum(map(ord, track_id)) % 89) / 100
    names = (
        "acousticness",
        "danceability",
        "energy",
        "instrumentalness",
        "liveness",
        "speechiness",
        "valence",
    )
    return {name: round((value + i / 7) % 1, 3) for i, name in enumerate(names)} | {
        "key": 5,
        "mode": 1,
        "loudness": -7.5,
        "tempo": 90 + value,
    }


def play_reccobeats(services, songs, unknown=()):
    """ReccoBeats as its page documents it: at most 40 ids, unknown ones left out, in an order of
    its own.

    Args:
        songs: {Spotify id: ISRC}.
        unknown: Spotify ids and ISRCs that it leaves out.
    """
    spotify = {isrc: track_id for track_id, isrc in songs.items()}

    def answer(path, query, headers):
        ids = query.get("ids", [])
        if not 1 <= len(ids) <= 40:
            return json_reply({"error": "ids: 1 to 40"}, status=400)
        known = [
            spotify.get(key, key)
            for key in ids
            if key not in unknown and (key in songs or key in spotify)
        ]
        content = [
            {
                "id": f"uuid-{i}",
                "href": f"https://open.spotify.com/track/{track_id}",
                "isrc": songs[track_id],
                **features_of(track_id),
            }
            for i, track_id in enumerate(reversed(known))
        ]
        return json_reply({"content": content})

    services.routes["/v1/audio-features"] = answer


def play_clips(services, clips, itunes=None):
    """Deezer and iTunes: `clips` and `itunes` map ISRC to the clip's Reply; errors of Deezer come
    with status 200.
    """

    def deezer(path, query, headers):
        isrc = path.rpartition(":")[2]
        if isrc not in clips:
            return json_reply(
                {"error": {"type": "DataException", "message": "no data", "code": 800}}
            )
        return json_reply(
            {
                "id": 3,
                "isrc": isrc,
                "bpm": 0,
                "preview": f"{services.url}/clip/deezer/{isrc}?hdnea=exp=900~hmac=5ec2e7",
            }
        )

    def itunes_lookup(path, query, headers):
        isrc = query["isrc"][0]
        results = (
            [{"trackName": "x", "previewUrl": f"{services.url}/clip/itunes/{isrc}"}]
            if isrc in (itunes or {})
            else []
        )
        return json_reply({"resultCount": len(results), "results": results})

    def clip(path, query, headers):
        _, _, service, isrc = path.split("/")
        if service == "deezer" and "hdnea" not in query:
            return Reply(b"expired", 403, "text/plain")
        return (clips if service == "deezer" else itunes)[isrc]

    services.routes |= {"/track/": deezer, "/lookup": itunes_lookup, "/clip/": clip}


def spotify_track(number, **more):
    """A track object of the Web API."""
    artists = [{"id": f"{number % 7:022d}", "name": f"Ann; {number % 7}", "type": "artist"}]
    track = {
        "id": f"{number:03d}aBcDeFgHiJkLmNoPqRs",
        "type": "track",
        "name": f"Söng {number}",
        "artists": artists,
    }
    track |= {
        "album": {"name": "Álbum", "release_date": "2019-05-03"},
        "duration_ms": 180_000 + number,
        "explicit": False,
    }
    return {**track, "external_ids": {"isrc": f"GBAYE68{number:05d}"}, **more}


FORBIDDEN = json_reply({"error": {"status": 403, "message": "Forbidden"}}, status=403)


def _of_album(track: dict) -> dict:
    """A track as Spotify lists it under its album."""
    kept = track.keys() - {"album", "external_ids", "popularity"}
    return {key: track[key] for key in sorted(kept)}


def play_spotify(services, lists, *, old=False, closed=(), tokens=None):
    """Spotify's Web API and accounts, of today or with the routes and fields of an app from before
    November 2024.

    Args:
        lists: {id of a playlist or album, "saved", or name of a genre: track objects; None for a
            list that has nothing}.
        closed: ids of playlists that the app may not see.
        tokens: the answer to a request for a token.
    """
    songs = {
        track["id"]: track
        for tracks in lists.values()
        for track in tracks
        if track and track.get("id")
    }
    if old:
        songs = {key: {**track, "popularity": 31} for key, track in songs.items()}

    def page(query, tracks, wrap, most):
        offset, limit = (int(query[name][0]) for name in ("offset", "limit"))
        assert limit <= most
        items = [
            wrap(songs.get(track.get("id"), track) if track else None)
            for track in tracks[offset : offset + limit]
        ]
        return {
            "items": items,
            "total": len(tracks),
            "offset": offset,
            "limit": limit,
            "next": None,
        }

    def answer(path, query, headers):
        if headers["Authorization"] != "Bearer t0ken":
            return json_reply(
                {"error": {"status": 401, "message": "Invalid access token"}}, status=401
            )
        kind, _, rest = path.removeprefix("/spotify/v1/").partition("/")
        name, _, route = rest.partition("/")
        ids = query.get("ids", [""])[0].split(",")
        if kind == "playlists":
            if name in closed or route == ("tracks" if not old else "items"):
                return FORBIDDEN
            return json_reply(
                page(
                    query,
                    lists[name],
                    lambda track: {"added_at": "2026", ("track" if old else "item"): track},
                    50,
                )
            )
        if path.endswith("/me/tracks"):
            return json_reply(page(query, lists["saved"], lambda track: {"track": track}, 50))
        if kind == "albums":
            return json_reply(page(query, lists[name], _of_album, 50))
        if kind == "search":
            return json_reply(
                {"tracks": page(query, lists[query["q"][0].split('"')[1]], lambda track: track, 10)}
            )
        if not name and not old:
            return FORBIDDEN
        if kind == "audio-features":
            found = [
                features_of(key) | {"id": key, "duration_ms": 180_000, "time_signature": 4}
                if key[2] != "9"
                else None
                for key in ids
            ]
            return json_reply({"audio_features": found})
        get = (
            songs.get
            if kind == "tracks"
            else lambda key: {"id": key, "name": "Ann", "genres": ["art pop", f"rock {int(key)}"]}
        )
        return json_reply({kind: [get(key) for key in ids]} if not name else get(name))

    token = {
        "access_token": "t0ken",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "refre5h",
    }
    services.routes["/spotify/v1/"] = answer
    services.routes["/accounts/api/token"] = lambda path, query, headers: (
        tokens or json_reply({**token, "scope": "playlist-read-private"})
    )
