"""From a file of any format to a waveform at the wanted rate, or to the reason why not."""

import hashlib
import mmap
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from kerasfeat import KerasfeatError
from kerasfeat.audio import ffmpeg
from kerasfeat.audio.formats import (
    FFMPEG,
    NOT_AUDIO,
    OGG,
    UNKNOWN,
    AudioError,
    Kind,
    is_sound,
    sniff,
)
from kerasfeat.audio.tfio import read_tensorflow_io
from kerasfeat.registry import unknown
from kerasfeat.text import count

MAX_DURATION_S = 3600
MIN_DURATION_S = 0.1
SILENT_PEAK = 1e-4
# 40 dB over full scale: clipped recordings go a little over 1, damaged numbers up to 3e38.
LOUDEST_PEAK = 100
# Headers of whole files may count up to 0.2 % of frames that decoding does not give: an encoder's
# padding.
WHOLE_SHARE = 0.98
# Some headers count whole packets, whose last one may be all but empty: 4096 samples in ALAC.
PACKET_S = 0.5
# What libsndfile says of a length that a header does not tell.
UNKNOWN_FRAMES = 2**63 - 1
BLOCK_FRAMES = 1 << 20
PASSED_OVER = "passed over, since neither name nor content is sound"
SHOWN_SUFFIXES = 10
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


class _Forward(soundfile.SoundFile):
    """A file read once from its beginning to its end, since not every coding (GSM 6.10) or length
    (not told) lets one seek.
    """

    def seekable(self) -> bool:
        return False


def decode(
    path: Path, sample_rate_hz: int, channels: int = 1, decoder: str = "soundfile"
) -> np.ndarray:
    """Decode and resample a file.

    Args:
        path: an audio file; its content counts, not its suffix.
        sample_rate_hz: of the result (soxr, high quality).
        channels: 1 for the mean of all channels; 2 for mid (L + R) / 2 and side (L - R) / 2 of the
            first two.
        decoder: "soundfile" (libsndfile, and ffmpeg for what it does not read) or "tensorflow-io".

    Returns:
        float32 [samples] for one channel, [samples, 2] for two; a mono file has a side of zeros.

    Raises:
        AudioError: the file is missing, unreadable, not audio, corrupt, truncated, silent, too
            short, or too long.
        KerasfeatError: an unknown decoder, or one that does not work here.
    """
    path = Path(path)
    if decoder not in DECODERS:
        raise unknown("decoder", decoder, DECODERS)
    try:
        return _decode(path, sample_rate_hz, channels, decoder)
    except KerasfeatError:
        raise
    except MemoryError as error:
        raise AudioError(
            path, "too little memory to decode it: cut it, or close other programs."
        ) from error
    except OSError as error:
        raise AudioError(path, f"can't be read: {error.strerror or error}.") from error
    except Exception as error:
        # One file of a thousand must not end the work on the others, whatever a library makes of
        # it.
        raise AudioError(
            path,
            f"corrupt, or of a kind that can't be decoded: {type(error).__name__} says "
            f"{str(error)!r}.",
        ) from error


def _decode(path: Path, sample_rate_hz: int, channels: int, decoder: str) -> np.ndarray:
    """What `decode` gives, with whatever the libraries raise."""
    _check_file(path)
    raw, rate_hz = (
        _read_soundfile(path, sample_rate_hz)
        if decoder == "soundfile"
        else read_tensorflow_io(path, MAX_DURATION_S)
    )
    if not len(raw):
        raise AudioError(path, "it holds no samples.")
    if len(raw) < MIN_DURATION_S * rate_hz:
        raise AudioError(
            path, f"too short: {len(raw) / rate_hz:.3f} s, at least {MIN_DURATION_S} s are needed."
        )
    # Of all channels, which could hide such a sample from each other when they are mixed.
    loudest = _peak(raw)
    if not np.isfinite(loudest):
        raise AudioError(path, "corrupt: some samples are not finite numbers.")
    if loudest > LOUDEST_PEAK:
        told = f"{loudest:.3g} times full scale, where sound has at most {LOUDEST_PEAK}"
        raise AudioError(path, f"corrupt, or not scaled to 1: its loudest sample is {told}.")
    waveform = mix(raw, channels)
    if rate_hz != sample_rate_hz:
        waveform = soxr.resample(waveform, rate_hz, sample_rate_hz, quality="HQ")
    peak = _peak(waveform)
    if peak < SILENT_PEAK:
        raise AudioError(path, f"silent: its peak is {peak:.1g} of full scale.")
    return waveform


