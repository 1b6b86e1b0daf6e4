"""Features from different sources are not the same quantities: keep them apart in training."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kerasfeat import KerasfeatError
from kerasfeat.songs.schema import FEATURES

if TYPE_CHECKING:
    from kerasfeat.songs.loading import Songs

# What sources estimate, each in its own way; how long a song is, is a fact.
ESTIMATED = tuple(name for name in FEATURES if name != "duration_ms")
UNKNOWN = "no source named"


def refuse_mixed(songs: "Songs", columns: Iterable[str]) -> None:
    """Refuse songs whose values in some columns come from several sources.

    Args:
        songs: with or without a column `source`.
        columns: the columns that are learnt from, or that are learnt.

    Raises:
        KerasfeatError: the sources and how many songs each has.
    """
    estimated = [name for name in columns if name in ESTIMATED and name in songs.frame]
    if "source" not in songs.frame or not estimated:
        return
    rows = songs.frame[songs.frame[estimated].notna().any(axis=1)]
    counts = rows["source"].fillna(UNKNOWN).value_counts()
    if len(counts) > 1:
        shares = ", ".join(f"{source} ({count:,} songs)" for source, count in counts.items())
        raise KerasfeatError(
            f"{', '.join(estimated)} in {songs.path} come from several sources, which don't "
            f"measure the same: {shares}. Keep the songs of one source, have all from one "
            "(`kerasfeat data reccobeats`), or train on them as they are with --mix-sources."
        )
