"""A session that goes to some hosts only, and never takes forever."""

import urllib.parse
from collections.abc import Sequence
from typing import Any

import requests

from kerasfeat import KerasfeatError, __version__
from kerasfeat.datasets.http.time_limit import TimeLimit, call_within


class Refused(KerasfeatError):
    """The server says no, and will say no again, or its answer can't be used.

    Args:
        message: what happened.
        status: the HTTP status; 0 where there is none.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Web(requests.Session):
    """A session that goes to some hosts only, redirects included, within a time.

    Args:
        bases: addresses whose hosts are reached, such as "https://api.example".
        hosts: further hosts that are reached by https, as are their subdomains.
    """

    def __init__(self, *bases: str, hosts: Sequence[str] = ()) -> None:
        super().__init__()
        self._origins = {urllib.parse.urlsplit(base)[:2] for base in bases}
        self._hosts = tuple(hosts)
        self.headers["User-Agent"] = f"kerasfeat/{__version__}"
        self.max_redirects = 5
        self.hooks["response"].append(drop_redirect_body)

    def get_adapter(self, url: str) -> requests.adapters.BaseAdapter:
        """What sends a request; every request and redirect passes here."""
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

    def request(
        self, method: str, url: str | bytes, *args: Any, **options: Any
    ) -> requests.Response:
        """As requests', but not longer than WHOLE_S: spotipy's requests pass here."""
        address = url if isinstance(url, str) else url.decode()
        limit = TimeLimit(without_query(address))
        return self.request_within(limit, method, address, *args, **options)

    def request_within(
        self, limit: TimeLimit, method: str, url: str, *args: Any, **options: Any
    ) -> requests.Response:
        """The response to a request.

        Args:
            limit: until when.
            method, url, args, options: see requests.Session.request.

        Raises:
            Unreachable: the time is over.
            Refused: the request may not go there, or is redirected to what is no address.
            requests.RequestException: as requests.
        """

        def send() -> requests.Response:
            return super(Web, self).request(method, url, *args, **options)

        try:
            return call_within(limit, send)
        except requests.RequestException:
            raise
        except ValueError as error:
            raise unfollowable(url, error) from error


def drop_redirect_body(response: requests.Response, **options: Any) -> None:
    """Close a redirect, whose body requests would read, however long it is."""
    if response.is_redirect:
        response.close()


def without_query(url: str) -> str:
    """The host and path of an address, without its query, which may hold a signature."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def unfollowable(url: str, error: Exception) -> Refused:
    """The Refused for an answer that leads nowhere, in a line."""
    return Refused(
        f"{without_query(url)}: {type(error).__name__}: the answer can't be followed.", 0
    )
