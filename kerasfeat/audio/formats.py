"""What a file is, told by its first bytes: a name is no proof, since files get renamed."""

from dataclasses import dataclass
from pathlib import Path

from kerasfeat import KerasfeatError

# Suffixes that folders are searched for.
SUFFIXES = frozenset(
    (
        ".wav",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".aif",
        ".aiff",
        ".aifc",
        ".au",
        ".caf",
        ".w64",
    )
    + (".m4a", ".mp4", ".aac", ".wma", ".ape", ".wv", ".mpc", ".tta", ".mka", ".webm")
)

# How a file is read.
LIBSNDFILE = "libsndfile"
FFMPEG = "ffmpeg"
NOT_AUDIO = "not audio"

OGG = "Ogg"

# How many zeros may stand before the first frame of an MP3, such as between it and its tag; mpg123
# looks as far.
MOST_PADDING_BYTES = 65_536

# What content of no known signature is called.
UNKNOWN = "of no known format"

# (offset, bytes, what it is, how it is read). Signatures: https://www.iana.org and the formats' own
# specifications.
SIGNATURES = (
    (0, b"RIFF", "WAV", LIBSNDFILE),
    (0, b"RIFX", "WAV", LIBSNDFILE),
    (0, b"RF64", "WAV", LIBSNDFILE),
    (0, b"riff", "Wave64", LIBSNDFILE),
    (0, b"fLaC", "FLAC", LIBSNDFILE),
    (0, b"OggS", OGG, LIBSNDFILE),
    (0, b"FORM", "AIFF", LIBSNDFILE),
    (0, b".snd", "AU", LIBSNDFILE),
    (0, b"caff", "CAF", LIBSNDFILE),
    (4, b"ftyp", "MPEG-4 (m4a, AAC)", FFMPEG),
    (0, b"ADIF", "AAC", FFMPEG),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (wma)", FFMPEG),
    (0, b"MAC ", "Monkey's Audio (ape)", FFMPEG),
    (0, b"wvpk", "WavPack", FFMPEG),
    (0, b"MPCK", "Musepack", FFMPEG),
    (0, b"MP+", "Musepack", FFMPEG),
    (0, b"TTA1", "True Audio", FFMPEG),
    (0, b"\x1a\x45\xdf\xa3", "Matroska or WebM", FFMPEG),
    (0, b"MThd", "a MIDI file, which holds notes and no sound", NOT_AUDIO),
    (0, b"\xff\xd8\xff", "a JPEG picture", NOT_AUDIO),
    (0, b"\x89PNG", "a PNG picture", NOT_AUDIO),
    (0, b"GIF8", "a GIF picture", NOT_AUDIO),
    (0, b"%PDF", "a PDF document", NOT_AUDIO),
    (0, b"PK\x03\x04", "a ZIP archive", NOT_AUDIO),
    (0, b"\x1f\x8b", "a gzip archive", NOT_AUDIO),
)


class AudioError(KerasfeatError):
    """Why one file gives no waveform; the message starts with its path, `reason` is the rest."""

    def __init__(self, path, reason):
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason

    def __reduce__(self):
        # So that it crosses processes: the default passes on the message alone.
        return type(self), (self.path, self.reason)


@dataclass(frozen=True)
class Kind:
    """What a file is, how it is read (LIBSNDFILE, FFMPEG, or NOT_AUDIO), and the byte that
    libsndfile shall begin at.
    """

    name: str
    reader: str
    start: int = 0


def sniff(path):
    """The Kind of a file from its first bytes.

    Unknown content is given to libsndfile, which knows rare formats too.

    Raises:
        OSError: it can't be read.
    """
    with Path(path).open("rb") as file:
        head = file.read(16)
        tag_bytes = _id3_bytes(head) if head[:3] == b"ID3" else 0
        file.seek(tag_bytes)
        head = file.read(MOST_PADDING_BYTES)
    for offset, signature, name, reader in SIGNATURES:
        if head[offset:].startswith(signature):
            return Kind(name, reader)
    frame = head.lstrip(b"\0")
    padding_bytes = len(head) - len(frame)
    if len(frame) > 1 and frame[0] == 0xFF and frame[1] & 0xE0 == 0xE0:
        # The two layer bits of an MPEG audio frame header are zero only in AAC's ADTS form (ISO/IEC
        # 13818-7).
        return (
            Kind("MP3", LIBSNDFILE, padding_bytes and tag_bytes + padding_bytes)
            if frame[1] & 0x06
            else Kind("AAC", FFMPEG)
        )
    if head and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head[:16]):
        return Kind("text", NOT_AUDIO)
    return Kind(UNKNOWN, LIBSNDFILE)


def _id3_bytes(head):
    """Length of an ID3v2 tag with its header (four bytes of seven bits, ID3v2.4 section 3.1)."""
    return 10 + sum(
        (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False)
    )
