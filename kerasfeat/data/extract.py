"""From audio files to stored inputs: decoding, windows, and front-ends in one parallel tf.data pipeline."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from kerasfeat.audio.decode import content_key, decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.windows import windows


@dataclass(frozen=True)
class Extraction:
    """What became of some files.

    Attributes:
        keys: content key of each good file, in the order given.
        failures: reason for each bad file.
        extracted: files decoded now; of several with the same content one.
        cached: files that the store had already, or whose content another one has.
        audio_s: duration of what was decoded now, seconds.
    """

    keys: dict
    failures: dict
    extracted: int
    cached: int
    audio_s: float


def extract(paths, frontends, store, *, decoder="soundfile", progress=None):
    """Fill the store with what it lacks of the front-ends' results on files; keeps what is done when it is interrupted.

    Args:
        paths: audio files.
        frontends: front-end instances.
        store: the Store to fill.
        decoder: see kerasfeat.audio.decode.decode.
        progress: called as progress(done, total, path) after each file that the store lacked.

    Returns:
        An Extraction.

    Raises:
        KerasfeatError: the store can't be written or the decoder does not work here. A bad file is a failure, not an error.
    """
    paths = list(dict.fromkeys(map(Path, paths)))
    keys, failures = _content_keys(paths)
    plan = _plan(keys, frontends, store)
    total = sum(map(len, plan.values()))
    done, audio_s, bad = 0, 0.0, {}
    with store.writer() as writer:
        for missing, files in plan.items():
            for file, reason, duration_s, arrays in _results(files, missing, decoder):
                if reason:
                    bad[keys[file]] = reason
                else:
                    audio_s += duration_s
                    for frontend, array in zip(missing, arrays, strict=True):
                        writer.add(frontend, keys[file], array)
                done += 1
                if progress:
                    progress(done, total, file)
    failures |= {path: bad[key] for path, key in keys.items() if key in bad}
    good = {path: key for path, key in keys.items() if key not in bad}
    extracted = total - len(bad)
    return Extraction(good, {path: failures[path] for path in paths if path in failures}, extracted, len(good) - extracted, audio_s)


def song_windows(path, frontend, decoder="soundfile"):
    """One song's windows, without the store.

    Returns:
        A tensor [windows, *frontend.field.shape].

    Raises:
        AudioError: the file gives no waveform.
        KerasfeatError: the decoder does not work here.
    """
    return frontend(windows(decode(path, frontend.sample_rate_hz, frontend.channels, decoder), frontend.clip_samples))


def _content_keys(paths):
    """(key of each readable file, reason for each other one)."""

    def key_or_error(path):
        try:
            return content_key(path)
        except AudioError as error:
            return error

    with ThreadPoolExecutor(_cores()) as pool:
        answers = list(zip(paths, pool.map(key_or_error, paths), strict=True))
    keys = {path: answer for path, answer in answers if not isinstance(answer, AudioError)}
    return keys, {path: answer.reason for path, answer in answers if isinstance(answer, AudioError)}


def _plan(keys, frontends, store):
    """Which front-ends to compute for which files: tuple of front-ends -> files, one file for each content."""
    stored = {frontend: store.keys(frontend) for frontend in frontends}
    plan = {}
    for key, path in {key: path for path, key in reversed(keys.items())}.items():
        missing = tuple(frontend for frontend in frontends if key not in stored[frontend])
        if missing:
            plan.setdefault(missing, []).append(path)
    return plan


def _results(files, frontends, decoder):
    """Yields (file, reason or "", seconds of audio, arrays) as they are ready, in any order."""
    sources = list(dict.fromkeys((frontend.sample_rate_hz, frontend.channels) for frontend in frontends))

    def decode_file(number):
        silence = [np.zeros((1, 2) if channels == 2 else 1, np.float32) for _, channels in sources]
        try:
            return "", *(decode(files[number], rate_hz, channels, decoder) for rate_hz, channels in sources)
        except AudioError as error:
            return error.reason, *silence

    def inputs(number):
        reason, *waveforms = tf.numpy_function(decode_file, [number], [tf.string] + [tf.float32] * len(sources))
        reason.set_shape([])
        duration_s = tf.cast(tf.shape(waveforms[0])[0], tf.float32) / sources[0][0]
        arrays = []
        for waveform, (_, channels) in zip(waveforms, sources, strict=True):
            waveform.set_shape([None, 2] if channels == 2 else [None])
        for frontend in frontends:
            waveform = waveforms[sources.index((frontend.sample_rate_hz, frontend.channels))]
            arrays.append(frontend(windows(waveform, frontend.clip_samples)))
        return number, reason, duration_s, tuple(arrays)

    inputs = tf.autograph.experimental.do_not_convert(inputs)
    dataset = tf.data.Dataset.range(len(files)).map(inputs, num_parallel_calls=PAR or _cores(), deterministic=False)
    options = tf.data.Options()
    if INTRA: options.threading.max_intra_op_parallelism = INTRA
    if POOL: options.threading.private_threadpool_size = POOL
    for number, reason, duration_s, arrays in dataset.with_options(options).as_numpy_iterator():
        yield files[number], reason.decode(), float(duration_s), arrays

PAR=INTRA=POOL=0

def _cores():
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
