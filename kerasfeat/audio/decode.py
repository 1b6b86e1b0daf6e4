"""From a file of any format to a waveform at the wanted rate, or to the reason why not."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio import libsndfile
from kerasfeat.audio.formats import AudioError, is_sound
from kerasfeat.audio.sound import Sound, Source
from kerasfeat.audio.tfio import read_tensorflow_io
from kerasfeat.choices import DECODERS, SOUNDFILE, require_choice
from kerasfeat.text import count

PASSED_OVER = "passed over, since neither name nor content is sound"
SHOWN_SUFFIXES = 10


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
    source = (sample_rate_hz, channels)
    return read_sound(path, [source], decoder).waveform(*source)


def read_sound(
    path: str | Path,
    sources: Iterable[Source],
    decoder: str = "soundfile",
    is_metered: bool = False,
) -> Sound:
    """Decode a file once for all that reads it.

    Args:
        path: an audio file.
        sources: the (rate in Hz, channels) of each waveform that is wanted, as of `decode`.
        decoder: see `decode`.
        is_metered: whether its loudness is measured.

    Raises:
        AudioError: the file can't be used, as of `decode`.
        KerasfeatError: an unknown decoder, or one that does not work here.
    """
    path = Path(path)
    require_choice("decoder", decoder, DECODERS)
    try:
        _check_file(path)
        begin = partial(Sound, path, tuple(sources), is_metered)
        read = libsndfile.read if decoder == SOUNDFILE else read_tensorflow_io
        sound = read(path, begin)
        sound.finish()
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
    return sound


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
