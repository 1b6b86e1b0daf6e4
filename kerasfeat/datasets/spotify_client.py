"""Spotify's Web API through spotipy: log-in on this machine, today's routes and the older ones,
errors in words.
"""

import contextlib
import logging
import os
import secrets
import urllib.parse
import warnings

from kerasfeat import KerasfeatError
from kerasfeat.cache import cache_dir
from kerasfeat.datasets.http.retry import Unreachable, patiently
from kerasfeat.datasets.http.web import (
    PASSING,
    SILENCE_S,
    Refused,
    Web,
    connection_error,
    retry_after_s,
)
from kerasfeat.progress import say

API, ACCOUNTS = "https://api.spotify.com/v1", "https://accounts.spotify.com"
REDIRECT = "http://127.0.0.1:8765/callback"
SCOPE = "playlist-read-private playlist-read-collaborative user-library-read"
CLOSED = (403, 404)  # what removed routes answer
A_DAY_S = 86_400.0

CREDENTIALS = """set SPOTIPY_CLIENT_ID and SPOTIPY_CLIENT_SECRET to those of your app at https://developer.spotify.com/dashboard, with the \
redirect URI {redirect} among the app's own. Since March 2026 the owner of an app needs Spotify Premium."""


class Client:
    """Asks Spotify as a user who has logged in, or as the app alone.

    Args:
        as_user: whether what is asked for needs a user: playlists and saved songs do.
    """

    def __init__(self, as_user):
        import spotipy

        # It logs addresses and, for debugging, tokens.
        logging.getLogger("spotipy").setLevel(logging.CRITICAL + 1)
        self._web = Web(API, ACCOUNTS)
        self._login = _login(as_user, self._web)
        self._spotify = spotipy.Spotify(
            auth_manager=self._login, requests_session=self._web, requests_timeout=SILENCE_S
        )
        self._spotify.prefix = f"{API}/"
        self._open = set()
        # Now, since the wait for the user's answer can't be interrupted in the threads of a crawl.
        patiently(self._token)

    def get(self, route, **params):
        """The JSON object at a route.

        Raises:
            Refused: Spotify says no; `status` says how. Unreachable: it does not answer now.
        """
        return patiently(lambda: self._once(route, params))

    def get_first(self, routes, name, **params):
        """The object at the first of the routes (with {} for `name`) that is open to this app;
        which one is, is found out once.
        """
        *others, last = [route for route in routes if route in self._open] or routes
        for route in others:
            try:
                return self._found(route, name, params)
            except Refused as error:
                if error.status not in CLOSED:
                    raise
        return self._found(last, name, params)

    def _found(self, route, name, params):
        found = self.get(route.format(name), **params)
        self._open.add(route)
        return found

    def _once(self, route, params):
        with self._told(route):
            found = self._spotify._get(route, **params)
        if not isinstance(found, dict):
            raise Unreachable(
                f"Spotify's {route} answers with something that is not a JSON object."
            )
        return found

    def _token(self):
        with self._told("log-in"):
            self._login.get_access_token(as_dict=False)

    @contextlib.contextmanager
    def _told(self, route):
        """What goes wrong within this, in our words."""
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
                f"can't listen at {_redirect()} for the log-in "
                f"({error.strerror or error}): set SPOTIPY_REDIRECT_URI to another port, "
                "and add it to the app's redirect URIs."
            ) from error

    def _login_error(self, error):
        reason = getattr(error, "error", None) or str(
            error
        )  # spotipy's own error for a wrong state lacks it
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


def _error(error, route):
    """The error for a SpotifyException."""
    said = str(error.msg).rpartition("\n")[2].strip()
    message = f"Spotify's {route} answers {error.http_status}" + (
        f" {said!r}." if said not in ("", "None") else "."
    )
    if "QUOTA_EXCEEDED" in f"{said} {error.reason}":
        return Unreachable(
            f"{message} The app's quota is used up: run the same command again tomorrow.", A_DAY_S
        )
    if error.http_status in PASSING:
        return Unreachable(message, retry_after_s(error.headers.get("Retry-After")))
    if error.http_status == 401:
        message += " The log-in is not valid for this; " + CREDENTIALS.format(redirect=_redirect())
    return Refused(message, error.http_status)


def _redirect():
    return os.environ.get("SPOTIPY_REDIRECT_URI") or REDIRECT


def _login(as_user, web):
    """spotipy's auth manager, its tokens kept in the user cache for this user alone."""
    from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth

    class Login(SpotifyOAuth):
        def _open_auth_url(self):
            say(
                f"Log in to Spotify in the browser: {self.get_authorize_url()}"
            )  # which may not open by itself
            super()._open_auth_url()

    names = ("SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET")
    absent = [name for name in names if not os.environ.get(name)]
    redirect = _redirect()
    if absent:
        raise KerasfeatError(
            f"{' and '.join(absent)} not set: {CREDENTIALS.format(redirect=redirect)}"
        )
    parts = urllib.parse.urlsplit(redirect)
    if parts.hostname != "127.0.0.1" or parts.scheme != "http" or not parts.port:
        raise KerasfeatError(
            f"SPOTIPY_REDIRECT_URI is {redirect}: Spotify takes http://127.0.0.1:PORT/... "
            f"only, no localhost; such as {REDIRECT}."
        )
    common = {
        "requests_session": web,
        "requests_timeout": SILENCE_S,
        "cache_handler": _tokens("user" if as_user else "app"),
    }
    login = (
        Login(redirect_uri=redirect, scope=SCOPE, state=secrets.token_urlsafe(), **common)
        if as_user
        else SpotifyClientCredentials(**common)
    )
    login.OAUTH_TOKEN_URL, login.OAUTH_AUTHORIZE_URL = (
        f"{ACCOUNTS}/api/token",
        f"{ACCOUNTS}/authorize",
    )
    return login


def _tokens(whose):
    """spotipy's token file, made so that nobody else can read it at any moment."""
    from spotipy.cache_handler import CacheFileHandler

    class Tokens(CacheFileHandler):
        def save_token_to_cache(self, token_info):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            super().save_token_to_cache(token_info)

        def forget(self):
            path.unlink(missing_ok=True)

    path = cache_dir() / "spotify" / f"token-{whose}.json"
    return Tokens(cache_path=str(path))
