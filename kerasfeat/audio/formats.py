"""What a file is, told by its first bytes: a name is no proof, since files get renamed."""

import stat
from dataclasses import dataclass
from pathlib import Path

from kerasfeat import KerasfeatError

# Names that say sound, among them those of films, which hold some, and of what no reader here
# knows, which is told.
SUFFIXES = frozenset(
    f".{name}"
    for line in (
        "16svx 3g2 3ga 3gp 8svx aa aa3 aac aax ac3 adts aif aifc aiff alac amr ape asf",
        "at3 au avi avr awb bwf caf dff dsf dts dtshd eac3 ec3 f4a f4v flac flv gsm ircam",
        "latm loas m2a m2ts m4a m4b m4p m4r m4v mka mkv mlp mov mp+ mp1 mp2 mp3 mp4 mpa",
        "mpc mpeg mpg mpga mpp mts nist nsa ofr oga ogg ogm ogv ogx oma omg opus paf qcp",
        "ra ram rf64 rm rmvb shn snd sph spx svx tak thd truehd tta vob voc vox vqf w64",
        "wav wave weba webm wma wmv wv xwma",
    )
    for name in line.split()
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

# (offset, bytes, what it is, how it is read), the first that fits counts.
# Signatures: https://www.iana.org and the formats' own specifications.
SIGNATURES = (
    (8, b"AVI ", "AVI", FFMPEG),
    (8, b"XWMA", "xWMA", FFMPEG),
    (8, b"QLCM", "QCP", FFMPEG),
    (8, b"RMID", "a MIDI file, which holds notes and no sound", NOT_AUDIO),
    (8, b"WEBP", "a WebP picture", NOT_AUDIO),
    (8, b"ILBM", "an IFF picture", NOT_AUDIO),
    (0, b"RIFF", "WAV", LIBSNDFILE),
    (0, b"RIFX", "WAV", LIBSNDFILE),
    (0, b"RF64", "WAV", LIBSNDFILE),
    (0, b"riff", "Wave64", LIBSNDFILE),
    (0, b"fLaC", "FLAC", LIBSNDFILE),
    (0, b"OggS", OGG, LIBSNDFILE),
    (0, b"FORM", "AIFF", LIBSNDFILE),
    (0, b".snd", "AU", LIBSNDFILE),
    (0, b"caff", "CAF", LIBSNDFILE),
    (0, b"NIST_1A\n", "NIST SPHERE", LIBSNDFILE),
    (0, b"Creative Voice File\x1a", "VOC", LIBSNDFILE),
    (4, b"ftyp", "MPEG-4 (m4a, AAC)", FFMPEG),
    # QuickTime of before there was ftyp.
    (4, b"moov", "QuickTime", FFMPEG),
    (4, b"mdat", "QuickTime", FFMPEG),
    (4, b"wide", "QuickTime", FFMPEG),
    (0, b"ADIF", "AAC", FFMPEG),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (wma)", FFMPEG),
    (0, b"MAC ", "Monkey's Audio (ape)", FFMPEG),
    (0, b"wvpk", "WavPack", FFMPEG),
    (0, b"MPCK", "Musepack", FFMPEG),
    (0, b"MP+", "Musepack", FFMPEG),
    (0, b"TTA1", "True Audio", FFMPEG),
    (0, b"tBaK", "TAK", FFMPEG),
    (0, b"ajkg", "Shorten", FFMPEG),
    (0, b"DSD ", "DSD (dsf)", FFMPEG),
    (0, b"FRM8", "DSD (dff)", FFMPEG),
    (0, b"DTSHDHDR", "DTS", FFMPEG),
    (0, b"\x7f\xfe\x80\x01", "DTS", FFMPEG),
    (0, b"\xfe\x7f\x01\x80", "DTS", FFMPEG),
    (4, b"\xf8\x72\x6f\xba", "TrueHD", FFMPEG),
    (4, b"\xf8\x72\x6f\xbb", "MLP", FFMPEG),
    (0, b"#!AMR", "AMR", FFMPEG),
    (0, b".ra\xfd", "RealAudio", FFMPEG),
    (0, b".RMF", "RealMedia", FFMPEG),
    (0, b"ea3\x03", "ATRAC (oma)", FFMPEG),
    (0, b"EA3\x01", "ATRAC (oma)", FFMPEG),
    (0, b"TWIN9", "TwinVQ", FFMPEG),
    (0, b"FLV\x01", "Flash video", FFMPEG),
    (0, b"\0\0\1\xba", "MPEG program stream", FFMPEG),
    (0, b"\x1a\x45\xdf\xa3", "Matroska or WebM", FFMPEG),
    (0, b"MThd", "a MIDI file, which holds notes and no sound", NOT_AUDIO),
    (0, b"Extended Module: ", "a tracker's module, which holds notes and no sound", NOT_AUDIO),
    (0, b"\xff\xd8\xff", "a JPEG picture", NOT_AUDIO),
    (0, b"\x89PNG", "a PNG picture", NOT_AUDIO),
    (0, b"GIF8", "a GIF picture", NOT_AUDIO),
    (0, b"%PDF", "a PDF document", NOT_AUDIO),
    (0, b"PK\x03\x04", "a ZIP archive", NOT_AUDIO),
    (0, b"\x1f\x8b", "a gzip archive", NOT_AUDIO),
)
# An MPEG transport stream has this byte at every so many bytes; some of them are proof enough.
TRANSPORT, PACKET_BYTES, PACKETS = b"G", 188, 5
# Frames that stand in a file by themselves all begin alike; AAC's, the longest, have fewer bytes.
FRAME_BYTES = 8192


class AudioError(KerasfeatError):
    """Why one file gives no waveform; the message starts with its path, `reason` is the rest."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type["AudioError"], tuple[str | Path, str]]:
        # So that it crosses processes: the default passes on the message alone.
        return type(self), (self.path, self.reason)


@dataclass(frozen=True)
class Kind:
    """What a file is, and how it is read.

    Attributes:
        name: of the format.
        reader: LIBSNDFILE, FFMPEG, or NOT_AUDIO.
        start: the byte that libsndfile shall begin at.
    """

    name: str
    reader: str
    start: int = 0


def sniff(path: Path) -> Kind:
    """The Kind of a file from its first bytes.

    Unknown content is given to libsndfile, then to ffmpeg, which know rare formats too.

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
    by_frame = _by_first_frame(head, tag_bytes)
    if by_frame:
        return by_frame
    if head[: PACKET_BYTES * PACKETS : PACKET_BYTES] == TRANSPORT * PACKETS:
        return Kind("MPEG transport stream", FFMPEG)
    if head and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head[:16]):
        return Kind("text", NOT_AUDIO)
    return Kind(UNKNOWN, LIBSNDFILE)


