"""Servers that drip, and answers that are malformed: every request ends, with a clear message."""

import hashlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from source_services import Reply, json_reply, play_spotify, spotify_track

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http import download, retry, time_limit
from kerasfeat.datasets.http.download import Archive
from kerasfeat.datasets.http.retry import Unreachable
from kerasfeat.datasets.http.web import Refused, Web, get, get_json
from kerasfeat.datasets.sources import spotify

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
DRIP_S = 0.02
# What drips: what comes at once, then what comes for ever, a byte at a time.
DRIPS = {
    "status": (b"", b"HTTP/1.1 200 " + b"O" * 90),
    "a header": (OK, b"X-Long: " + b"a" * 90),
    "many headers": (OK, b"X-A: 1\r\n"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (OK + b"Content-Length: 99999\r\n\r\n", b"d"),
    "body without length": (OK + b"\r\n", b"d"),
    "chunks": (CHUNKED, b"1\r\nd\r\n"),
    "a chunk's size": (CHUNKED, b"0"),
    "gzip": (OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x10\0\0\0\0\0\xff", b"c"),
}


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[], Iterable[bytes]]], str]]:
    """Starts a server that answers each request with some bytes; gives its address."""
    listeners = []

    def serve(listener: socket.socket, answer: Callable[[], Iterable[bytes]]) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # the test is over
                return
            threading.Thread(target=send, args=(connection, answer), daemon=True).start()

    def send(connection: socket.socket, answer: Callable[[], Iterable[bytes]]) -> None:
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                connection.recv(65536)
                for some in answer():
                    connection.sendall(some)
            except OSError:
                pass  # the client has had enough

    def start(answer: Callable[[], Iterable[bytes]]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def dripping(name: str) -> Callable[[], Iterator[bytes]]:
    at_once, for_ever = DRIPS[name]

    def answer() -> Iterator[bytes]:
        yield at_once
        end_s = time.monotonic() + 20
        for byte in itertools.cycle(for_ever):
            if time.monotonic() > end_s:
                return
            time.sleep(DRIP_S)
            yield bytes([byte])

    return answer


@pytest.mark.parametrize("name", DRIPS)
def test_a_request_ends_however_the_answer_drips(raw_server, monkeypatch, name):
    monkeypatch.setattr(retry, "TRIES", 2)
    url = raw_server(dripping(name))
    begun_s = time.monotonic()
    with pytest.raises(Unreachable, match=r"127.0.0.1:\d+/x is too slow: not done after 0.3 s"):
        get(Web(url), f"{url}/x?key=secret", most_s=0.3)
    assert time.monotonic() - begun_s < 5


@pytest.mark.parametrize("name", DRIPS)
def test_a_download_ends_however_the_answer_drips(raw_server, tmp_path, monkeypatch, name):
    monkeypatch.setattr(download, "DOWNLOAD_S", 0.4)
    url = raw_server(dripping(name))
    begun_s = time.monotonic()
    with pytest.raises(KerasfeatError, match="too slow.*run the same command again"):
        download.download(Archive(f"{url}/set.zip", "sha1:00", 9), tmp_path)
    assert time.monotonic() - begun_s < 8
    assert not (tmp_path / "set.zip").exists()
    if name == "body":
        assert set((tmp_path / "set.zip.partial").read_bytes()) == set(b"d")


def test_a_long_download_takes_longer_than_a_dripping_one(services, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "DOWNLOAD_S", 0.4)
    monkeypatch.setattr(download, "SLOWEST_BYTES_PER_S", 10.0)
    content = b"whole archive" * 3
    services.routes["/set.zip"] = lambda *given: Reply(content, drip_s=DRIP_S)
    archive = Archive(f"{services.url}/set.zip", "sha1:" + hashlib.sha1(content).hexdigest(), 1)
    begun_s = time.monotonic()
    assert download.download(archive, tmp_path).read_bytes() == content
    assert time.monotonic() - begun_s > 0.4


def test_requests_of_spotipy_end_too(raw_server, monkeypatch):
    monkeypatch.setattr(time_limit, "WHOLE_S", 0.3)
    url = raw_server(dripping("many headers"))
    with pytest.raises(Unreachable, match="too slow"):
        Web(url).post(f"{url}/token", data={"code": "7"})


def test_the_body_of_a_redirect_is_not_waited_for(services, raw_server):
    target = json.dumps({"fine": 7}).encode()
    asked = itertools.count()

    def answer() -> Iterator[bytes]:
        if next(asked):
            yield OK + b"Content-Length: %d\r\n\r\n" % len(target) + target
            return
        yield b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 99999\r\n\r\n"
        for _ in range(500):
            time.sleep(DRIP_S)
            yield b"d"

    url = raw_server(answer)
    assert get_json(Web(url), f"{url}/here", most_s=3) == {"fine": 7}


@pytest.mark.parametrize(
    "location",
    [b"http://[::1", b"http://[half]", b"//[::1", "http://a\u2100b/".encode(), b"/\xff\xfe"],
)
def test_a_redirect_to_no_address_is_refused(services, location):
    headers = {"Location": location.decode("latin1")}
    services.routes["/away"] = lambda *given: Reply(b"", 302, headers=headers)
    with pytest.raises(Refused, match=r"^127.0.0.1:\d+/away: .* the answer can't be followed\.$"):
        get(Web(services.url), f"{services.url}/away?key=secret")
    assert len(services.asked) == 1


def test_a_redirect_to_nowhere_is_refused(services):
    services.routes["/away"] = lambda *given: Reply(b"{}", 302)
    with pytest.raises(Refused, match="answers 302 '{}'"):
        get_json(Web(services.url), f"{services.url}/away")


@pytest.mark.parametrize(
    "length", ["abc", "-5", "+2", "0x2", "1_0", "b, 2", "2, 7", "9" * 5000, "٢", ""]
)
def test_a_length_that_is_none_is_refused(services, tmp_path, length):
    headers = {"Content-Length": length.encode().decode("latin1")}
    services.routes["/set.zip"] = lambda *given: Reply(b"{}", headers=headers)
    url = f"{services.url}/set.zip"
    refusal = "Content-Length '.*', which is not a number of bytes|InvalidHeader"
    with pytest.raises(Refused, match=refusal):
        get_json(Web(services.url), url)
    with pytest.raises(Refused, match=refusal):
        download.download(Archive(url, "sha1:00", 9), tmp_path)
    assert len(services.asked) == 2


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b'{"a": ' + b"1" * 5000 + b"}"],
    ids=["lists", "objects", "a long number"],
)
def test_json_that_can_not_be_read_is_no_json(services, monkeypatch, body):
    monkeypatch.setattr(retry, "TRIES", 2)
    services.routes["/deep"] = lambda *given: Reply(body)
    with pytest.raises(Unreachable, match="answers with application/json that is not a JSON obj"):
        get_json(Web(services.url), f"{services.url}/deep")
    assert len(services.asked) == 2


