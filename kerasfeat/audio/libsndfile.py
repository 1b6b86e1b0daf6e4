"""Reading by libsndfile, and by ffmpeg what it does not read or only guesses."""

import mmap
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import soundfile

from kerasfeat import KerasfeatError
from kerasfeat.audio import ffmpeg
from kerasfeat.audio.formats import FFMPEG, NOT_AUDIO, OGG, UNKNOWN, AudioError, Kind, sniff
from kerasfeat.audio.sound import BLOCK_SAMPLES, Sound

# Headers of whole files may count up to 0.2 % of frames that decoding does not give: an encoder's
# padding.
WHOLE_SHARE = 0.98
# Some headers count whole packets, whose last one may be all but empty: 4096 samples in ALAC.
PACKET_S = 0.5
# Vorbis and Opus count channels otherwise than WAVE files: which of theirs comes at each place of
# those. Source: Vorbis I specification, section 4.3.9; RFC 7845, section 5.1.1.2.
WAVE_ORDER = {
    3: [0, 2, 1],
    5: [0, 2, 1, 3, 4],
    6: [0, 2, 1, 5, 3, 4],
    7: [0, 2, 1, 6, 5, 3, 4],
    8: [0, 2, 1, 7, 5, 6, 3, 4],
}
# What libsndfile says of a length that a header does not tell.
UNKNOWN_FRAMES = 2**63 - 1
# libsndfile's words for an MP3 without a second frame.
NO_PIPE = "File does not exist"
# Programs that write to a pipe don't know the length and announce about the largest number that
# fits.
UNKNOWN_BYTES = 0x7FFF0000
# The largest page that Ogg allows.
OGG_PAGE_BYTES = 65_307
# The first frame of an MP3 may tell how many follow: behind its header, and perhaps a checksum, it
# is silent.
FRAMES_TOLD = re.compile(rb"\xff[\xe2-\xff].{2,4}\0{7,32}(?:Xing|Info|VBRI)", re.DOTALL)
# Without that libsndfile takes any MP3 for one of constant bit rate, and stops where such a one
# would end.
GUESSED_SHORT = Kind("an MP3 of variable bit rate that does not tell its length", FFMPEG)
# What its log says of a file that ends too early.
LENGTH_CUT = re.compile(r"(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)")


class _Forward(soundfile.SoundFile):
    """A file read once from its beginning to its end.

    Not every coding (GSM 6.10) or length (not told) lets one seek.
    """

    def seekable(self) -> bool:
        return False


# Gives an empty Sound of a file, for each reader that tries it.
Begin = Callable[[], Sound]


def read(path: Path, begin: Begin) -> Sound:
    """Read a file with libsndfile, or with ffmpeg what it does not know.

    Args:
        path: an audio file.
        begin: gives a Sound to fill.

    Raises:
        AudioError: the file is not audio, corrupt, truncated, or too long.
    """
    kind = sniff(path)
    if kind.reader == NOT_AUDIO:
        raise AudioError(path, f"not audio: it is {kind.name}.")
    if kind.reader == FFMPEG:
        return _read_ffmpeg(path, kind, begin)
    if kind.name == OGG and _last_page_is_cut(path):
        raise AudioError(path, f"truncated {kind.name}: it ends within a page.")
    try:
        return _read_libsndfile(path, kind, begin)
    except (KerasfeatError, OSError, MemoryError):
        raise
    except Exception as error:  # not only its own: its wrapper has others
        return _read_refused(path, kind, begin, error)


def _read_refused(path: Path, kind: Kind, begin: Begin, refused: Exception) -> Sound:
    """What ffmpeg reads of a file that libsndfile has refused."""
    what = f"corrupt or truncated {kind.name}"
    if kind.name == UNKNOWN:
        what = f"not audio: its content is {UNKNOWN}"
    words = str(getattr(refused, "error_string", refused)).strip().rstrip(".")
    says = "it finds no sound" if words.startswith(NO_PIPE) else repr(words)
    if not ffmpeg.installed():
        raise AudioError(
            path,
            f"{what}, or in need of the ffmpeg program, which is not on the PATH; libsndfile says "
            f"{says}.",
        ) from refused
    try:
        return _read_ffmpeg(path, kind, begin, doubted=True)
    except AudioError as error:
        if not error.reason.startswith("corrupt"):
            raise
        reason = error.reason.partition(": ")[2]
        raise AudioError(path, f"{what}; libsndfile says {says}, {reason}") from refused


def _read_libsndfile(path: Path, kind: Kind, begin: Begin) -> Sound:
    """The Sound of a file; ffmpeg reads an MP3 whose length libsndfile only guesses."""
    # A descriptor: a Python file object costs as much as resampling, and by a name libsndfile
    # would go by its suffix, not its content.
    with path.open("rb", buffering=0) as opened:
        opened.seek(kind.start)
        with _Forward(opened.fileno(), closefd=False) as file:
            sound = begin()
            sound.rate_hz = file.samplerate
            _fill(sound, file)
            if kind.name != "MP3" or _tells_frames(opened):
                _check_whole(path, file, sound.frames)
            elif opened.tell() < WHOLE_SHARE * path.stat().st_size:
                return _read_ffmpeg(path, GUESSED_SHORT, begin)
            return sound


def _fill(sound: Sound, file: _Forward) -> None:
    """Read all samples of an open file."""
    if file.frames != UNKNOWN_FRAMES:
        sound.announce(file.frames, file.channels)
    order = WAVE_ORDER.get(file.channels) if file.subtype in ("VORBIS", "OPUS") else None
    size = max(1, BLOCK_SAMPLES // file.channels)
    left = file.frames
    while left and len(block := file.read(min(size, left), dtype="float32", always_2d=True)):
        sound.add(block[:, order] if order else block)
        left -= len(block)


def _read_ffmpeg(path: Path, kind: Kind, begin: Begin, doubted: bool = False) -> Sound:
    """The Sound of a whole file."""
    sound = begin()
    announced_s = ffmpeg.read_ffmpeg(path, kind, sound, doubted)
    duration_s = sound.frames / sound.rate_hz
    if announced_s is not None and duration_s < WHOLE_SHARE * announced_s - PACKET_S:
        raise AudioError(
            path,
            f"truncated {kind.name}: it holds {duration_s / announced_s:.0%} of what its "
            "header announces.",
        )
    return sound


def _tells_frames(file: BinaryIO) -> bool:
    """Whether an open MP3 tells how many frames it has."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return FRAMES_TOLD.search(content) is not None


def _last_page_is_cut(path: Path) -> bool:
    """Whether an Ogg file ends before its last page does (RFC 3533, section 6)."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - OGG_PAGE_BYTES))
        _, mark, page = file.read().rpartition(b"OggS\0")
    # What follows the mark: 21 bytes, the number of segments, the length of each, and the segments.
    if not mark:
        return False
    return len(page) < 22 or len(page) < 22 + page[21] + sum(page[22 : 22 + page[21]])


def _check_whole(path: Path, file: _Forward, frames: int) -> None:
    """Refuse a file that holds less than its header announces.

    It is counted in frames, and in uncompressed formats in bytes.
    """
    share = frames / file.frames if file.frames not in (0, UNKNOWN_FRAMES) else 1
    # libsndfile cuts the length of wav, aiff, and au to what is there, and says so in its log only.
    for announced, held in LENGTH_CUT.findall(file.extra_info):
        if 0 < int(announced) < UNKNOWN_BYTES:
            share = min(share, int(held) / int(announced))
    if share < WHOLE_SHARE:
        raise AudioError(path, f"truncated: it holds {share:.0%} of what its header announces.")
