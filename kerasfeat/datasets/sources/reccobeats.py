"""Audio features by Spotify id or ISRC from ReccoBeats, free and without a key.

Its API: https://reccobeats.com/docs/apis/get-audio-features.
"""

from pathlib import Path

from kerasfeat.datasets.enrich import enrich
from kerasfeat.datasets.http.crawl import Answers
from kerasfeat.datasets.http.journal import Answer
from kerasfeat.datasets.http.retry import Pace, documented
from kerasfeat.datasets.http.web import Refused, Web, get_json
from kerasfeat.datasets.output import Origin
from kerasfeat.datasets.rows import Row
from kerasfeat.datasets.sources import LIMIT, Example, Source
from kerasfeat.songs.ids import isrc_of, spotify_id
from kerasfeat.songs.schema import FEATURES

API = "https://api.reccobeats.com"
BATCH = 40  # the most that one call takes
# The service tells no rate; this one keeps well away from its 429.
PER_S = 2.0
GIVEN = tuple(name for name in FEATURES if name not in ("duration_ms", "time_signature"))

ORIGIN = Origin(
    "reccobeats",
    "https://reccobeats.com",
    "free to use, no licence stated",
    (
        "Estimates by ReccoBeats, near to Spotify's numbers and not the same; about 15 % of songs "
        "are unknown; no time signature.",
    ),
)


def make(path: Path | str, out: Path | str, limit: int | None = None) -> int:
    """A table with audio features for the songs that ReccoBeats knows."""
    web, pace = Web(API), Pace(PER_S)
    return enrich(
        path,
        out,
        ORIGIN,
        limit,
        key_of=lambda row: spotify_id(row.get("track_id")) or isrc_of(row.get("isrc")),
        needs="Spotify id (track_id) or ISRC (isrc)",
        asker=lambda output, journal: lambda keys: _ask(web, pace, keys),
        join=_joined,
        why=lambda features: "" if features else "unknown to ReccoBeats",
        unit="songs",
        batch=BATCH,
        workers=2,
    )


def _ask(web: Web, pace: Pace, keys: list[str]) -> Answers:
    """{key: features, or None for what ReccoBeats leaves out}."""
    try:
        answer = get_json(
            web, f"{API}/v1/audio-features", [("ids", key) for key in keys], pace=pace
        )
    except Refused as error:
        if error.status != 400:
            raise
        # One of them is nothing that it takes for an id: the others shall not suffer.
        half = len(keys) // 2
        if not half:
            return {keys[0]: None}
        return _ask(web, pace, keys[:half]) | _ask(web, pace, keys[half:])
    answers: Answers = {}
    with documented("ReccoBeats"):
        for item in answer["content"]:
            features = {
                name: item[name] for name in GIVEN if isinstance(item.get(name), int | float)
            }
            answers |= {
                name: features
                for name in (spotify_id(item.get("href")), isrc_of(item.get("isrc")))
                if name
            }
    return {key: answers.get(key) or None for key in keys}


def _joined(row: Row, features: Answer | None) -> Row:
    """A row with its features, which replace those of any other source.

    The length stays, since it is no estimate.
    """
    if not features:
        return row
    kept = {
        name: value for name, value in row.items() if name not in FEATURES or name == "duration_ms"
    }
    return {**kept, **features, "source": ORIGIN.source}


SOURCE = Source(
    "Audio features for a table with Spotify ids or ISRCs, from ReccoBeats.",
    ORIGIN,
    make,
    Example(
        files={
            "songs.csv": (
                "track_id,isrc,mood,energy\n"
                "0aBcDeFgHiJkLmNoPqRs12,GBAYE6800001,sad,0.9\n"
                "0aBcDeFgHiJkLmNoPqRs34,GBAYE6800002,happy,\n"
            )
        },
        places=("songs.csv",),
        answers={
            f"{API}/v1/audio-features": {
                "content": [
                    {
                        "href": "https://open.spotify.com/track/0aBcDeFgHiJkLmNoPqRs12",
                        "isrc": "GBAYE6800001",
                        "energy": 0.23,
                        "tempo": 97.5,
                    }
                ]
            }
        },
        rows=(
            {
                "track_id": "0aBcDeFgHiJkLmNoPqRs12",
                "mood": "sad",
                "energy": "0.23",
                "source": "reccobeats",
            },
            {"track_id": "0aBcDeFgHiJkLmNoPqRs34", "mood": "happy", "energy": "", "source": ""},
        ),
    ),
    places=("TABLE",),
    options=(LIMIT,),
)
