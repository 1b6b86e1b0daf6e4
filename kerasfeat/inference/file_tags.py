"""What was described, written into the tags of files: tempo, key, mood, and genre.

Only these four are touched: other tags, pictures and the sound stay as they are. It is done by
mutagen, which is under the GPL and therefore an extra: `pip install 'kerasfeat[tags]'`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.inference.records import Record
from kerasfeat.songs.schema import KEY_NAMES, TAGS

# A tempo or a key is written from this confidence on, a tag from this probability on.
LEAST_CONFIDENCE = 0.5
LEAST_SHARE = 0.2
MOODS = (
    "beautiful", "catchy", "chill", "chillout", "easy_listening", "happy", "mellow", "party", "sad",
    "sexy",
)  # fmt: skip
NO_GENRES = (
    "00s", "60s", "70s", "80s", "90s", "female_vocalists", "female_vocalist", "male_vocalists",
    "guitar", "instrumental", "oldies",
)  # fmt: skip
GENRES = tuple(tag for tag in TAGS if tag not in (*MOODS, *NO_GENRES))
FIELDS = ("bpm", "initial key", "mood", "genre")
# Of each family of files, what its tags call FIELDS (ID3v2.4 section 4.2.3; the names that
# MusicBrainz Picard and Mixed In Key write for Vorbis comments and MP4).
ID3_FRAMES = {"bpm": "TBPM", "initial key": "TKEY", "mood": "TMOO", "genre": "TCON"}
VORBIS = {"bpm": "BPM", "initial key": "INITIALKEY", "mood": "MOOD", "genre": "GENRE"}
MP4 = {
    "bpm": "tmpo",
    "initial key": "----:com.apple.iTunes:initialkey",
    "mood": "----:com.apple.iTunes:MOOD",
    "genre": "\xa9gen",
}


@dataclass(frozen=True)
class Change:
    """One tag of a file that is another than what was described.

    Attributes:
        path: of the file.
        field: one of FIELDS.
        old, new: its values as text; `old` is "" where there is none.
    """

    path: str
    field: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path}: {self.field}: {self.old or 'none'} -> {self.new}"


def wanted_tags(row: Record) -> dict[str, str]:
    """The tags that a described song shall have, of FIELDS."""
    tags = {}
    if row.get("tempo") and row["tempo_confidence"] >= LEAST_CONFIDENCE:
        tags["bpm"] = str(round(row["tempo"]))
    if row.get("key") is not None and row["key_confidence"] >= LEAST_CONFIDENCE:
        # A column of a DataFrame in which some are missing has floats.
        tags["initial key"] = KEY_NAMES[int(row["mode"])][int(row["key"])]
    for field, names in (("mood", MOODS), ("genre", GENRES)):
        shares = {name: row.get(name) or 0.0 for name in names}
        heard = [name for name in names if shares[name] >= LEAST_SHARE]
        if heard:
            best = sorted(heard, key=lambda name: -shares[name])
            tags[field] = "; ".join(name.replace("_", " ") for name in best)
    return tags


def tag_changes(rows: Iterable[Record], write: bool = False) -> Iterator[Change | KerasfeatError]:
    """What would change in the tags of described songs, file by file.

    Args:
        rows: of kerasfeat.inference.describe.
        write: do it.

    Yields:
        Each change, or the error of a file whose tags can't be read or written.

    Raises:
        KerasfeatError: mutagen is not installed.
    """
    mutagen = _mutagen()
    for row in rows:
        wanted = {} if row.get("error") or not row.get("audio") else wanted_tags(row)
        if not wanted:
            continue
        try:
            file = _open(mutagen, row["audio"])
            changes = [
                Change(row["audio"], field, old, wanted[field])
                for field, old in file.read(wanted).items()
                if old != wanted[field]
            ]
            if write and changes:
                file.write({change.field: change.new for change in changes})
        except (KerasfeatError, mutagen.MutagenError, OSError) as error:
            yield KerasfeatError(f"{row['audio']}: its tags can't be changed: {error}")
            continue
        yield from changes


def _mutagen() -> Any:
    try:
        import mutagen
        import mutagen.id3  # noqa: F401
    except ImportError as error:
        raise KerasfeatError(
            "writing tags needs mutagen, which is not installed (it is under the GPL, so it does "
            "not come with kerasfeat): `pip install 'kerasfeat[tags]'`."
        ) from error
    return mutagen


class _TaggedFile:
    """A file's own tags by mutagen; a family of formats is a subclass."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def read(self, fields: Iterable[str]) -> dict[str, str]:
        """The present values of some FIELDS as text."""
        return {field: "; ".join(map(str, self.values(field))) for field in fields}

    def values(self, field: str) -> list[Any]:
        """The present values of one of FIELDS."""
        raise NotImplementedError

    def write(self, tags: Mapping[str, str]) -> None:
        """Set some FIELDS and save the file."""
        raise NotImplementedError


