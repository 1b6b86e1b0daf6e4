"""Audio features by Spotify id or ISRC from ReccoBeats (https://reccobeats.com/docs/apis/get-audio-features), free and without a key."""

from kerasfeat import KerasfeatError
from kerasfeat.data.fetching.crawl import collect
from kerasfeat.data.fetching.output import Origin, filling
from kerasfeat.data.fetching.rows import isrc_of, read_rows, spotify_id
from kerasfeat.data.fetching.web import Pace, Web, get_json
from kerasfeat.data.schema import FEATURES
from kerasfeat.data.sources import LIMIT, Source, sources

API = "https://api.reccobeats.com"
BATCH = 40  # the most that one call takes
# The service tells no rate; this one keeps well away from its 429.
PER_S = 2.0
GIVEN = tuple(name for name in FEATURES if name not in ("duration_ms", "time_signature"))

ORIGIN = Origin(
    "reccobeats",
    "https://reccobeats.com",
    "free to use, no licence stated",
    ("Estimates by ReccoBeats, near to Spotify's numbers and not the same; about 15 % of songs are unknown; no time signature.",),
)


def make(place, out, limit=None):
    """The table at `place` with audio features for the songs that ReccoBeats knows."""
    rows = read_rows(place)[:limit]
    keys = [spotify_id(row.get("track_id")) or isrc_of(row.get("isrc")) for row in rows]
    if not any(keys):
        raise KerasfeatError(f"{place} has no Spotify id (track_id) and no ISRC (isrc): ReccoBeats knows songs by these only.")
    web, pace = Web(API), Pace(PER_S)
    with filling(out, ORIGIN, {"table": str(place), "limit": limit}) as output, output.journal() as journal:

        def build():
            return [_joined(row, journal.answers.get(key), output) for row, key in zip(rows, keys, strict=True)]

        failed = collect(
            output, journal, build, filter(None, keys), lambda some: _ask(web, pace, some), unit="songs", batch=BATCH, workers=2
        )
        missing = {key: "unknown to ReccoBeats" for key in filter(None, keys) if key in journal.answers and not journal.answers[key]}
        missing |= {_called(row): "no Spotify id and no ISRC" for row, key in zip(rows, keys, strict=True) if not key}
        return output.finish(
            build(), missing, failed, counts={"asked": len(set(keys) - {None}), "found": len(rows) - len(missing) - len(failed)}
        )


def _ask(web, pace, keys):
    """{key: features, or None for what ReccoBeats leaves out}."""
    content = get_json(web, f"{API}/v1/audio-features", [("ids", key) for key in keys], pace=pace).get("content") or []
    found = {}
    for item in content:
        features = {name: item[name] for name in GIVEN if isinstance(item.get(name), int | float)}
        found |= {name: features for name in (spotify_id(item.get("href")), isrc_of(item.get("isrc"))) if name}
    return {key: found.get(key) or None for key in keys}


def _joined(row, features, output):
    """A row with its features, which replace those of any other source; the length stays, since it is no estimate."""
    row = {**row, "audio": output.relative(row["audio"])} if "audio" in row else row
    if not features:
        return row
    kept = {name: value for name, value in row.items() if name not in FEATURES or name == "duration_ms"}
    return {**kept, **features, "source": ORIGIN.source}


def _called(row):
    return row.get("track_id") or row.get("title") or "a song without id and title"


sources.add(
    "reccobeats",
    Source(
        "reccobeats",
        "Audio features for a table with Spotify ids or ISRCs, from ReccoBeats.",
        ORIGIN,
        make,
        places=("TABLE",),
        options=(LIMIT,),
        task="mood",
    ),
)
