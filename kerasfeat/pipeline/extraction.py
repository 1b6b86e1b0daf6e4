"""From audio files to stored inputs: decoding, windows, and front-ends in one tf.data pipeline."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.decode import content_key, read_sound
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.files import encoded
from kerasfeat.pipeline.parallel import cores, dataset_options
from kerasfeat.pipeline.store import Store
from kerasfeat.progress import Advance

BLOCK_FILES = 1000


@dataclass(frozen=True)
class Extraction:
    """What became of some files.

    Attributes:
        keys: content key of each good file, in the order given.
        failures: reason for each bad file, in the order given.
        extracted: files decoded now; of several with the same content only one.
        cached: good files that needed no decoding.
        audio_s: length of what was decoded now, seconds.
    """

    keys: dict[Path, str]
    failures: dict[Path, str]
    extracted: int
    cached: int
    audio_s: float


@dataclass(frozen=True)
class Extracting:
    """Extraction as work for an engine (kerasfeat.engines), which fills one store with all blocks.

    Attributes:
        frontends: what reads the files.
        store: to fill.
        block: files at a time.
    """

    frontends: tuple[FrontEnd, ...]
    store: Store
    block: int = BLOCK_FILES

    def __call__(self, paths: Sequence[str], workers: int | None, advance: Advance) -> Extraction:
        """What became of a block of files."""

        def tell(done: int, total: int, path: Path) -> None:
            advance(done, total, path.name)

        return extract(paths, self.frontends, self.store, progress=tell, workers=workers)


def together(parts: Iterable[Extraction]) -> Extraction:
    """What became of the files of several blocks."""
    keys: dict[Path, str] = {}
    failures: dict[Path, str] = {}
    extracted, cached, audio_s = 0, 0, 0.0
    for part in parts:
        keys |= part.keys
        failures |= part.failures
        extracted += part.extracted
        cached += part.cached
        audio_s += part.audio_s
    return Extraction(keys, failures, extracted, cached, audio_s)


@dataclass(frozen=True)
class _Clips:
    """A decoded file.

    Attributes:
        reason: why it can't be used; empty where it can.
        duration_s: of its audio.
        clips: for each front-end, [windows, clip_samples] or [windows, clip_samples, 2]; zeros, one
            clip each, of a file that can't be used, since not every front-end takes an empty batch.
    """

    reason: str
    duration_s: float
    clips: tuple[Array, ...]


@dataclass(frozen=True)
class _Result:
    """What the front-ends make of a file: `reason` and `duration_s` as of _Clips, and for each
    front-end [windows, *field.shape].
    """

    path: Path
    reason: str
    duration_s: float
    arrays: tuple[Array, ...]


def extract(
    paths: Iterable[str | Path],
    frontends: Sequence[FrontEnd],
    store: Store,
    *,
    progress: Callable[[int, int, Path], Any] | None = None,
    workers: int | None = None,
) -> Extraction:
    """Fill the store with what it lacks of the front-ends' results.

    What is done is kept when this is interrupted.

    Args:
        paths: audio files.
        frontends: what reads them.
        store: to fill, whose decoder is used.
        progress: called as progress(done, total, path) after each file that the store lacked.
        workers: how many files at a time; as many as there are cores by default.

    Returns:
        What became of the files. A bad file is a failure in it, not an error.

    Raises:
        KerasfeatError: the store can't be written, or the decoder does not work here.
    """
    files = list(dict.fromkeys(map(Path, paths)))
    workers = workers or cores()
    keys, failures = _content_keys(files, workers)
    plan = _plan(keys, frontends, store)
    total = sum(map(len, plan.values()))
    done, audio_s, bad = 0, 0.0, {}
    with store.writer() as writer:
        for missing, own in plan.items():
            for result in _results(own, missing, store.decoder, workers):
                key = keys[result.path]
                if result.reason:
                    bad[key] = result.reason
                else:
                    for frontend, array in zip(missing, result.arrays, strict=True):
                        writer.add(frontend, key, array)
                audio_s += result.duration_s
                done += 1
                if progress:
                    progress(done, total, result.path)
    failures |= {path: bad[key] for path, key in keys.items() if key in bad}
    good = {path: key for path, key in keys.items() if key not in bad}
    ordered = {path: failures[path] for path in files if path in failures}
    extracted = total - len(bad)
    return Extraction(good, ordered, extracted, len(good) - extracted, audio_s)


def _content_keys(paths: Sequence[Path], workers: int) -> tuple[dict[Path, str], dict[Path, str]]:
    """(content key of each readable file, reason for each other one)."""

    def key_or_error(path: Path) -> str | AudioError:
        try:
            return content_key(path)
        except AudioError as error:
            return error

    keys, failures = {}, {}
    with ThreadPoolExecutor(workers) as pool:
        for path, answer in zip(paths, pool.map(key_or_error, paths), strict=True):
            if isinstance(answer, AudioError):
                failures[path] = answer.reason
            else:
                keys[path] = answer
    return keys, failures


def _plan(
    keys: dict[Path, str], frontends: Sequence[FrontEnd], store: Store
) -> dict[tuple[FrontEnd, ...], list[Path]]:
    """What to compute: front-ends that the store lacks -> files, the first one of each content."""
    stored = {frontend: store.keys(frontend) for frontend in frontends}
    first: dict[str, Path] = {}
    for path, key in keys.items():
        first.setdefault(key, path)
    plan = defaultdict(list)
    for key, path in first.items():
        missing = tuple(frontend for frontend in stored if key not in stored[frontend])
        if missing:
            plan[missing].append(path)
    return plan


def _results(
    files: Sequence[Path], frontends: Sequence[FrontEnd], decoder: str, workers: int
) -> Iterator[_Result]:
    """What the front-ends make of each file, as it becomes ready."""
    unexpected: list[Exception] = []

    def decoded(number: int) -> list[Any]:
        try:
            clips = _decode(files[number], frontends, decoder)
        except Exception as error:
            # Raised below: from here TensorFlow would pass on its text only, and then hang when the
            # process ends.
            unexpected.append(error)
            clips = _no_clips("unexpected", frontends)
        return [encoded(clips.reason), np.float32(clips.duration_s), *clips.clips]

    def results(number: Tensor) -> tuple[Tensor, ...]:
        reason, duration_s, *clips = tf.numpy_function(
            decoded, [number], [tf.string, tf.float32] + [tf.float32] * len(frontends)
        )
        arrays = []
        for clip, frontend in zip(clips, frontends, strict=True):
            clip.set_shape((None, *frontend.clip_shape))
            arrays.append(_traced(frontend, frontend.weights)(clip))
        return number, reason, duration_s, tuple(arrays)

    for number, reason, duration_s, arrays in _at_once(results, len(files), workers):
        if unexpected:
            raise unexpected[0]
        yield _Result(files[number], reason.decode(), float(duration_s), arrays)


@lru_cache(maxsize=16)  # as many networks are kept (kerasfeat.audio.frontends.backbones)
def _traced(frontend: FrontEnd, weights: str | None) -> Callable[[Tensor], Tensor]:
    """A front-end as a graph, made once for all blocks of files; `weights` are its own."""
    clips = tf.TensorSpec((None, *frontend.clip_shape), tf.float32)
    return tf.function(frontend, input_signature=[clips], autograph=False)


def _at_once(
    results: Callable[[Tensor], tuple[Tensor, ...]], files: int, workers: int
) -> Iterator[Any]:
    """What `results` gives for the number of each file, as it becomes ready."""
    # Several songs at a time, each operation on one core: sharing out one song's small operations
    # costs more than it saves.
    dataset = tf.data.Dataset.range(files).map(
        tf.autograph.experimental.do_not_convert(results),
        num_parallel_calls=workers,
        deterministic=False,
    )
    options = dataset_options()
    options.threading.max_intra_op_parallelism = 1
    return dataset.with_options(options).as_numpy_iterator()


def _decode(path: Path, frontends: Sequence[FrontEnd], decoder: str) -> _Clips:
    """A file's clips; it is decoded once, and each rate and number of channels resampled once."""
    sources = dict.fromkeys(frontend.source for frontend in frontends)
    is_metered = any(frontend.is_metered for frontend in frontends)
    try:
        sound = read_sound(path, sources, decoder, is_metered)
    except AudioError as error:
        return _no_clips(error.reason, frontends)
    clips = tuple(frontend.clips(sound) for frontend in frontends)
    return _Clips("", sound.duration_s, clips)


def _no_clips(reason: str, frontends: Sequence[FrontEnd]) -> _Clips:
    """What stands for the clips of a file that has none; one clip each, since not every front-end
    takes an empty batch.
    """
    silence = (np.zeros((1, *frontend.clip_shape), np.float32) for frontend in frontends)
    return _Clips(reason, 0.0, tuple(silence))