class _ID3(_TaggedFile):
    """MP3, WAV and AIFF, whose tags keep their version."""

    def values(self, field: str) -> list[Any]:
        frame = (self.file.tags or {}).get(ID3_FRAMES[field])
        return [] if frame is None else list(frame.genres if field == "genre" else frame.text)

    def write(self, tags: Mapping[str, str]) -> None:
        from mutagen import id3

        if self.file.tags is None:
            self.file.add_tags()
        version = 3 if self.file.tags.version[:2] == (2, 3) else 4
        for field, value in tags.items():
            frame = getattr(id3, ID3_FRAMES[field])
            # ID3v2.3 has no lists (section 4.2).
            texts = [value] if version == 3 else value.split("; ")
            self.file.tags.setall(ID3_FRAMES[field], [frame(encoding=3, text=texts)])
        # Lists that others wrote into ID3v2.3 stay as they are; mutagen would join them by "/".
        self.file.save(v2_version=version, v23_sep=None)


class _Vorbis(_TaggedFile):
    """FLAC, Ogg Vorbis and Opus."""

    def values(self, field: str) -> list[Any]:
        return (self.file.tags or {}).get(VORBIS[field], [])

    def write(self, tags: Mapping[str, str]) -> None:
        if self.file.tags is None:
            self.file.add_tags()
        for field, value in tags.items():
            self.file.tags[VORBIS[field]] = value.split("; ")
        self.file.save()


class _MP4(_TaggedFile):
    """MP4 and M4A."""

    def values(self, field: str) -> list[Any]:
        values = (self.file.tags or {}).get(MP4[field], [])
        return [value.decode() if isinstance(value, bytes) else value for value in values]

    def write(self, tags: Mapping[str, str]) -> None:
        if self.file.tags is None:
            self.file.add_tags()
        for field, value in tags.items():
            texts: list[Any] = value.split("; ")
            if field == "bpm":
                texts = [int(value)]
            elif MP4[field].startswith("----"):
                texts = [text.encode() for text in texts]
            self.file.tags[MP4[field]] = texts
        self.file.save()


def _open(mutagen: Any, path: str) -> _TaggedFile:
    """A file with its tags.

    Raises:
        KerasfeatError: it is of no kind whose tags are written.
    """
    file = mutagen.File(path)
    kind = type(file).__name__
    families = {
        _ID3: ("MP3", "WAVE", "AIFF"),
        _Vorbis: ("FLAC", "OggVorbis", "OggOpus", "OggFLAC"),
        _MP4: ("MP4",),
    }
    for family, kinds in families.items():
        if kind in kinds:
            return family(_untranslated(file, path) if family is _ID3 else file)
    raise KerasfeatError("it is not an MP3, WAV, AIFF, FLAC, Ogg, Opus, or MP4 file")


def _untranslated(file: Any, path: str) -> Any:
    """A file with ID3 tags as they are, not as those of the newest version."""
    oldest = file.tags is not None and file.tags.version[:2] == (2, 2)  # which nobody writes
    return file if oldest else type(file)(path, translate=False)
