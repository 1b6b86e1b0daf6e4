"""What the id of a song means: Spotify's, an ISRC, or a name of somebody's own."""

import re

ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
SPOTIFY_ID = re.compile(r"(?:^|[/:])([0-9A-Za-z]{22})(?:$|[?/])")
# A track's id alone, in a URI, or in an address of the web player or of the API.
SPOTIFY_TRACK = re.compile(
    r"(?:spotify:track:|(?:https?://)?[a-z0-9.]*\bspotify\.com/(?:[\w-]+/)*tracks?/)?([0-9A-Za-z]{22})(?:[?/#]\S*)?"
)


def isrc_of(text: str | None) -> str | None:
    """An ISRC in capitals without hyphens, None where the text is none."""
    code = (text or "").replace("-", "").strip().upper()
    return code if ISRC.fullmatch(code) else None


def spotify_id(text: str | None) -> str | None:
    """The id in a Spotify id, URI, or address; None where there is none."""
    match = SPOTIFY_ID.search((text or "").strip())
    return match[1] if match else None


def lasting_id(track_id: str | None) -> str | None:
    """A Spotify track's id without the address or the URI around it.

    Any other id, and none, stays as it is.
    """
    if not isinstance(track_id, str) or track_id.isalnum():
        return track_id
    match = SPOTIFY_TRACK.fullmatch(track_id)
    return match[1] if match else track_id


def names_one_song(track_id: str) -> bool:
    """Whether an id means one song in every table: Spotify's, or an ISRC.

    Any other may be the number of a row.
    """
    return bool(SPOTIFY_TRACK.fullmatch(track_id) or isrc_of(track_id))
