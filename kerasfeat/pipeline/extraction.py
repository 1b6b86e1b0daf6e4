"""From audio files to stored inputs: decoding, windows, and front-ends in one parallel tf.data
pipeline.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from kerasfeat.audio.decode import content_key, decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.windows import cut
from kerasfeat.files import encoded
from kerasfeat.pipeline.parallel import cores, dataset_options


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

    keys: dict
    failures: dict
    extracted: int
    cached: int
    audio_s: float


def extract(paths, frontends, store, *, progress=None):
    """Fill the store with what it lacks of the front-ends' results; what is done is kept when this
    is interrupted.

    Args:
        paths: audio files.
        frontends: front-end instances.
        store: the Store to fill, whose decoder is used.
        progress: called as progress(done, total, path) after each file that the store lacked.

    Returns:
        An Extraction. A bad file is a failure in it, not an error.

    Raises:
        KerasfeatError: the store can't be written, or the decoder does not work here.
    """
    paths = list(dict.fromkeys(map(Path, paths)))
    keys, failures = _content_keys(paths)
    plan = _plan(keys, frontends, store)
    total = sum(map(len, plan.values()))
    done, audio_s, bad = 0, 0.0, {}
    with store.writer() as writer:
        for missing, files in plan.items():
            for file, reason, duration_s, arrays in _results(files, missing, store.decoder):
                if reason:
                    bad[keys[file]] = reason
                for frontend, array in zip(missing, arrays, strict=True):
                    if not reason:
                        writer.add(frontend, keys[file], array)
                audio_s += duration_s
                done += 1
                if progress:
                    progress(done, total, file)
    failures |= {path: bad[key] for path, key in keys.items() if key in bad}
    good = {path: key for path, key in keys.items() if key not in bad}
    ordered = {path: failures[path] for path in paths if path in failures}
    return Extraction(good, ordered, total - len(bad), len(good) - (total - len(bad)), audio_s)


def _content_keys(paths):
    """(content key of each readable file, reason for each other one)."""

    def key_or_error(path):
        try:
            return content_key(path)
        except AudioError as error:
            return error

    with ThreadPoolExecutor(cores()) as pool:
        answers = dict(zip(paths, pool.map(key_or_error, paths), strict=True))
    keys = {path: answer for path, answer in answers.items() if not isinstance(answer, AudioError)}
    return keys, {
        path: answer.reason for path, answer in answers.items() if isinstance(answer, AudioError)
    }


def _plan(keys, frontends, store):
    """What to compute: tuple of the front-ends that the store lacks -> files, the first one of each
    content.
    """
    stored = {frontend: store.keys(frontend) for frontend in frontends}
    first = {}
    for path, key in keys.items():
        first.setdefault(key, path)
    plan = {}
    for key, path in first.items():
        missing = tuple(frontend for frontend in stored if key not in stored[frontend])
        if missing:
            plan.setdefault(missing, []).append(path)
    return plan


def _results(files, frontends, decoder):
    """Yields (file, reason or "", seconds of audio, [array [windows, *field.shape] for each
    front-end]) as they become ready.
    """
    unexpected = []

    def decoded(number):
        try:
            return _clips(files[number], frontends, decoder)
        except Exception as error:
            # Raised below: from here TensorFlow would pass on its text only, and then hang when the
            # process ends.
            unexpected.append(error)
            return _no_clips("unexpected", frontends)

    def results(number):
        reason, duration_s, *clips = tf.numpy_function(
            decoded, [number], [tf.string, tf.float32] + [tf.float32] * len(frontends)
        )
        for clip, frontend in zip(clips, frontends, strict=True):
            clip.set_shape((None, *_clip_shape(frontend)))
        return (
            number,
            reason,
            duration_s,
            tuple(frontend(clip) for frontend, clip in zip(frontends, clips, strict=True)),
        )

    # Several songs at a time, each operation on one core: sharing out one song's small operations
    # costs more than it saves.
    dataset = tf.data.Dataset.range(len(files))
    dataset = dataset.map(
        tf.autograph.experimental.do_not_convert(results),
        num_parallel_calls=cores(),
        deterministic=False,
    )
    options = dataset_options()
    options.threading.max_intra_op_parallelism = 1
    for number, reason, duration_s, arrays in dataset.with_options(options).as_numpy_iterator():
        if unexpected:
            raise unexpected[0]
        yield files[number], reason.decode(), float(duration_s), arrays


def _clips(path, frontends, decoder):
    """(reason or "", seconds of audio, the clips for each front-end): each rate and number of
    channels decoded once.
    """
    sources = dict.fromkeys((frontend.sample_rate_hz, frontend.channels) for frontend in frontends)
    try:
        waveforms = {source: decode(path, *source, decoder) for source in sources}
    except AudioError as error:
        return _no_clips(error.reason, frontends)
    (rate_hz, _), waveform = next(iter(waveforms.items()))
    clips = (
        cut(waveforms[frontend.sample_rate_hz, frontend.channels], frontend.clip_samples)
        for frontend in frontends
    )
    return "", np.float32(len(waveform) / rate_hz), *clips


def _no_clips(reason, frontends):
    """What stands for the clips of a file that has none; one clip each, since not every front-end
    takes an empty batch.
    """
    return (
        encoded(reason),
        np.float32(0),
        *(np.zeros((1, *_clip_shape(frontend)), np.float32) for frontend in frontends),
    )


def _clip_shape(frontend):
    """The shape of one clip's waveform."""
    return (
        (frontend.clip_samples,)
        if frontend.channels == 1
        else (frontend.clip_samples, frontend.channels)
    )
