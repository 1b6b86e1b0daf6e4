"""Requests that end: https to named hosts only, bounded in size and time, repeated with patience
where that can help.
"""

import json
import time
import urllib.parse
from dataclasses import dataclass

import requests
import urllib3

from kerasfeat import KerasfeatError, __version__
from kerasfeat.datasets.http.retry import Unreachable, patiently

CONNECT_S, SILENCE_S, WHOLE_S = 10, 30, 60
JSON_BYTES = 16 * 1024**2
BLOCK_BYTES = 1 << 16
PASSING = (408, 425, 429, 500, 502, 503, 504)


class Refused(KerasfeatError):
    """The server says no, and will say no again; `status` is the HTTP status."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """A whole answer: its status, lower-case content type without parameters, and body."""

    status: int
    content_type: str
    body: bytes


class Web(requests.Session):
    """A session that reaches the hosts of its base addresses, and https on further hosts and their
    subdomains; redirects included.
    """

    def __init__(self, *bases, hosts=()):
        super().__init__()
        self._origins = {urllib.parse.urlsplit(base)[:2] for base in bases}
        self._hosts = tuple(hosts)
        self.headers["User-Agent"] = f"kerasfeat/{__version__}"
        self.max_redirects = 5

    def get_adapter(self, url):
        """Every request and redirect passes here."""
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        named = parts.scheme == "https" and any(
            host == known or host.endswith(f".{known}") for known in self._hosts
        )
        if not named and (parts.scheme, parts.netloc) not in self._origins:
            known = ", ".join(sorted({origin[1] for origin in self._origins} | set(self._hosts)))
            raise Refused(
                f"refused to go to {parts.scheme}://{host}: only https to {known} is allowed here.",
                0,
            )
        return super().get_adapter(url)


def get(
    web,
    url,
    params=None,
    *,
    most_bytes=JSON_BYTES,
    most_s=WHOLE_S,
    pace=None,
    read=lambda answer: answer,
):
    """The whole answer to a GET, with patience.

    Args:
        web: a Web.
        url: address.
        params: of the query, a dict or list of pairs.
        most_bytes: a longer body is refused.
        most_s: a slower answer is given up.
        pace: a Pace to keep.
        read: what is made of the Answer; it may raise Unreachable to have it asked for again.

    Raises:
        Unreachable: no whole answer after several tries.
        Refused: a status that trying again won't change, or an answer that is too large.
    """

    def once():
        if pace:
            pace.wait()
        return read(_once(web, url, params, most_bytes, most_s))

    return patiently(once)


def get_json(web, url, params=None, *, check=lambda data: None, **limits):
    """The JSON object that answers a GET, as `get`; what is none is as bad as no answer. `check`
    may raise Unreachable.
    """

    def read(answer):
        try:
            data = json.loads(answer.body)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise Unreachable(
                f"{where(url)} answers with {answer.content_type or 'something'} that is "
                "not a JSON object."
            )
        check(data)
        return data

    return get(web, url, params, read=read, **limits)


def where(url):
    """The host and path of an address, without its query, which may hold a signature."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def check_status(status, headers, url, body=b""):
    """Raise what an HTTP status means, if it is no success."""
    if status < 400:
        return
    said = body[:200].decode(errors="replace").strip()
    message = f"{where(url)} answers {status}" + (f" {said!r}." if said else ".")
    if status in PASSING:
        raise Unreachable(message, retry_after_s(headers.get("Retry-After")))
    raise Refused(message, status)


def connection_error(url, error):
    """The Unreachable for an error of the connection, in a line."""
    return Unreachable(f"{where(url)} can't be reached: {type(error).__name__}.")


BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)


def opened(web, url, params=None, headers=None):
    """The response to a GET whose body has not been read; errors as `get`, without patience."""
    try:
        return web.get(
            url, params=params, headers=headers, stream=True, timeout=(CONNECT_S, SILENCE_S)
        )
    except BROKEN as error:
        raise connection_error(url, error) from error
    except requests.RequestException as error:
        raise Refused(
            f"{where(url)}: {type(error).__name__}: the answer can't be followed.", 0
        ) from error


def blocks(response, url, most_bytes, most_s=None):
    """Yields the body as it comes; refuses more than `most_bytes`, gives up after `most_s`."""
    started_s, got_bytes = time.monotonic(), 0
    try:
        while block := response.raw.read1(BLOCK_BYTES, decode_content=True):
            got_bytes += len(block)
            if got_bytes > most_bytes:
                raise Refused(
                    f"{where(url)} sends more than {most_bytes:,} bytes.", response.status_code
                )
            if most_s is not None and time.monotonic() - started_s > most_s:
                raise Unreachable(f"{where(url)} is too slow: not done after {most_s:g} s.")
            yield block
    except (*BROKEN, OSError) as error:
        raise connection_error(url, error) from error


def _once(web, url, params, most_bytes, most_s):
    with opened(web, url, params) as response:
        body = b"".join(blocks(response, url, most_bytes, most_s))
        check_status(response.status_code, response.headers, url, body)
        return Answer(
            response.status_code,
            response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            body,
        )


def retry_after_s(text):
    """Seconds of a Retry-After header, a number or a date; None where it has neither."""
    try:
        return urllib3.Retry().parse_retry_after(text) if text else None
    except urllib3.exceptions.InvalidHeader:
        return None
