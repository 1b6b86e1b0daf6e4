import base64
import csv
import json
import logging
import socket
import stat
import threading
import urllib.parse
import urllib.request
import webbrowser
from pathlib import Path

import pytest
from source_services import Reply, json_reply, play_spotify, spotify_track

from kerasfeat import KerasfeatError
from kerasfeat.cache import cache_dir
from kerasfeat.datasets.sources import spotify
from kerasfeat.songs import loading

HAPPY, SAD, ALBUM = "37i9dQZF1DXcZDD7cfEKhW", "5Rrf7mqN8uus2AaQQQNdc1", "4aawyAB9vmqN3uQ7FjRGTy"
LISTS = {
    HAPPY: [spotify_track(i) for i in range(113)]
    + [None, {"id": None, "type": "track", "name": "my own.mp3"}],
    SAD: [spotify_track(i) for i in range(110, 131)] + [spotify_track(999, type="episode")],
    ALBUM: [spotify_track(i) for i in range(140, 153)],
    "saved": [spotify_track(i) for i in range(160, 167)],
    "hip hop": [spotify_track(i) for i in range(170, 193)],
}


@pytest.fixture
def app(monkeypatch):
    """An app's credentials, and a browser in which the user says yes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "cl1ent")
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("SPOTIPY_REDIRECT_URI", f"http://127.0.0.1:{port}/callback")
    opened = []

    def consent(url):
        opened.append(url)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
        back = urllib.parse.urlencode({"code": "c0de", "state": query["state"][0]})
        answer = f"{query['redirect_uri'][0]}?{back}"
        threading.Thread(target=lambda: urllib.request.urlopen(answer).read(), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", consent)
    return opened


@pytest.fixture
def rows(tmp_path):
    def read():
        with (tmp_path / "out" / "tracks.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    return read


def by_kind(services):
    return [path.removeprefix("/spotify/v1/") for path, _ in services.asked]


@pytest.mark.parametrize("old", [False, True], ids=["today", "an app from before"])
def test_playlists_become_a_table_with_a_label_each(
    services, sources_at, app, tmp_path, rows, capfd, old
):
    play_spotify(services, LISTS, old=old)
    lists = (
        f"happy=https://open.spotify.com/playlist/{HAPPY}?si=a1b2=",
        f"sad=spotify:playlist:{SAD}",
    )
    assert spotify.make(tmp_path / "out", playlist=lists) == 131
    table = rows()
    assert [row["mood"] for row in table] == ["happy"] * 113 + ["sad"] * 18
    first = table[0]
    assert (
        first["track_id"] == "000aBcDeFgHiJkLmNoPqRs"
        and first["isrc"] == "GBAYE6800000"
        and first["title"] == "Söng 0"
    )
    assert (
        first["album"] == "Álbum"
        and first["duration_ms"] == "180000"
        and first.get("source", "") == ("spotify" if old else "")
    )
    assert first["artist_genres"] == "art pop; rock 0" and first.get("popularity", "") == (
        "31" if old else ""
    )
    loaded = loading.load_songs(tmp_path / "out").frame
    assert loaded["artists"][3] == ("Ann; 3",)
    assert (
        ("energy" in loaded and loaded["energy"].notna().sum() == 131 - 13)
        if old
        else "energy" not in loaded
    )
    said = capfd.readouterr().err
    assert (
        said.count("forbids training") == 1
        and "3 entries of the lists are not Spotify songs" in said
    )
    assert (
        "closed audio features on 27 November 2024" in said and "kerasfeat data reccobeats" in said
    ) is not old
    assert "3 songs lie in several lists" in said
    asked = by_kind(services)
    assert len(asked) == len(set(map(str, services.asked)))  # nothing twice
    assert sum(path.startswith("artists/") for path in asked) == (0 if old else 7)


def test_secrets_are_neither_printed_nor_readable_by_others(
    services, sources_at, app, tmp_path, capfd, caplog
):
    caplog.set_level(logging.DEBUG)
    play_spotify(services, LISTS)
    spotify.make(tmp_path / "out", saved=True)
    captured = capfd.readouterr()
    for secret in ("s3cret", "t0ken", "refre5h", "c0de"):
        assert secret not in captured.out + captured.err + caplog.text
        assert all(secret not in file.read_text() for file in (tmp_path / "out").iterdir())
    token = cache_dir() / "spotify" / "token-user.json"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600 and "refre5h" in token.read_text()
    assert "127.0.0.1" in app[0] and "playlist-read-private" in app[0]


@pytest.mark.parametrize(
    ("tokens", "songs", "code"),
    [
        (None, None, 0),
        (json_reply({"error": "invalid_client"}, status=400), None, 1),
        (Reply(b"<html>", 200, "text/html"), None, 1),
        (None, json_reply({"error": {"status": 401, "message": "expired"}}, status=401), 1),
        (None, json_reply({"items": 7, "total": 1}), 1),
        (None, Reply(b"x" * 99, 200), 1),
    ],
)
def test_secrets_are_not_told_with_details_nor_in_errors(
    services, sources_at, app, tmp_path, kerasfeat, caplog, tokens, songs, code
):
    caplog.set_level(logging.DEBUG)
    play_spotify(services, LISTS, tokens=tokens)
    if songs:
        services.routes["/spotify/v1/me/tracks"] = lambda *given: songs
    ended = kerasfeat("data", "spotify", tmp_path / "out", "--saved", "-v")
    assert ended.code == code, ended.err
    told = [ended.out, ended.err, caplog.text]
    told += [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    basic = base64.b64encode(b"cl1ent:s3cret").decode()
    for secret in ("s3cret", basic, "t0ken", "refre5h", "c0de"):
        assert not any(secret in text for text in told), secret


def test_saved_songs_albums_and_genres_are_brought_in(services, sources_at, app, tmp_path, rows):
    play_spotify(services, LISTS)
    made = spotify.make(
        tmp_path / "out",
        saved=True,
        album=(f"https://open.spotify.com/intl-de/album/{ALBUM}",),
        genre=("hip hop",),
        limit=12,
    )
    table = rows()
    assert made == len(table) == 7 + 12 + 12
    assert all(row["isrc"] for row in table) and table[8]["album"] == "Álbum"
    assert [row.get("genre") for row in table] == [""] * 19 + ["hip hop"] * 12


def test_an_app_without_a_user_needs_no_browser(services, sources_at, app, tmp_path, rows):
    play_spotify(services, LISTS)
    assert spotify.make(tmp_path / "out", genre=("hip hop",)) == 23
    assert not app and (cache_dir() / "spotify" / "token-app.json").is_file()


def test_a_playlist_that_is_closed_is_explained_with_a_way_out(services, sources_at, app, tmp_path):
    play_spotify(services, LISTS, closed=[HAPPY])
    with pytest.raises(
        KerasfeatError,
        match=r"answers 403 'Forbidden'.*27 November 2024.*March 2026.*kerasfeat data csv",
    ):
        spotify.make(tmp_path / "out", playlist=(HAPPY,))


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (
            json_reply(
                {"error": {"status": 401, "message": "The access token expired"}}, status=401
            ),
            "answers 401.*SPOTIPY_CLIENT_ID",
        ),
        (
            Reply(b"", 429, headers={"Retry-After": "80000"}),
            "answers 429.*run the same command again",
        ),
        (
            json_reply({"error": {"status": 429, "message": "QUOTA_EXCEEDED"}}, status=429),
            "quota is used up: .*tomorrow",
        ),
    ],
)
def test_what_spotify_says_is_passed_on(services, sources_at, app, tmp_path, spoilt, message):
    play_spotify(services, LISTS)
    services.routes["/spotify/v1/me/tracks"] = lambda *given: spoilt
    with pytest.raises(KerasfeatError, match=message):
        spotify.make(tmp_path / "out", saved=True)
    assert by_kind(services).count("me/tracks") == 1


def test_short_waits_and_failures_on_the_way_are_overcome(services, sources_at, app, tmp_path):
    play_spotify(services, LISTS)
    good = services.routes["/spotify/v1/"]
    bad = [
        Reply(b"", 429, headers={"Retry-After": "0"}),
        Reply(b"Bad gateway", 502, "text/plain"),
        Reply(b"<html>", 200, "text/html"),
    ]
    services.routes["/spotify/v1/"] = lambda *given: bad.pop() if bad else good(*given)
    assert spotify.make(tmp_path / "out", saved=True) == 7


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"items": 7, "total": 1},
        {"items": [7], "total": 1},
        {"items": []},
        {"items": [{"track": {"id": "x", "artists": [1]}}]},
    ],
)
def test_an_answer_that_is_not_as_documented_is_told(services, sources_at, app, tmp_path, odd):
    play_spotify(services, LISTS)
    services.routes["/spotify/v1/me/tracks"] = lambda *given: json_reply(odd)
    with pytest.raises(KerasfeatError, match="Spotify answers in another form than it documents"):
        spotify.make(tmp_path / "out", saved=True)


def test_a_playlist_without_its_songs_is_explained(services, sources_at, app, tmp_path):
    play_spotify(services, LISTS)
    services.routes[f"/spotify/v1/playlists/{HAPPY}/items"] = lambda *given: json_reply(
        {"name": "Happy", "total": 0}
    )
    with pytest.raises(KerasfeatError, match="gives no songs of the playlist .*March 2026"):
        spotify.make(tmp_path / "out", playlist=(HAPPY,))


def test_lists_without_songs_are_told(services, sources_at, app, tmp_path):
    play_spotify(services, {"saved": []})
    with pytest.raises(KerasfeatError, match="the lists hold no songs"):
        spotify.make(tmp_path / "out", saved=True)


def test_a_port_that_is_taken_is_told(services, sources_at, app, tmp_path, monkeypatch):
    play_spotify(services, LISTS)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv(
            "SPOTIPY_REDIRECT_URI", f"http://127.0.0.1:{taken.getsockname()[1]}/callback"
        )
        with pytest.raises(
            KerasfeatError,
            match="can't listen at http://127.0.0.1:.*set SPOTIPY_REDIRECT_URI to another port",
        ):
            spotify.make(tmp_path / "out", saved=True)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("error=access_denied", "access_denied"),
        ("code=c0de&state=forged", "Expected .* received forged"),
    ],
)
def test_a_user_who_says_no_and_a_forged_answer_end_the_login(
    services, sources_at, app, tmp_path, monkeypatch, answer, message
):
    play_spotify(services, LISTS)

    def refuse(url):
        redirect = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["redirect_uri"][0]
        threading.Thread(
            target=lambda: urllib.request.urlopen(f"{redirect}?{answer}").read(), daemon=True
        ).start()

    monkeypatch.setattr(webbrowser, "open", refuse)
    with pytest.raises(KerasfeatError, match=rf"Spotify refuses to log in \(.*{message}"):
        spotify.make(tmp_path / "out", saved=True)


def test_a_wrong_secret_is_told(services, sources_at, app, tmp_path):
    play_spotify(services, LISTS, tokens=json_reply({"error": "invalid_client"}, status=400))
    with pytest.raises(
        KerasfeatError, match=r"refuses to log in \(invalid_client\): check SPOTIPY_CLIENT_ID"
    ):
        spotify.make(tmp_path / "out", genre=("hip hop",))


def test_where_no_browser_opens_the_address_is_said(services, sources_at, app, tmp_path, capfd):
    play_spotify(services, LISTS)
    spotify.make(tmp_path / "out", saved=True)
    assert f"Log in to Spotify in the browser: {app[0]}" in capfd.readouterr().err


def test_an_old_login_is_forgotten(services, sources_at, app, tmp_path):
    play_spotify(services, LISTS)
    spotify.make(tmp_path / "out", saved=True)
    token = cache_dir() / "spotify" / "token-user.json"
    stored = json.loads(token.read_text())
    token.write_text(json.dumps({**stored, "expires_at": 0}))
    play_spotify(
        services,
        LISTS,
        tokens=json_reply(
            {"error": "invalid_grant", "error_description": "Refresh token revoked"}, status=400
        ),
    )
    with pytest.raises(KerasfeatError, match=r"six months\): run the same command again to log in"):
        spotify.make(tmp_path / "new", saved=True)
    assert not token.exists()
    play_spotify(services, LISTS)
    assert spotify.make(tmp_path / "new", saved=True) == 7


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SPOTIPY_CLIENT_SECRET", "", r"SPOTIPY_CLIENT_SECRET not set: set SPOTIPY_CLIENT_ID and"),
        (
            "SPOTIPY_REDIRECT_URI",
            "http://localhost:8888/callback",
            r"http://127.0.0.1:PORT/\.\.\. only, no localhost",
        ),
    ],
)
def test_wrong_credentials_are_explained_before_anything_is_asked(
    services, sources_at, app, tmp_path, monkeypatch, name, value, message
):
    monkeypatch.setenv(name, value)
    with pytest.raises(KerasfeatError, match=message):
        spotify.make(tmp_path / "out", saved=True)
    assert not services.asked and not Path(tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "say what to bring in"),
        ({"playlist": ("happy=nowhere",)}, "'nowhere' is not a Spotify address"),
    ],
)
def test_nonsense_is_refused(app, tmp_path, given, message):
    with pytest.raises(KerasfeatError, match=message):
        spotify.make(tmp_path / "out", **given)
