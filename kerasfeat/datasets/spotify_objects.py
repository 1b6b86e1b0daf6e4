"""What is kept of the objects of Spotify's Web API; one of undocumented form raises."""

from typing import Any, TypeAlias

from kerasfeat.songs.schema import FEATURES

FIELDS = ("duration_ms", "popularity", "explicit")

Kept: TypeAlias = dict[str, Any]


def kept_page(page: dict[str, Any], wrapped: bool, most: int | None) -> Kept:
    """The length of a list, the songs of a page of it, and the number of other entries.

    Args:
        page: a paging object.
        wrapped: whether each song lies within an entry of the list.
        most: what the length is at most; None where there is no limit.
    """
    entries = page["items"]
    if wrapped:
        entries = [entry and (entry.get("item") or entry.get("track")) for entry in entries]
    tracks = [
        kept_track(entry)
        for entry in entries
        if entry and entry.get("id") and entry.get("type", "track") == "track"
    ]
    total = page["total"]
    if not isinstance(total, int):
        raise TypeError(f"total is {total!r}")
    total = total if most is None else min(total, most)
    return {"total": total, "tracks": tracks, "others": len(entries) - len(tracks)}


def kept_track(track: Any) -> Kept | None:
    """Of a track object; None of none."""
    return track and {
        "id": str(track["id"]),
        "title": track.get("name"),
        "artists": [
            {"id": artist.get("id"), "name": str(artist.get("name") or "")}
            for artist in track.get("artists") or ()
        ],
        "album": (track.get("album") or {}).get("name"),
        "release_date": (track.get("album") or {}).get("release_date"),
        "isrc": (track.get("external_ids") or {}).get("isrc"),
        **{name: track.get(name) for name in FIELDS},
    }


def kept_artist(artist: Any) -> Kept:
    """The genres of an artist object; none of none."""
    return {"genres": [str(genre) for genre in (artist or {}).get("genres") or ()]}


def kept_features(item: Any) -> Kept:
    """Of an audio-features object; {} of none."""
    return {name: item[name] for name in FEATURES if (item or {}).get(name) is not None}
