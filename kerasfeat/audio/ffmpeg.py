"""Decoding by the ffmpeg program, for what libsndfile does not read (m4a, wma, ac3, and more)."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from kerasfeat.audio.formats import UNKNOWN, AudioError, Kind
from kerasfeat.audio.sound import BLOCK_SAMPLES, MAX_DURATION_S, SAMPLE_BYTES, Sound

TIMEOUT_S = 300
# It resamples what has none of these rates, such as DSD, to the nearest.
RATES_HZ = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
# Of a WAV file: "RIFF", its length, "WAVE"; then of each chunk its name and the length of the rest.
RIFF_BYTES, CHUNK_HEAD_BYTES = 12, 8
# The demuxers that may open a file. None of them opens another one, as those of DASH, HLS, concat
# and SDP do: what is called song.m4a may be any of these, and name any file of this machine.
DEMUXERS = (
    *("aac", "ac3", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "dsf", "dts", "dtshd", "eac3"),
    *("flac", "flv", "iff", "ircam", "loas", "matroska,webm", "mlp", "mov,mp4,m4a,3gp,3g2,mj2"),
    *("mp3", "mpc", "mpc8", "mpeg", "mpegts", "nistsphere", "ogg", "oma", "paf", "qcp", "rm"),
    *("shn", "sox", "tak", "truehd", "tta", "voc", "vqf", "w64", "wav", "wv", "xwma"),
)
# What it says of MPEG-4 and of Matroska that end too early; it decodes what there is and calls that
# a success.
CUT_OFF = ("partial file", "File ended prematurely")
# Of a coding that it was built without, or does not know, as its versions say it.
NO_DECODER = re.compile(r"Decoder .* not found|no decoder found")
NO_SOUND = ("matches no streams", "does not contain any stream")
# Complaints, with whoever makes them before the level; and two lines of what it tells of the input.
COMPLAINT = re.compile(r"^(?:\[[^]]*\] )*\[(?:error|fatal|panic)\] (.*)$", re.MULTILINE)
DURATION = re.compile(r"^\[info\]   Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
STREAM = re.compile(
    r"^\[info\] +Stream #0:.*: (?:Audio|Video|Subtitle|Data): (?!.*attached pic)", re.MULTILINE
)


def installed() -> bool:
    """Whether the ffmpeg program is on the PATH."""
    return shutil.which("ffmpeg") is not None


def read_ffmpeg(path: Path, kind: Kind, sound: Sound, doubted: bool = False) -> float | None:
    """Read a file's channels as they are.

    Args:
        path: of the file.
        kind: its Kind, named in errors.
        sound: to be filled.
        doubted: another decoder has refused the file: what ffmpeg complains of is taken as an
            error.

    Returns:
        How many seconds the file announces; None where it does not.

    Raises:
        AudioError: ffmpeg is absent, refuses the file, finds it truncated, or takes too long.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            path,
            f"{kind.name} needs the ffmpeg program, which is not on the PATH: install "
            "ffmpeg, or convert the file to flac.",
        )
    command = [program, *_arguments(path)]
    # A file, since nobody reads what it says before it has ended.
    with tempfile.TemporaryFile() as said:
        try:
            code = _fill(command, sound, said)
        except OSError as error:
            raise AudioError(
                path,
                f"{kind.name} needs the ffmpeg program, and {program} can't be run: "
                f"{error.strerror}.",
            ) from error
        said.seek(0)
        log = said.read().decode(errors="replace")
    _refuse(path, kind, log, code, doubted)
    return _announced_s(log)