@pytest.mark.parametrize("wish", ["9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "-1", "nan", "inf"])
def test_a_wish_to_wait_that_is_none_is_left(services, monkeypatch, wish):
    services.routes["/thing"] = lambda *given: json_reply({"fine": 7})
    services.spoil = [Reply(b"", 429, headers={"Retry-After": wish})]
    assert get_json(Web(services.url), f"{services.url}/thing") == {"fine": 7}


@pytest.fixture
def genre_list(services, sources_at, tmp_path, monkeypatch) -> Callable[..., int]:
    """Brings in a genre's songs from Spotify."""
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "cl1ent")
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "cache"))
    play_spotify(services, {"folk": [spotify_track(i) for i in range(7)]})
    return lambda name="out": spotify.make(tmp_path / name, genre=("folk",))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"[" * 100_000),
        Reply(b'["no"]', 500),
        Reply(b'{"error": "no"}', 503),
        json_reply({"tracks": {"items": [], "total": "many"}}),
        json_reply({"tracks": {"items": {"a": 1}, "total": 1}}),
    ],
    ids=["deep", "a list as error", "a text as error", "a text as total", "an object as items"],
)
def test_what_spotify_does_not_document_is_one_clear_message(
    services, genre_list, monkeypatch, reply
):
    monkeypatch.setattr(retry, "TRIES", 2)
    assert genre_list() == 7
    services.routes["/spotify/v1/search"] = lambda *given: reply
    with pytest.raises(KerasfeatError, match="Spotify"):
        genre_list("other")


def test_half_a_surrogate_pair_in_a_name_does_not_stop_a_table(services, genre_list, tmp_path):
    play_spotify(services, {"folk": [spotify_track(3, name="half \ud83d"), spotify_track(4)]})
    assert genre_list() == 2
    assert "half" in (tmp_path / "out" / "tracks.csv").read_text(encoding="utf-8")
