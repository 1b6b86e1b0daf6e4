"""Features from different sources are not the same quantities: keep them apart in training."""

from kerasfeat import KerasfeatError
from kerasfeat.songs.schema import FEATURES

# What sources estimate, each in its own way; how long a song is, is a fact.
ESTIMATED = tuple(name for name in FEATURES if name != "duration_ms")
UNKNOWN = "no source named"


def refuse_mixed(tracks, columns):
    """Refuse songs whose values in some columns come from several sources.

    Args:
        tracks: a data.tracks.Tracks.
        columns: the columns that are learnt from, or that are learnt.

    Raises:
        KerasfeatError: the sources and how many songs each has.
    """
    there = [name for name in columns if name in ESTIMATED and name in tracks.frame]
    if "source" not in tracks.frame or not there:
        return
    rows = tracks.frame[tracks.frame[there].notna().any(axis=1)]
    counts = rows["source"].fillna(UNKNOWN).value_counts()
    if len(counts) > 1:
        found = ", ".join(f"{source} ({songs:,} songs)" for source, songs in counts.items())
        raise KerasfeatError(
            f"{', '.join(there)} in {tracks.path} come from several sources, which don't "
            f"measure the same: {found}. Keep the songs of one "
            "source, have all from one (`kerasfeat data reccobeats`), or train on them as "
            "they are with --mix-sources."
        )
