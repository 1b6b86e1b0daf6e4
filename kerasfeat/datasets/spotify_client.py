"""Spotify's Web API through spotipy: today's routes and the older ones, errors in words."""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kerasfeat import KerasfeatError
from kerasfeat.datasets import spotify_login
from kerasfeat.datasets.http.retry import Unreachable, retry
from kerasfeat.datasets.http.web import (
    SILENCE_S,
    TEMPORARY_STATUSES,
    Refused,
    Web,
    connection_error,
    retry_after_s,
)

if TYPE_CHECKING:
    import spotipy

API = "https://api.spotify.com/v1"
CLOSED = (403, 404)  # what removed routes answer
A_DAY_S = 86_400.0


class Client:
    """Asks Spotify as a user who has logged in, or as the app alone.

    Args:
        as_user: whether what is asked for needs a user: playlists and saved songs do.
    """

    def __init__(self, as_user: bool) -> None:
        import spotipy

        # It logs addresses and, for debugging, tokens.
        logging.getLogger("spotipy").setLevel(logging.CRITICAL + 1)
        self._web = Web(API, spotify_login.ACCOUNTS)
        self._login = spotify_login.login(as_user, self._web)
        self._spotify = spotipy.Spotify(
            auth_manager=self._login, requests_session=self._web, requests_timeout=SILENCE_S
        )
        self._spotify.prefix = f"{API}/"
        self._open_routes: set[str] = set()
        # Now, since the wait for the user's answer can't be interrupted in the threads of a crawl.
        retry(self._get_token)

    def get(self, route: str, **params: Any) -> dict[str, Any]:
        """The JSON object at a route.

        Raises:
            Refused: Spotify says no; `status` says how.
            Unreachable: it does not answer now.
        """
        return retry(lambda: self._once(route, params))

    def get_first(self, routes: Sequence[str], name: str, **params: Any) -> dict[str, Any]:
        """The object at the first of some routes that is open to this app.

        Which one is, is found out once.

        Args:
            routes: with {} for the name.
            name: of a list.
            params: of the query.

        Raises:
            Refused, Unreachable: as `get`.
        """
        *others, last = [route for route in routes if route in self._open_routes] or routes
        for route in others:
            try:
                return self._get_open(route, name, params)
            except Refused as error:
                if error.status not in CLOSED:
                    raise
        return self._get_open(last, name, params)

    def _get_open(self, route: str, name: str, params: dict[str, Any]) -> dict[str, Any]:
        answer = self.get(route.format(name), **params)
        self._open_routes.add(route)
        return answer

    def _once(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        with self._errors_in_words(route):
            answer = self._spotify._get(route, **params)
        if not isinstance(answer, dict):
            raise Unreachable(
                f"Spotify's {route} answers with something that is not a JSON object."
            )
        return answer

    def _get_token(self) -> None:
        with self._errors_in_words("log-in"):
            self._login.get_access_token(as_dict=False)

    @contextlib.contextmanager
    def _errors_in_words(self, route: str) -> Iterator[None]:
        """Raise what goes wrong within this as a KerasfeatError."""
        import requests
        import spotipy

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except spotipy.SpotifyOauthError as error:
            raise self._login_error(error) from None
        except spotipy.SpotifyException as error:
            raise _error(error, route) from None
        except requests.RequestException as error:
            raise connection_error(f"{API}/{route}", error) from None
        except OSError as error:
            raise KerasfeatError(
                f"can't listen at {spotify_login.redirect_uri()} for the log-in "
                f"({error.strerror or error}): set SPOTIPY_REDIRECT_URI to another port, and add "
                "it to the app's redirect URIs."
            ) from error
        # What spotipy's reading of an answer of undocumented form ends in.
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise Unreachable(
                f"Spotify's {route} answers in another form than it documents "
                f"({type(error).__name__})."
            ) from error

    def _login_error(self, error: "spotipy.SpotifyOauthError") -> KerasfeatError:
        # spotipy's own error for a wrong state lacks it.
        reason = getattr(error, "error", None) or str(error)
        if reason == "invalid_grant":
            self._login.cache_handler.forget()
            return KerasfeatError(
                "Spotify no longer accepts the stored log-in (they end after six months): "
                "run the same command again to log in."
            )
        return KerasfeatError(
            f"Spotify refuses to log in ({reason}): check SPOTIPY_CLIENT_ID and "
            "SPOTIPY_CLIENT_SECRET."
        )


def _error(error: "spotipy.SpotifyException", route: str) -> KerasfeatError:
    """The error for a SpotifyException."""
    said = str(error.msg).rpartition("\n")[2].strip()
    message = f"Spotify's {route} answers {error.http_status}"
    message += f" {said!r}." if said not in ("", "None") else "."
    if "QUOTA_EXCEEDED" in f"{said} {error.reason}":
        return Unreachable(
            f"{message} The app's quota is used up: run the same command again tomorrow.", A_DAY_S
        )
    if error.http_status in TEMPORARY_STATUSES:
        return Unreachable(message, retry_after_s(error.headers.get("Retry-After")))
    if error.http_status == 401:
        credentials = spotify_login.CREDENTIALS.format(redirect=spotify_login.redirect_uri())
        message += f" The log-in is not valid for this; {credentials}"
    return Refused(message, error.http_status)
