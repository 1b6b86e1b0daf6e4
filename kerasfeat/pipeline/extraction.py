"""From audio files to stored inputs: some files at a time are decoded and read by front-ends."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import tensorflow as tf

from kerasfeat.arrays import Array
from kerasfeat.audio.decode import content_key, read_sound
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.sound import Sound
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.pipeline.parallel import cores
from kerasfeat.pipeline.store import Store
from kerasfeat.progress import Advance

BLOCK_FILES = 1000
AHEAD = 2  # files that are begun or waited for by each that is worked on
# The same numbers on every machine: a graphics card would round otherwise.
DEVICE = "CPU:0"


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
class _Result:
    """What the front-ends make of a file.

    Attributes:
        path: of the file.
        reason: why it can't be used; empty where it can.
        duration_s: of its audio.
        arrays: for each front-end, [windows, *field.shape]; none of a file that can't be used.
    """

    path: Path
    reason: str
    duration_s: float = 0.0
    arrays: tuple[Array, ...] = ()


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
            with closing(_results(own, missing, store.decoder, workers)) as results:
                for result in results:
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
) -> Generator[_Result, None, None]:
    """What the front-ends make of each file, as it becomes ready."""
    graphs = [_traced(frontend, frontend.weights) for frontend in frontends]

    def result(path: Path) -> _Result:
        try:
            sound = _read(path, frontends, decoder)
        except AudioError as error:
            return _Result(path, error.reason)
        clips = [frontend.clips(sound) for frontend in frontends]
        with tf.device(DEVICE):
            arrays = [graph(tf.constant(own)) for graph, own in zip(graphs, clips, strict=True)]
        return _Result(path, "", sound.duration_s, tuple(array.numpy() for array in arrays))

    pool = ThreadPoolExecutor(workers)
    try:
        # No more than these are in memory, whoever is slow.
        working: set[Future[_Result]] = set()
        for path in files:
            working.add(pool.submit(result, path))
            if len(working) >= AHEAD * workers:
                done, working = wait(working, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        yield from (each.result() for each in as_completed(working))
    finally:
        pool.shutdown(cancel_futures=True)


@lru_cache(maxsize=16)  # as many networks are kept (kerasfeat.audio.frontends.backbones)
def _traced(frontend: FrontEnd, weights: str | None) -> Callable[..., Any]:
    """A front-end as a graph, made once for all calls; `weights` are its own."""
    clips = tf.TensorSpec((None, *frontend.clip_shape), tf.float32)
    function = tf.function(frontend, input_signature=[clips], autograph=False)
    with tf.device(DEVICE):
        return function.get_concrete_function()


def _read(path: Path, frontends: Sequence[FrontEnd], decoder: str) -> Sound:
    """A file, decoded once, and resampled once to each rate and number of channels."""
    sources = dict.fromkeys(frontend.source for frontend in frontends)
    return read_sound(path, sources, decoder, any(frontend.is_metered for frontend in frontends))
