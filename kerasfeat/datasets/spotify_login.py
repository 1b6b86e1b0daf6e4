"""Log-in to Spotify on this machine, through spotipy."""

import os
import secrets
import urllib.parse
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.cache import cache_dir
from kerasfeat.datasets.http.web import SILENCE_S, Web
from kerasfeat.progress import say

ACCOUNTS = "https://accounts.spotify.com"
REDIRECT = "http://127.0.0.1:8765/callback"
SCOPE = "playlist-read-private playlist-read-collaborative user-library-read"

CREDENTIALS = (
    "set SPOTIPY_CLIENT_ID and SPOTIPY_CLIENT_SECRET to those of your app at "
    "https://developer.spotify.com/dashboard, with the redirect URI {redirect} among the app's "
    "own. Since March 2026 the owner of an app needs Spotify Premium."
)


def redirect_uri() -> str:
    """The address on this machine at which Spotify's answer to a log-in arrives."""
    return os.environ.get("SPOTIPY_REDIRECT_URI") or REDIRECT


def login(as_user: bool, web: Web) -> Any:
    """spotipy's auth manager, its tokens kept in the user cache for this user alone.

    Args:
        as_user: whether a user logs in, or the app alone does.
        web: reaches ACCOUNTS.

    Raises:
        KerasfeatError: the environment names no app, or an address that Spotify does not take.
    """
    from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth

    class Login(SpotifyOAuth):
        def _open_auth_url(self) -> None:
            # The browser may not open by itself.
            say(f"Log in to Spotify in the browser: {self.get_authorize_url()}")
            super()._open_auth_url()

    redirect = _checked_redirect_uri()
    common = {
        "requests_session": web,
        "requests_timeout": SILENCE_S,
        "cache_handler": _tokens("user" if as_user else "app"),
    }
    manager = (
        Login(redirect_uri=redirect, scope=SCOPE, state=secrets.token_urlsafe(), **common)
        if as_user
        else SpotifyClientCredentials(**common)
    )
    manager.OAUTH_TOKEN_URL = f"{ACCOUNTS}/api/token"
    manager.OAUTH_AUTHORIZE_URL = f"{ACCOUNTS}/authorize"
    return manager


def _checked_redirect_uri() -> str:
    names = ("SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET")
    absent = [name for name in names if not os.environ.get(name)]
    redirect = redirect_uri()
    if absent:
        raise KerasfeatError(
            f"{' and '.join(absent)} not set: {CREDENTIALS.format(redirect=redirect)}"
        )
    if not _is_taken_by_spotify(redirect):
        raise KerasfeatError(
            f"SPOTIPY_REDIRECT_URI is {redirect}: Spotify takes http://127.0.0.1:PORT/... "
            f"only, no localhost; such as {REDIRECT}."
        )
    return redirect


def _is_taken_by_spotify(redirect: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(redirect)
        return parts.hostname == "127.0.0.1" and parts.scheme == "http" and bool(parts.port)
    except ValueError:  # no address, or no port
        return False


def _tokens(whose: str) -> Any:
    """spotipy's token file, made so that nobody else can read it at any moment."""
    from spotipy.cache_handler import CacheFileHandler

    class Tokens(CacheFileHandler):
        def save_token_to_cache(self, token_info: dict[str, Any]) -> None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            super().save_token_to_cache(token_info)

        def forget(self) -> None:
            path.unlink(missing_ok=True)

    path = cache_dir() / "spotify" / f"token-{whose}.json"
    return Tokens(cache_path=str(path))