def _fill(command: Sequence[str], sound: Sound, said: IO[bytes]) -> int:
    """Run ffmpeg and read its samples as they come; returns its exit code."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
    ) as running:
        late = threading.Event()

        def stop() -> None:
            late.set()
            running.kill()

        timer = threading.Timer(TIMEOUT_S, stop)
        timer.start()
        try:
            assert running.stdout, "it is a pipe"
            _read_wav(running.stdout, sound)
            running.wait()
        except BaseException:
            running.kill()
            raise
        finally:
            timer.cancel()
    if late.is_set():
        raise AudioError(sound.path, f"ffmpeg did not finish within {TIMEOUT_S} s.")
    return running.returncode


def _read_wav(file: IO[bytes], sound: Sound) -> None:
    """Read samples of 32-bit floating point from a WAV file whose length is not known."""
    file.read(RIFF_BYTES)
    described = b""
    # By their lengths: a chunk of tags may hold any word, and be of any size.
    while (head := file.read(CHUNK_HEAD_BYTES)) and not head.startswith(b"data"):
        length = int.from_bytes(head[4:], "little")
        content = file.read(length + length % 2)
        if head.startswith(b"fmt "):
            described = content
    if not described:
        return
    channels = int.from_bytes(described[2:4], "little")
    sound.rate_hz = int.from_bytes(described[4:8], "little")
    size = max(1, BLOCK_SAMPLES // channels) * channels * SAMPLE_BYTES
    while block := file.read(size):
        whole = len(block) - len(block) % (channels * SAMPLE_BYTES)
        sound.add(np.frombuffer(block[:whole], "<f4").reshape(-1, channels))


def _arguments(path: Path) -> list[str]:
    """What ffmpeg is called with to write a file as WAV to its output."""
    arguments = ["-nostdin", "-hide_banner", "-nostats", "-v", "level+info"]
    arguments += ["-protocol_whitelist", "file", "-format_whitelist", ",".join(DEMUXERS)]
    # "file:" keeps a name with a colon from being taken for a network address.
    arguments += ["-i", f"file:{path}", "-map", "0:a:0", "-t", str(MAX_DURATION_S + 1)]
    # As WAV, whose header tells the channels: ffmpeg's own mixing lowers mono by 3 dB.
    rates = "|".join(map(str, RATES_HZ))
    arguments += ["-af", f"aformat=sample_rates={rates}"]
    arguments += ["-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    return arguments


def _refuse(path: Path, kind: Kind, log: str, code: int, doubted: bool) -> None:
    """Raise what ffmpeg's words on a file mean, if they mean that it can't be used."""
    lines = [line for line in log.splitlines() if not line.startswith(("[info]", " "))]
    name = os.fsencode(path).decode(errors="replace")
    complaints = [line.replace(f"file:{name}: ", "") for line in COMPLAINT.findall(log)]
    if any(words in line for line in lines for words in NO_SOUND):
        raise AudioError(path, f"no sound in it: it is {kind.name} without an audio stream.")
    # By chance some bytes of anything look like a frame of MP3.
    guessed = kind.name == UNKNOWN and any("misdetection possible" in line for line in lines)
    if guessed or any("not on whitelist" in line for line in complaints):
        raise AudioError(path, f"not audio: its content is {UNKNOWN}.")
    if any(map(NO_DECODER.search, complaints)):
        raise AudioError(
            path, f"{kind.name} in a coding that this ffmpeg does not decode: convert it to flac."
        )
    if any(words in line for line in lines for words in CUT_OFF):
        raise AudioError(path, f"truncated {kind.name}: it ends before its content does.")
    if code or (doubted and complaints):
        words = complaints[-1] if complaints else f"exit code {code}"
        raise AudioError(path, f"corrupt {kind.name}: ffmpeg says {words.rstrip('.')!r}.")


def _announced_s(log: str) -> float | None:
    """The duration that the header of a file with one stream tells, seconds.

    None of a guess, and of a film's.
    """
    duration = DURATION.search(log)
    of_input = log.partition("\n[info] Stream mapping:")[0]
    is_guess = "Estimating duration from bitrate" in log
    if duration is None or is_guess or len(STREAM.findall(of_input)) != 1:
        return None
    hours, minutes, seconds = map(float, duration.groups())
    return 3600 * hours + 60 * minutes + seconds
