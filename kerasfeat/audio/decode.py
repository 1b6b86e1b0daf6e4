"""From a file of any format to a waveform at the wanted rate, or to the reason why not."""

import hashlib
import mmap
import os
import re
from pathlib import Path

import numpy as np
import soundfile
import soxr

from kerasfeat.audio.ffmpeg import read_ffmpeg
from kerasfeat.audio.formats import (
    FFMPEG,
    NOT_AUDIO,
    OGG,
    SUFFIXES,
    UNKNOWN,
    AudioError,
    Kind,
    sniff,
)
from kerasfeat.audio.tfio import read_tensorflow_io
from kerasfeat.registry import unknown

MAX_DURATION_S = 3600
MIN_DURATION_S = 0.1
SILENT_PEAK = 1e-4
# Headers of whole files may count up to 0.2 % of frames that decoding does not give: an encoder's
# padding.
WHOLE_SHARE = 0.98
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


def decode(path, sample_rate_hz, channels=1, decoder="soundfile"):
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
    waveform = mix(raw, channels)
    if rate_hz != sample_rate_hz:
        waveform = soxr.resample(waveform, rate_hz, sample_rate_hz, quality="HQ")
    peak = max(waveform.max(), -waveform.min())
    if not np.isfinite(peak):
        raise AudioError(path, "corrupt: some samples are not finite numbers.")
    if peak < SILENT_PEAK:
        raise AudioError(path, f"silent: its peak is {peak:.1g} of full scale.")
    return waveform


DECODERS = ("soundfile", "tensorflow-io")


def mix(samples, channels):
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


def content_key(path):
    """The SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        AudioError: it can't be read.
    """
    path = Path(path)
    _check_file(path)
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def audio_files(folder, onerror=None):
    """The audio files of a folder and of the folders in it, by suffix, sorted; hidden ones are left
    out.

    Args:
        folder: where to look; links to folders are followed, each folder once, under its own name
            where it has one inside.
        onerror: called with the OSError of each folder that can't be read, whose `filename` says
            which.
    """
    found, known, waiting = [], set(), [folder]
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
            found += [
                Path(directory, name)
                for name in files
                if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
            ]
    return sorted(found)


def _check_file(path):
    """Refuse what is no readable, non-empty file."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise AudioError(path, "empty file (0 bytes).")
    except FileNotFoundError:
        raise AudioError(path, "no such file.") from None
    except IsADirectoryError:
        raise AudioError(path, "is a folder, not a file.") from None
    except PermissionError:
        # Windows says so of folders too.
        raise AudioError(
            path, "is a folder, not a file." if path.is_dir() else "no permission to read it."
        ) from None
    except OSError as error:
        raise AudioError(path, f"can't be read: {error.strerror}.") from error


def _read_soundfile(path, sample_rate_hz):
    """Read with libsndfile, or with ffmpeg what it does not know; gives (float32 [samples,
    channels], rate in Hz).
    """
    kind = sniff(path)
    if kind.reader == NOT_AUDIO:
        raise AudioError(path, f"not audio: it is {kind.name}.")
    if kind.reader == FFMPEG:
        return _read_ffmpeg(path, kind, sample_rate_hz)
    # A descriptor: a Python file object costs as much as resampling, and by a name libsndfile would
    # go by its suffix, not its content.
    try:
        with path.open("rb", buffering=0) as opened:
            opened.seek(kind.start)
            with soundfile.SoundFile(opened.fileno(), closefd=False) as file:
                _check_duration(path, file.frames / file.samplerate)
                raw = file.read(dtype="float32", always_2d=True)
                if kind.name != "MP3" or _tells_frames(opened):
                    _check_whole(path, file, len(raw))
                elif opened.tell() < WHOLE_SHARE * path.stat().st_size:
                    return _read_ffmpeg(path, GUESSED_SHORT, sample_rate_hz)
                if kind.name == OGG and _last_page_is_cut(opened):
                    raise AudioError(path, f"truncated {kind.name}: it ends within a page.")
                return raw, file.samplerate
    except soundfile.LibsndfileError as error:
        what = (
            f"not audio: its content is {UNKNOWN}"
            if kind.name == UNKNOWN
            else f"corrupt or truncated {kind.name}"
        )
        raise AudioError(
            path, f"{what}; libsndfile says {error.error_string.strip().rstrip('.')!r}."
        ) from error


def _read_ffmpeg(path, kind, sample_rate_hz):
    raw = read_ffmpeg(path, kind, sample_rate_hz, MAX_DURATION_S + 1)
    _check_duration(path, len(raw) / sample_rate_hz)
    return raw, sample_rate_hz


def _tells_frames(file):
    """Whether an open MP3 tells how many frames it has."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return FRAMES_TOLD.search(content) is not None


def _last_page_is_cut(file):
    """Whether an open Ogg file ends before its last page does (RFC 3533, section 6)."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - OGG_PAGE_BYTES))
    _, mark, page = file.read().rpartition(b"OggS\0")
    # What follows the mark: 21 bytes, the number of segments, the length of each, and the segments.
    return bool(mark) and (
        len(page) < 22 or len(page) < 22 + page[21] + sum(page[22 : 22 + page[21]])
    )


def _check_duration(path, duration_s):
    """Refuse what would fill the memory."""
    if duration_s > MAX_DURATION_S:
        raise AudioError(path, f"too long: {duration_s:.0f} s, at most {MAX_DURATION_S} s: cut it.")


def _check_whole(path, file, frames):
    """Refuse a file that holds fewer frames, or in uncompressed formats fewer bytes, than its
    header announces.
    """
    share = frames / file.frames if file.frames else 1
    # libsndfile cuts the length of wav, aiff, and au to what is there, and says so in its log only.
    for announced, there in re.findall(
        r"(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", file.extra_info
    ):
        if 0 < int(announced) < UNKNOWN_BYTES:
            share = min(share, int(there) / int(announced))
    if share < WHOLE_SHARE:
        raise AudioError(path, f"truncated: it holds {share:.0%} of what its header announces.")
