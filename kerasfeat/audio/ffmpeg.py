"""Decoding by the ffmpeg program, for what libsndfile does not read (m4a, aac, wma, ape)."""

import io
import shutil
import subprocess

import soundfile

from kerasfeat.audio.formats import AudioError

TIMEOUT_S = 300


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
        AudioError: ffmpeg is absent, refuses the file, or takes too long.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            path, f"{kind.name} needs the ffmpeg program, which is not on the PATH: install ffmpeg, or convert the file to flac."
        )
    # "file:" keeps a name with a colon from being taken for a network address.
    command = [program, "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0", "-t", str(limit_s)]
    # As WAV, whose header tells the channels: ffmpeg's own mixing lowers mono by 3 dB.
    command += ["-ar", str(sample_rate_hz), "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise AudioError(path, f"ffmpeg did not finish within {TIMEOUT_S} s.") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise AudioError(path, f"corrupt {kind.name}: ffmpeg says {lines[-1] if lines else f'exit code {done.returncode}'!r}.")
    return soundfile.read(io.BytesIO(done.stdout), dtype="float32", always_2d=True)[0]