def _peak(samples: np.ndarray) -> float:
    """The largest absolute value; not finite where one of them is not."""
    return max(samples.max(), -samples.min())


DECODERS = ("soundfile", "tensorflow-io")


def mix(samples: np.ndarray, channels: int) -> np.ndarray:
    """Mix [samples, any number of channels] to mono [samples], or to mid and side [samples, 2]."""
    count = samples.shape[1]
    left, right = samples[:, 0], samples[:, min(1, count - 1)]
    if channels == 2:
        return np.stack([(left + right) / 2, (left - right) / 2], axis=-1)
    if count == 1:
        return np.ascontiguousarray(left)
    # Adding columns takes a twentieth of the time of the mean over the short, interleaved axis.
    mono = left + right
    for channel in range(2, count):
        mono += samples[:, channel]
    mono /= count
    return mono


def content_key(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        AudioError: it can't be read.
    """
    path = Path(path)
    _check_file(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise AudioError(path, f"can't be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def audio_files(
    folder: Path,
    onerror: Callable[[OSError], object] | None = None,
    onother: Callable[[Path], object] | None = None,
) -> list[Path]:
    """The files of a folder and of the folders in it that are sound by name or by first bytes,
    sorted; hidden ones are left out.

    Args:
        folder: where to look; links to folders are followed, each folder once, under its own name
            where it has one inside.
        onerror: called with the OSError of each folder that can't be read, whose `filename` says
            which.
        onother: called with each file that is no sound.
    """
    found = []
    for path in _files(folder, onerror):
        if is_sound(path):
            found.append(path)
        elif onother:
            onother(path)
    return sorted(found)


def by_suffix(files: list[Path]) -> str:
    """How many files there are of each suffix, the most frequent first: "3 files (2 .jpg, 1 without
    a suffix)".
    """
    counts = Counter(
        sorted(file.suffix.lower() or "without a suffix" for file in files)
    ).most_common()
    shown = [f"{count:,} {suffix}" for suffix, count in counts[:SHOWN_SUFFIXES]]
    more = (
        [f"{sum(count for _, count in counts[SHOWN_SUFFIXES:]):,} more"]
        if len(counts) > SHOWN_SUFFIXES
        else []
    )
    return f"{count(len(files), 'file')} ({', '.join(shown + more)})"


def _files(folder: Path, onerror: Callable[[OSError], object] | None) -> Iterator[Path]:
    """Every file that is not hidden, as `audio_files` looks for them."""
    known, waiting = set(), [folder]
    while waiting:
        for directory, folders, files in os.walk(waiting.pop(0), onerror=onerror):
            real = os.path.realpath(directory)
            if real in known:
                folders.clear()
                continue
            known.add(real)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            waiting += [
                path for path in (Path(directory, name) for name in folders) if path.is_symlink()
            ]
            yield from (Path(directory, name) for name in files if not name.startswith("."))


def _check_file(path: Path) -> None:
    """Refuse what is no readable, non-empty file."""
    try:
        # Before it is opened: a pipe would make wait for whoever writes to it.
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(path, "is a folder, not a file.")
        if not stat.S_ISREG(mode):
            raise AudioError(path, "is a pipe or a device, not a file.")
        with path.open("rb") as file:
            if not file.read(1):
                raise AudioError(path, "empty file (0 bytes).")
    except FileNotFoundError:
        raise AudioError(path, "no such file.") from None
    except PermissionError:
        raise AudioError(path, "no permission to read it.") from None
    except OSError as error:
        raise AudioError(path, f"can't be read: {error.strerror}.") from error
    except ValueError:
        raise AudioError(path, "no such file: its name has a null character.") from None


def _read_soundfile(path: Path, sample_rate_hz: int) -> tuple[np.ndarray, int]:
    """Read with libsndfile, or with ffmpeg what it does not know; gives (float32 [samples,
    channels], rate in Hz).
    """
    kind = sniff(path)
    if kind.reader == NOT_AUDIO:
        raise AudioError(path, f"not audio: it is {kind.name}.")
    if kind.reader == FFMPEG:
        return _read_ffmpeg(path, kind, sample_rate_hz)
    if kind.name == OGG and _last_page_is_cut(path):
        raise AudioError(path, f"truncated {kind.name}: it ends within a page.")
    try:
        return _read_libsndfile(path, kind, sample_rate_hz)
    except (KerasfeatError, OSError, MemoryError):
        raise
    except Exception as error:  # not only its own: its wrapper has others
        refused = error
    what = (
        f"not audio: its content is {UNKNOWN}"
        if kind.name == UNKNOWN
        else f"corrupt or truncated {kind.name}"
    )
    words = str(getattr(refused, "error_string", refused)).strip().rstrip(".")
    said = (
        "libsndfile says it finds no sound"
        if words.startswith(NO_PIPE)
        else f"libsndfile says {words!r}"
    )
    if not ffmpeg.installed():
        raise AudioError(
            path, f"{what}, or in need of the ffmpeg program, which is not on the PATH; {said}."
        ) from refused
    try:
        return _read_ffmpeg(path, kind, sample_rate_hz, doubted=True)
    except AudioError as error:
        if not error.reason.startswith("corrupt"):
            raise
        raise AudioError(path, f"{what}; {said}, {error.reason.partition(': ')[2]}") from refused


def _read_libsndfile(path: Path, kind: Kind, sample_rate_hz: int) -> tuple[np.ndarray, int]:
    """(float32 [samples, channels], rate in Hz); ffmpeg reads an MP3 whose length libsndfile only
    guesses.
    """
    # A descriptor: a Python file object costs as much as resampling, and by a name libsndfile would
    # go by its suffix, not its content.
    with path.open("rb", buffering=0) as opened:
        opened.seek(kind.start)
        with _Forward(opened.fileno(), closefd=False) as file:
            raw = _samples(path, file)
            if kind.name != "MP3" or _tells_frames(opened):
                _check_whole(path, file, len(raw))
            elif opened.tell() < WHOLE_SHARE * path.stat().st_size:
                return _read_ffmpeg(path, GUESSED_SHORT, sample_rate_hz)
            return raw, file.samplerate


def _samples(path: Path, file: _Forward) -> np.ndarray:
    """All samples of an open file [samples, channels]."""
    if file.frames != UNKNOWN_FRAMES:
        _check_duration(path, file.frames / file.samplerate)
        return file.read(file.frames, dtype="float32", always_2d=True)
    blocks, frames = [], 0
    while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
        blocks.append(block)
        frames += len(block)
        _check_duration(path, frames / file.samplerate)
    return np.concatenate(blocks or [block])


def _read_ffmpeg(
    path: Path, kind: Kind, sample_rate_hz: int, doubted: bool = False
) -> tuple[np.ndarray, int]:
    """(float32 [samples, channels], rate in Hz), of the whole file."""
    raw, announced_s = ffmpeg.read_ffmpeg(path, kind, sample_rate_hz, MAX_DURATION_S + 1, doubted)
    duration_s = len(raw) / sample_rate_hz
    _check_duration(path, duration_s)
    if announced_s is not None and duration_s < WHOLE_SHARE * announced_s - PACKET_S:
        raise AudioError(
            path,
            f"truncated {kind.name}: it holds {duration_s / announced_s:.0%} of what its "
            "header announces.",
        )
    return raw, sample_rate_hz


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
    return bool(mark) and (
        len(page) < 22 or len(page) < 22 + page[21] + sum(page[22 : 22 + page[21]])
    )


def _check_duration(path: Path, duration_s: float) -> None:
    """Refuse what would fill the memory."""
    if duration_s > MAX_DURATION_S:
        raise AudioError(path, f"too long: {duration_s:.0f} s, at most {MAX_DURATION_S} s: cut it.")


def _check_whole(path: Path, file: _Forward, frames: int) -> None:
    """Refuse a file that holds fewer frames, or in uncompressed formats fewer bytes, than its
    header announces.
    """
    share = frames / file.frames if file.frames not in (0, UNKNOWN_FRAMES) else 1
    # libsndfile cuts the length of wav, aiff, and au to what is there, and says so in its log only.
    for announced, there in re.findall(
        r"(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", file.extra_info
    ):
        if 0 < int(announced) < UNKNOWN_BYTES:
            share = min(share, int(there) / int(announced))
    if share < WHOLE_SHARE:
        raise AudioError(path, f"truncated: it holds {share:.0%} of what its header announces.")
