"""Decoding by the ffmpeg program, for what libsndfile does not read (m4a, aac, wma, ape)."""

import io
import shutil
import subprocess

import soundfile

from kerasfeat.audio.formats import AudioError

TIMEOUT_S = 300
# What it says of MPEG-4 and of Matroska that end too early; it decodes what there is and calls that
# a success.
CUT_OFF = ("partial file", "File ended prematurely")


def read_ffmpeg(path, kind, sample_rate_hz, limit_s):
    """The first `limit_s` seconds of a file, its channels as they are.

    Args:
        path: of the file.
        kind: its Kind, named in errors.
        sample_rate_hz: of the result; ffmpeg resamples.
        limit_s: where to stop.

    Returns:
        float32 [samples, channels].

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
    # "file:" keeps a name with a colon from being taken for a network address.
    command = [
        program,
        "-nostdin",
        "-v",
        "error",
        "-i",
        f"file:{path}",
        "-map",
        "0:a:0",
        "-t",
        str(limit_s),
    ]
    # As WAV, whose header tells the channels: ffmpeg's own mixing lowers mono by 3 dB.
    command += ["-ar", str(sample_rate_hz), "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise AudioError(path, f"ffmpeg did not finish within {TIMEOUT_S} s.") from None
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        raise AudioError(
            path,
            f"corrupt {kind.name}: ffmpeg says "
            f"{said.splitlines()[-1] if said else f'exit code {done.returncode}'!r}.",
        )
    if any(words in said for words in CUT_OFF):
        raise AudioError(path, f"truncated {kind.name}: it ends before its content does.")
    return soundfile.read(io.BytesIO(done.stdout), dtype="float32", always_2d=True)[0]
