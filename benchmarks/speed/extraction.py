"""Songs become inputs: ours, librosa, one clip a call, and decoding alone."""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import keras
import tensorflow as tf

import hub_models
from benchmarks.speed import data
from benchmarks.speed.arithmetic import operations, product_reached, reached
from benchmarks.speed.by_librosa import librosa_logmel, librosa_mfcc
from benchmarks.speed.measured import Against, Measured, Parts, Point, Setting, alternate, grown
from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.audio.windows import cut
from kerasfeat.pipeline.extraction import extract
from kerasfeat.pipeline.parallel import cores
from kerasfeat.pipeline.store import Store

DECODING, LIBROSA = "decoding and resampling alone, a thread a core", "librosa, joblib"
ONE_CALL = "decoding, then one clip a call"


def decode_all(files: Sequence[Path], frontend: FrontEnd) -> None:
    """Decode and resample on as many threads as there are cores: the floor."""
    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(lambda file: len(decode(file, frontend.sample_rate_hz)), files):
            pass


def extract_all(files: Sequence[Path], *wanted: FrontEnd) -> None:
    """Extract into an empty store: content keys, decoding, front-end, and writing."""
    with tempfile.TemporaryDirectory() as folder:
        extract(files, wanted, Store(folder))


def librosa_all(
    files: Sequence[Path], frontend: FrontEnd, function: Callable[[Path, Any], Array]
) -> None:
    """librosa on every file, with joblib's processes, which import no TensorFlow."""
    parameters = SimpleNamespace(**asdict(frontend))
    joblib.Parallel(cores())(joblib.delayed(function)(file, parameters) for file in files)


def one_clip_a_call(files: Sequence[Path], frontend: FrontEnd, network: Callable) -> None:
    """Each file decoded, then the network called on its waveform."""
    for file in files:
        waveform = decode(file, frontend.sample_rate_hz)
        network(tf.constant(waveform[tf.newaxis]))


def measure(setting: Setting) -> list[Measured]:
    """The rows."""
    data.use_cache(setting)
    return [
        _spectral(setting, "logmel", librosa_logmel, setting.count(48, 2)),
        _spectral(setting, "mfcc", librosa_mfcc, setting.count(48, 2)),
        _network(setting, "yamnet", setting.count(24, 2)),
        _network(setting, "musicnn_msd", setting.count(12, 2)),
    ]


def _spectral(
    setting: Setting, name: str, by_librosa: Callable[[Path, Any], Array], count: int
) -> Measured:
    frontend, files = frontends.get(name), data.clips(setting, count)
    by_librosa(files[0], frontend)  # compiles what its processes then read
    times = alternate(
        {
            "ours": partial(extract_all, files, frontend),
            DECODING: partial(decode_all, files, frontend),
            LIBROSA: partial(librosa_all, files, frontend, by_librosa),
        },
        setting.repeats,
    )
    is_logmel = name == "logmel"
    return Measured(
        f"mp3 to {'log-mel' if is_logmel else 'MFCC'}",
        f"{count} clips of 30 s",
        times["ours"],
        (
            Against(DECODING, times[DECODING], least=0.80 if is_logmel else None),
            Against(LIBROSA, times[LIBROSA], least=2.2 if is_logmel else None),
        ),
        bound=_bound(files[0], frontend),
        unit="clips",
        growth=_growth(setting, frontend),
    )


def _network(setting: Setting, name: str, count: int) -> Measured:
    frontend, files = frontends.get(name), data.clips(setting, count)
    model = hub_models.build(name)
    network = tf.function(model, autograph=False, reduce_retracing=True)
    times = alternate(
        {
            "ours": partial(extract_all, files, frontend),
            DECODING: partial(decode_all, files, frontend),
            ONE_CALL: partial(one_clip_a_call, files, frontend, network),
        },
        setting.repeats,
    )
    return Measured(
        f"mp3 to {name}'s embeddings",
        f"{count} clips of 30 s",
        times["ours"],
        (
            Against(DECODING, times[DECODING]),
            Against(f"{ONE_CALL} of the same network", times[ONE_CALL], least=2.0),
        ),
        bound=_network_bound(files[0], frontend, model, network),
        unit="clips",
        growth=_growth(setting, frontend),
    )


def _network_bound(path: Path, frontend: FrontEnd, model: keras.Model, network: Callable) -> str:
    """What one clip takes, and how much of the cores' arithmetic one call of a network uses."""
    waveform = tf.constant(decode(path, frontend.sample_rate_hz)[tf.newaxis])
    patches = network(waveform)["embedding"].shape[1]
    count = patches * operations(model)
    alone, most = reached(lambda: network(waveform)["embedding"].numpy(), count), product_reached()
    return (
        f"{_bound(path, frontend)} In one call the {count / 1e9:.1f} GFLOP of its {patches} "
        f"patches run at {alone.gflops:.0f} GFLOP/s, front-end included, on {alone.cores:.1f} of "
        f"{cores()} cores, where a plain product of float32 matrices reaches {most.gflops:.0f} in "
        f"the same run: twice one clip a call would take {2 * alone.gflops:.0f}."
    )


def _growth(setting: Setting, frontend: FrontEnd) -> tuple[Point, ...]:
    sizes = setting.sizes(96 if frontend.name in ("logmel", "mfcc") else 32)
    files = data.clips(setting, sizes[-1])
    return grown(sizes, lambda size: extract_all(files[:size], frontend), setting.repeats)


def _bound(path: Path, frontend: FrontEnd) -> str:
    """What one clip takes on one core, part by part."""
    parts, runs = Parts(), 5
    rate_hz = frontend.sample_rate_hz
    clips = tf.constant(cut(decode(path, rate_hz), frontend.clip_samples))
    traced = tf.function(frontend, autograph=False)
    traced(clips)
    for _ in range(runs):
        parts.time("decoding", lambda: decode(path, rate_hz))
        parts.time("front-end", lambda: traced(clips).numpy())
    decoding_ms, frontend_ms = (
        parts.seconds[part] / runs * 1e3 for part in ("decoding", "front-end")
    )
    return (
        f"one clip alone takes {decoding_ms:.1f} ms to decode and resample, and {frontend_ms:.1f} "
        "ms in the front-end on both cores."
    )
