"""From a file of any format to a waveform at the wanted rate, or to the reason why not."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import soxr

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio import libsndfile
from kerasfeat.audio.formats import AudioError, is_sound
from kerasfeat.audio.tfio import read_tensorflow_io
from kerasfeat.registry import unknown
from kerasfeat.text import count

Result = TypeVar("Result")

MIN_DURATION_S = 0.1
SILENT_PEAK = 1e-4
# 40 dB over full scale: clipped recordings go a little over 1, damaged numbers up to 3e38.
LOUDEST_PEAK = 100
PASSED_OVER = "passed over, since neither name nor content is sound"
SHOWN_SUFFIXES = 10


class Sound:
    """A decoded file.

    Attributes:
        path: of the file.
        samples: float32 [samples, channels], as the file has them.
        rate_hz: their rate.
    """

    def __init__(self, path: Path, samples: Array, rate_hz: int) -> None:
        self.path, self.samples, self.rate_hz = path, samples, rate_hz
        self._waveforms: dict[tuple[int, int], Array] = {}

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return len(self.samples) / self.rate_hz

    def at(self, sample_rate_hz: int, channels: int = 1) -> Array:
        """The waveform at a rate, mixed and resampled once; see `decode`.

        Raises:
            AudioError: it is silent.
        """
        wanted = sample_rate_hz, channels
        if wanted not in self._waveforms:
            waveform = mix(self.samples, channels)
            if self.rate_hz != sample_rate_hz:
                waveform = soxr.resample(waveform, self.rate_hz, sample_rate_hz, quality="HQ")
            peak = _peak(waveform)
            if peak < SILENT_PEAK:
                raise AudioError(self.path, f"silent: its peak is {peak:.1g} of full scale.")
            self._waveforms[wanted] = waveform
        return self._waveforms[wanted]


def decode(
    path: str | Path, sample_rate_hz: int, channels: int = 1, decoder: str = "soundfile"
) -> Array:
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
    return with_sound(path, lambda sound: sound.at(sample_rate_hz, channels), decoder)


def with_sound(
    path: str | Path, use: Callable[[Sound], Result], decoder: str = "soundfile"
) -> Result:
    """What is made of a file that is decoded once.

    Args:
        path: an audio file.
        use: what makes it of the Sound.
        decoder: see `decode`.

    Raises:
        AudioError: the file can't be used, as of `decode`.
        KerasfeatError: an unknown decoder, or one that does not work here.
    """
    path = Path(path)
    if decoder not in DECODERS:
        raise unknown("decoder", decoder, DECODERS)
    try:
        return use(_read(path, decoder))
    except KerasfeatError:
        raise
    except MemoryError as error:
        raise AudioError(
            path, "too little memory to decode it: cut it, or close other programs."
        ) from error
    except OSError as error:
        raise AudioError(path, f"can't be read: {error.strerror or error}.") from error
    except Exception as error:
        # One file of a thousand must not end the work on the others, whatever a library does to it.
        raise AudioError(
            path,
            f"corrupt, or of a kind that can't be decoded: {type(error).__name__} says "
            f"{str(error)!r}.",
        ) from error


def _read(path: Path, decoder: str) -> Sound:
    """A file's Sound, with whatever the libraries raise."""
    _check_file(path)
    if decoder == "soundfile":
        raw, rate_hz = libsndfile.read(path)
    else:
        raw, rate_hz = read_tensorflow_io(path, libsndfile.MAX_DURATION_S)
    _check_samples(path, raw, rate_hz)
    return Sound(path, raw, rate_hz)


def _check_samples(path: Path, raw: Array, rate_hz: int) -> None:
    """Refuse samples [samples, channels] that are no sound."""
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
        raise AudioError(
            path,
            f"corrupt, or not scaled to 1: its loudest sample is {loudest:.3g} times full scale, "
            f"where sound has at most {LOUDEST_PEAK}.",
        )


def _peak(samples: Array) -> float:
    """The largest absolute value; not finite where one of them is not."""
    return float(max(samples.max(), -samples.min()))


DECODERS = ("soundfile", "tensorflow-io")


def mix(samples: Array, channels: int) -> Array:
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


def content_key(path: str | Path) -> str:
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
    """The files under a folder that are sound by name or by first bytes, sorted.

    Hidden ones are left out.

    Args:
        folder: where to look; links to folders are followed, each folder once, under its own name
            where it has one inside.
        onerror: called with the OSError of each folder that can't be read, whose `filename` says
            which.
        onother: called with each file that is no sound.
    """
    sounds = []
    for path in _files(folder, onerror):
        if is_sound(path):
            sounds.append(path)
        elif onother:
            onother(path)
    return sorted(sounds)


def by_suffix(files: Sequence[Path]) -> str:
    """How many files there are of each suffix, the most frequent first.

    It reads as "3 files (2 .jpg, 1 without a suffix)".
    """
    suffixes = sorted(file.suffix.lower() or "without a suffix" for file in files)
    counts = Counter(suffixes).most_common()
    shown = [f"{number:,} {suffix}" for suffix, number in counts[:SHOWN_SUFFIXES]]
    if len(counts) > SHOWN_SUFFIXES:
        shown.append(f"{sum(number for _, number in counts[SHOWN_SUFFIXES:]):,} more")
    return f"{count(len(files), 'file')} ({', '.join(shown)})"


def _files(folder: Path, onerror: Callable[[OSError], object] | None) -> Iterator[Path]:
    """Every file that is not hidden, as `audio_files` looks for them."""
    known: set[str] = set()
    waiting = [folder]
    while waiting:
        for directory, folders, files in os.walk(waiting.pop(0), onerror=onerror):
            real = os.path.realpath(directory)
            if real in known:
                folders.clear()
                continue
            known.add(real)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            inside = (Path(directory, name) for name in folders)
            waiting += [path for path in inside if path.is_symlink()]
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