def _by_first_frame(head: bytes, tag_bytes: int) -> Kind | None:
    """The Kind of a file that begins with a frame of sound; None of any other.

    Args:
        head: the first bytes behind an ID3v2 tag.
        tag_bytes: length of the tag; 0 where there is none.
    """
    frame = head.lstrip(b"\0")
    padding_bytes = len(head) - len(frame)
    if not tag_bytes and frame.find(frame[:2], 2, FRAME_BYTES) <= 0:
        return None
    if frame.startswith(b"\x0b\x77"):
        return Kind("AC-3", FFMPEG)
    if len(frame) > 1 and frame[0] == 0xFF and frame[1] & 0xE0 == 0xE0:
        # The two layer bits of an MPEG audio frame header are zero only in AAC's ADTS form
        # (ISO/IEC 13818-7).
        if not frame[1] & 0x06:
            return Kind("AAC", FFMPEG)
        return Kind("MP3", LIBSNDFILE, padding_bytes and tag_bytes + padding_bytes)
    return None


def is_sound(path: Path) -> bool:
    """Whether a file is sound by its name, or else by its first bytes."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        kind = sniff(path)
    except OSError:
        return False
    return kind.reader != NOT_AUDIO and kind.name != UNKNOWN


def _id3_bytes(head: bytes) -> int:
    """Length of an ID3v2 tag with its header (four bytes of seven bits, ID3v2.4 section 3.1)."""
    size = zip(head[6:10], (21, 14, 7, 0), strict=False)
    return 10 + sum((byte & 0x7F) << shift for byte, shift in size)
