import gzip
import threading
import time

import pytest
import requests
from source_services import Reply, json_reply

from kerasfeat.datasets.http import retry
from kerasfeat.datasets.http.retry import Pace, Unreachable
from kerasfeat.datasets.http.web import Refused, Web, get, get_json


@pytest.fixture
def ask(services):
    """Ask the server for /thing, which is {"fine": 7}."""
    services.routes["/thing"] = lambda *given: json_reply({"fine": 7})
    session = Web(services.url)
    return lambda **limits: get_json(session, f"{services.url}/thing", **limits)


@pytest.mark.parametrize(
    "spoilt",
    [
        Reply(b"busy", 503, "text/plain"),
        Reply(b"", 500),
        Reply(b"slow down", 429, "text/plain", {"Retry-After": "0"}),
        Reply(b"slow down", 429, "text/plain", {"Retry-After": "soon"}),
        Reply(b'{"fine": 7}' + b" " * 90, cut_after=40),
        Reply(b'{"fine": 7}' + b" " * 90, cut_after=0),
        Reply(b'{"fine": 7, "more', headers={"Transfer-Encoding": "chunked"}, cut_after=9),
        Reply(b"<html>maintenance</html>", 200, "text/html"),
        Reply(b"[7]"),
        Reply(b"not gzip at all", headers={"Content-Encoding": "gzip"}),
    ],
    ids=[
        "503",
        "500",
        "429",
        "429 without a time",
        "cut",
        "cut at once",
        "cut chunks",
        "html",
        "no object",
        "bad gzip",
    ],
)
def test_what_passes_is_asked_for_again(services, ask, spoilt):
    services.spoil = [spoilt, spoilt]
    assert ask() == {"fine": 7}
    assert len(services.asked) == 3


def test_what_does_not_pass_ends_after_some_tries_with_what_was_said(services, ask):
    services.spoil = [Reply(b"on strike", 503, "text/plain")] * 99
    with pytest.raises(Unreachable, match=r"127.0.0.1:\d+/thing answers 503 'on strike'"):
        ask()
    assert len(services.asked) == retry.TRIES


def test_retry_after_is_kept(services, ask, monkeypatch):
    waited = []
    monkeypatch.setattr(retry.STOPPED, "wait", waited.append)
    services.spoil = [Reply(b"", 429, headers={"Retry-After": "17"})]
    assert ask() == {"fine": 7}
    assert 17 in waited


def test_a_server_that_wants_hours_is_left_alone(services, ask):
    services.spoil = [Reply(b"", 429, headers={"Retry-After": "7200"})]
    with pytest.raises(Unreachable, match="429") as caught:
        ask()
    assert caught.value.retry_after_s == 7200 and len(services.asked) == 1


def test_a_refusal_is_not_argued_with(services):
    with pytest.raises(Refused, match="answers 404 'nothing here'") as caught:
        get_json(Web(services.url), f"{services.url}/nowhere")
    assert caught.value.status == 404 and len(services.asked) == 1


def test_compressed_answers_are_read(services):
    body = gzip.compress(b'{"packed": 5}')
    services.routes["/packed"] = lambda *given: Reply(body, headers={"Content-Encoding": "gzip"})
    assert get_json(Web(services.url), f"{services.url}/packed") == {"packed": 5}


@pytest.mark.parametrize("packed", [False, True])
def test_too_large_an_answer_is_refused_however_it_is_packed(services, packed):
    body = b"x" * 3_000_000
    reply = (
        Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"}) if packed else Reply(body)
    )
    services.routes["/huge"] = lambda *given: reply
    with pytest.raises(Refused, match="sends more than 100,000 bytes"):
        get(Web(services.url), f"{services.url}/huge", most_bytes=100_000)


def test_a_drip_is_given_up(services, monkeypatch):
    monkeypatch.setattr(retry, "TRIES", 1)
    services.routes["/drip"] = lambda *given: Reply(b"d" * 50, drip_s=0.05)
    with pytest.raises(Unreachable, match=r"too slow: not done after 0.2 s"):
        get(Web(services.url), f"{services.url}/drip", most_s=0.2)


def test_nobody_there_is_one_clear_line(services, monkeypatch):
    monkeypatch.setattr(retry, "TRIES", 2)
    with pytest.raises(
        Unreachable, match=r"^127.0.0.1:1/x can't be reached: connection refused\.$"
    ):
        get(Web("http://127.0.0.1:1"), "http://127.0.0.1:1/x?secret=7")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.deezer.com/x",
        "https://evil.example/x",
        "file:///etc/passwd",
        "https://notdzcdn.net/x",
        "http://c.dzcdn.net",
    ],
)
def test_only_https_to_named_hosts_is_reached(services, url):
    with pytest.raises(Refused, match="only https to"):
        get(Web("https://api.deezer.com", hosts=["dzcdn.net"]), url)


def test_named_hosts_and_their_subdomains_are_allowed():
    session = Web("https://api.deezer.com", hosts=["dzcdn.net"])
    for url in (
        "https://api.deezer.com/track/1",
        "https://dzcdn.net/a",
        "https://cdnt-preview.dzcdn.net/a",
    ):
        assert isinstance(session.get_adapter(url), requests.adapters.HTTPAdapter)


def test_a_redirect_can_not_lead_elsewhere(services):
    services.routes["/away"] = lambda *given: Reply(
        b"", 302, headers={"Location": "http://127.0.0.1:9/private"}
    )
    services.routes["/round"] = lambda *given: Reply(b"", 302, headers={"Location": "/round"})
    with pytest.raises(Refused, match="only https to"):
        get(Web(services.url), f"{services.url}/away")
    with pytest.raises(Refused, match="TooManyRedirects"):
        get(Web(services.url), f"{services.url}/round")


def test_a_pace_holds_over_threads():
    pace, turns = Pace(50), []
    threads = [
        threading.Thread(target=lambda: (pace.wait(), turns.append(time.monotonic())))
        for _ in range(4)
    ]
    started = time.monotonic()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert max(turns) - started >= 3 / 50
