"""Clips of 30 s by ISRC, from Deezer and then from iTunes.

Their APIs: https://developers.deezer.com/api/track, and iTunes's Search API, look-up by isrc.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kerasfeat.datasets.enrich import enrich
from kerasfeat.datasets.http.crawl import Answers, Ask
from kerasfeat.datasets.http.journal import Answer, Journal
from kerasfeat.datasets.http.retry import Pace, Postponed, Unreachable, documented
from kerasfeat.datasets.http.web import Refused, Web, get, get_json
from kerasfeat.datasets.output import Origin, Output
from kerasfeat.datasets.rows import Row
from kerasfeat.datasets.sources import LIMIT, Example, Source
from kerasfeat.songs.ids import isrc_of

DEEZER, DEEZER_CLIPS = "https://api.deezer.com", "dzcdn.net"
ITUNES, ITUNES_CLIPS = "https://itunes.apple.com", "itunes.apple.com"
DEEZER_PER_S = 8.0  # it allows 50 requests in 5 s
ITUNES_PER_S = 1 / 3.2  # it allows about 20 a minute
DEEZER_QUOTA = 4  # of https://developers.deezer.com/api/errors
WORKERS = 4
CLIP_BYTES = 8 * 1024**2
TRIAL_RATE_HZ = 16_000
SUFFIXES = {"MP3": ".mp3", "MPEG-4 (m4a, AAC)": ".m4a"}

ORIGIN = Origin(
    "previews",
    "https://api.deezer.com, https://itunes.apple.com",
    "clips for listening by the services' own terms; the recordings belong to their owners",
    (
        "The clips are for your own study of them: don't pass them on. Their signed "
        "addresses expire and are not kept; the ISRC is.",
    ),
)


class _Absent(Exception):
    """A service does not have the clip, or not one that can be used."""


def make(path: Path | str, out: Path | str, limit: int | None = None) -> int:
    """A table with a clip for each song that has an ISRC and that Deezer or iTunes knows."""
    return enrich(
        path,
        out,
        ORIGIN,
        limit,
        key_of=lambda row: isrc_of(row.get("isrc")),
        needs="ISRC (column isrc)",
        asker=_asker,
        join=_joined,
        why=lambda answer: answer.get("why", ""),
        unit="clips",
        title="downloading",
        workers=WORKERS,
    )


def _asker(output: Output, journal: Journal) -> Ask:
    for isrc, answer in list(journal.answers.items()):
        if "file" in answer and not (output.folder / answer["file"]).is_file():
            del journal.answers[isrc]  # its file was removed: get it again
    return _Clips(output.folder / "audio").ask


def _joined(row: Row, answer: Answer | None) -> Row:
    """A row with its clip; audio that the table had is not mixed with clips."""
    row = {name: value for name, value in row.items() if name != "audio"}
    if answer and "file" in answer:
        return {**row, "audio": answer["file"], "audio_source": answer["from"]}
    return row


class _Clips:
    """Gets clips into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        for leftover in folder.glob("*.partial"):
            leftover.unlink()
        self._web = Web(DEEZER, ITUNES, hosts=(DEEZER_CLIPS, ITUNES_CLIPS))
        self._paces = {"deezer": Pace(DEEZER_PER_S), "itunes": Pace(ITUNES_PER_S)}

    def ask(self, isrcs: list[str]) -> Answers:
        """{isrc: {"file", "from"}}, or {"why"} where no service has a clip that can be used."""
        (isrc,) = isrcs
        reasons = []
        for service, address in (("deezer", self._deezer), ("itunes", self._itunes)):
            try:
                return {isrc: {"file": self._kept(isrc, address(isrc)), "from": service}}
            except _Absent as error:
                reasons.append(f"{service}: {error}")
            except Refused as error:
                # Of a question, not of a clip: iTunes says 403 to who asks too often.
                raise Unreachable(str(error)) from error
        return {isrc: {"why": "; ".join(reasons)}}

    def _deezer(self, isrc: str) -> str:
        def check(track: dict[str, Any]) -> None:
            with documented("Deezer"):  # whose errors come with status 200
                if "error" in track and track["error"].get("code") == DEEZER_QUOTA:
                    raise Unreachable("Deezer's quota of requests is used up.")

        track = get_json(
            self._web, f"{DEEZER}/track/isrc:{isrc}", pace=self._paces["deezer"], check=check
        )
        with documented("Deezer"):
            if "error" in track:
                raise _Absent("unknown")
            if isrc_of(track["isrc"]) != isrc:
                raise _Absent("another recording")
            return _address([track["preview"]])

    def _itunes(self, isrc: str) -> str:
        if shutil.which("ffmpeg") is None:
            raise Postponed(
                "Deezer has no clip, and iTunes's clips (m4a) need the ffmpeg program, which is "
                "not on the PATH."
            )
        answer = get_json(
            self._web,
            f"{ITUNES}/lookup",
            {"isrc": isrc, "entity": "song"},
            pace=self._paces["itunes"],
        )
        with documented("iTunes"):
            if not answer["results"]:
                raise _Absent("unknown")
            return _address([song.get("previewUrl") for song in answer["results"]])

    def _kept(self, isrc: str, address: str) -> str:
        """The clip at an address as a file, "audio/NAME", once it has been seen to be sound."""
        from kerasfeat.audio.decode import decode
        from kerasfeat.audio.formats import AudioError, sniff

        partial = self._folder / f"{isrc}.partial"
        try:
            partial.write_bytes(get(self._web, address, most_bytes=CLIP_BYTES).body)
            decode(partial, TRIAL_RATE_HZ)
            kind = sniff(partial)
            if kind.name not in SUFFIXES:
                raise _Absent(f"its clip is {kind.name}, not MP3 or MPEG-4")
            kept = partial.replace(partial.with_suffix(SUFFIXES[kind.name]))
            return f"{self._folder.name}/{kept.name}"
        except Refused as error:
            status = f" ({error.status})" if error.status else ""
            raise _Absent(f"its clip can't be had{status}") from error
        except AudioError as error:
            raise _Absent(f"its clip can't be used: {error.reason.rstrip('.')}") from error
        finally:
            partial.unlink(missing_ok=True)


def _address(addresses: Iterable[str | None]) -> str:
    """The first address of a clip among some, which may be empty."""
    for address in filter(None, addresses):
        return address.strip()
    raise _Absent("no clip")


EXAMPLE_CLIP = f"https://preview.{DEEZER_CLIPS}/1.mp3"
SOURCE = Source(
    "Clips of 30 s for a table with ISRCs, from Deezer and iTunes.",
    ORIGIN,
    make,
    Example(
        files={"songs.csv": "track_id,isrc,mood\nx1,GB-AYE-68-00001,sad\nx2,,happy\n"},
        places=("songs.csv",),
        answers={
            f"{DEEZER}/track/isrc:GBAYE6800001": {"isrc": "GBAYE6800001", "preview": EXAMPLE_CLIP}
        },
        clips=(EXAMPLE_CLIP,),
        rows=(
            {
                "track_id": "x1",
                "mood": "sad",
                "audio": "audio/GBAYE6800001.mp3",
                "audio_source": "deezer",
            },
            {"track_id": "x2", "mood": "happy", "audio": ""},
        ),
    ),
    places=("TABLE",),
    options=(LIMIT,),
)
