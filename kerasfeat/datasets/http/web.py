"""Requests that end: https to named hosts only, bounded in size and time, tried again where that
can help. An answer that is malformed is refused.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import requests
import urllib3

from kerasfeat.datasets.http.retry import Pace, Unreachable, retry
from kerasfeat.datasets.http.session import Refused, Web, unfollowable, without_query
from kerasfeat.datasets.http.time_limit import TimeLimit, shut_after

# A server may take so long to be reached, and may be silent so long.
CONNECT_S, SILENCE_S = 10, 30
JSON_BYTES = 16 * 1024**2
BLOCK_BYTES = 1 << 16
TEMPORARY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
LENGTH = re.compile(r"[0-9]{1,18}")

Query: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A whole answer: its status, lower-case content type without parameters, and body."""

    status: int
    content_type: str
    body: bytes


def get(
    web: Web,
    url: str,
    params: Query | None = None,
    *,
    most_bytes: int = JSON_BYTES,
    most_s: float | None = None,
    pace: Pace | None = None,
) -> Answer:
    """The whole answer to a GET, tried again while there is none.

    Args:
        web: reaches the host.
        url: address.
        params: of the query.
        most_bytes: a longer body is refused.
        most_s: a slower answer is given up; WHOLE_S by default.
        pace: a Pace to keep.

    Raises:
        Unreachable: no whole answer after several tries.
        Refused: a status that trying again won't change, or an answer that is too large or
            malformed.
    """
    return retry(lambda: _once(web, url, params, most_bytes=most_bytes, most_s=most_s, pace=pace))


def get_json(
    web: Web,
    url: str,
    params: Query | None = None,
    *,
    check: Callable[[dict[str, Any]], None] = lambda data: None,
    most_s: float | None = None,
    pace: Pace | None = None,
) -> dict[str, Any]:
    """The JSON object that answers a GET; an answer that is none is as bad as no answer.

    Args:
        web, url, params, most_s, pace: see `get`.
        check: looks at the object; it may raise Unreachable to have it asked for again.

    Raises:
        Unreachable, Refused: as `get`.
    """

    def once() -> dict[str, Any]:
        answer = _once(web, url, params, most_bytes=JSON_BYTES, most_s=most_s, pace=pace)
        data = _json_object(answer, url)
        check(data)
        return data

    return retry(once)


def _json_object(answer: Answer, url: str) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):  # no JSON, or nested too deeply
        data = None
    if not isinstance(data, dict):
        raise Unreachable(
            f"{without_query(url)} answers with {answer.content_type or 'something'} that is "
            "not a JSON object."
        )
    return data


def check_status(status: int, headers: Mapping[str, str], url: str, body: bytes = b"") -> None:
    """Raise what an HTTP status means, if it is no success."""
    if 200 <= status < 300:
        return
    said = body[:200].decode(errors="replace").strip()
    message = f"{without_query(url)} answers {status}" + (f" {said!r}." if said else ".")
    if status in TEMPORARY_STATUSES:
        raise Unreachable(message, retry_after_s(headers.get("Retry-After")))
    raise Refused(message, status)


def connection_error(url: str, error: Exception) -> Unreachable:
    """The Unreachable for an error of the connection, in a line."""
    why = said_of_connection(error) or type(error).__name__
    return Unreachable(f"{without_query(url)} can't be reached: {why}.")


def said_of_connection(error: BaseException | None) -> str:
    """What the operating system says of why there is no connection; "" where it says nothing."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror[0].lower() + error.strerror[1:]
        error = error.__cause__ or error.__context__
    return ""


BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)


@contextlib.contextmanager
def opened(
    web: Web,
    url: str,
    limit: TimeLimit,
    *,
    params: Query | None = None,
    headers: dict[str, str] | None = None,
) -> Iterator[requests.Response]:
    """The response to one GET whose body has not been read; closed at the end.

    Raises:
        Unreachable, Refused: as `get`.
    """
    options = {"params": params, "headers": headers, "timeout": (CONNECT_S, SILENCE_S)}
    try:
        response = web.request_within(limit, "GET", url, stream=True, **options)
    except BROKEN as error:
        raise connection_error(url, error) from error
    except requests.RequestException as error:
        raise unfollowable(url, error) from error
    with response, shut_after(limit, response.raw.shutdown):
        yield response


def length_bytes(response: requests.Response, url: str) -> int | None:
    """How long the body is said to be; None where nothing is said.

    Raises:
        Refused: what is said is no length.
    """
    text = response.headers.get("Content-Length")
    if text is None:
        return None
    lengths = [length.strip() for length in text.split(",")]  # urllib3 refuses different ones
    if not all(map(LENGTH.fullmatch, lengths)):
        raise Refused(
            f"{without_query(url)} answers with the Content-Length {text[:40]!r}, which is "
            "not a number of bytes.",
            response.status_code,
        )
    return int(lengths[0])


def blocks(
    response: requests.Response, url: str, most_bytes: int, limit: TimeLimit
) -> Iterator[bytes]:
    """Yields the body as it comes.

    Raises:
        Refused: it has more than `most_bytes`, or its length is said to be none.
        Unreachable: it breaks off, or the time is over.
    """
    too_long = Refused(
        f"{without_query(url)} sends more than {most_bytes:,} bytes.", response.status_code
    )
    if (length_bytes(response, url) or 0) > most_bytes:
        raise too_long
    got_bytes = 0
    try:
        while block := response.raw.read1(BLOCK_BYTES, decode_content=True):
            got_bytes += len(block)
            if got_bytes > most_bytes:
                raise too_long
            if not limit.left_s:
                break
            yield block
    except (*BROKEN, OSError, ValueError) as error:
        # A connection that is shut since the time is over breaks in any of these ways.
        raise connection_error(url, error) if limit.left_s else limit.error() from error
    if not limit.left_s:  # such a connection may seem to be at its end, too
        raise limit.error()


def _once(
    web: Web,
    url: str,
    params: Query | None,
    *,
    most_bytes: int,
    most_s: float | None,
    pace: Pace | None,
) -> Answer:
    if pace:
        pace.wait()
    limit = TimeLimit(without_query(url), most_s)
    with opened(web, url, limit, params=params) as response:
        body = b"".join(blocks(response, url, most_bytes, limit))
        check_status(response.status_code, response.headers, url, body)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(response.status_code, kind, body)


def retry_after_s(text: str | None) -> float | None:
    """Seconds of a Retry-After header, a number or a date; None where it has neither."""
    try:
        return urllib3.Retry().parse_retry_after(text) if text else None
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None
