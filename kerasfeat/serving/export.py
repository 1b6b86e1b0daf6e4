"""A version of a model for TensorFlow Serving: built under a hidden name, checked, and only then
published by renaming.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.files import disk_told, expanded
from kerasfeat.inference.predict import Predictor
from kerasfeat.progress import say
from kerasfeat.serving import card, configs, warmup
from kerasfeat.serving.client import float_wav
from kerasfeat.serving.graph import WAV, Graph
from kerasfeat.serving.signatures import CLASSIFY, WAV_BYTES, save, signatures
from kerasfeat.serving.verify import Findings, verify

BUILDING = ".building"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
CLASSIFY_METHOD = "tensorflow/serving/classify"
OTHER_RATES_HZ = (16_000, 22_050, 44_100, 48_000)


@dataclass(frozen=True)
class Export:
    """What `export` wrote.

    Attributes:
        path: folder of the version.
        findings: of the check.
    """

    path: Path
    findings: Findings


def export(
    run: Path | str,
    exports: Path | str,
    name: str,
    version: int | None = None,
) -> Export:
    """Write a finished run as a version of a model.

    Args:
        run: its directory.
        exports: the folder of all models.
        name: of the model.
        version: whole number; None for the one after the highest.

    Raises:
        KerasfeatError: the run or the name can't be used, the version exists, or the export answers
            otherwise than the Keras model.
    """
    require_name(name)
    exports = expanded(exports)
    home = exports / name
    if version is not None:
        _require_free(home / str(version))
    predictor = Predictor(run)
    with disk_told(home), _home(home), configs.locked(exports):
        building = home / BUILDING
        shutil.rmtree(building, ignore_errors=True)  # of an export that was killed
        try:
            building.mkdir()
            _build(predictor, Graph(predictor), building)
            say("checking the export in a process without Keras and kerasfeat")
            findings = verify(building)
            published = _publish(building, home, version)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        configs.write(exports, name, max(_numbers(home)))
    return Export(published, findings)


@contextmanager
def _home(home: Path) -> Iterator[None]:
    """A model's folder, which is not left empty."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise KerasfeatError(
            f"can't write {home}: {error.strerror or error}. Free space or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            home.rmdir()  # refused where it holds a version


def require_name(name: str) -> None:
    """Refuse a name that TensorFlow Serving, or a folder of models, can't have.

    Raises:
        KerasfeatError: it is one.
    """
    if not NAME.fullmatch(name):
        raise KerasfeatError(
            f"{name!r} can't be a model's name: use letters, digits, '_', '-', and '.', "
            "such as mood."
        )
    if name in configs.FILES:
        raise KerasfeatError(
            f"{name!r} can't be a model's name: a file of the server is called so. Choose "
            "another, such as mood."
        )


def _build(predictor: Predictor, graph: Graph, folder: Path) -> None:
    """The SavedModel with its assets and warm-up requests."""
    schema = card.schema(predictor, graph)
    functions = signatures(graph, schema)
    save(functions, folder)
    if CLASSIFY in functions:
        updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(str(folder))
        updater.replace_method_name(
            signature_key=CLASSIFY, method_name=CLASSIFY_METHOD, tags="serve"
        )
        updater.save()
    assets = folder / "assets"
    assets.mkdir(exist_ok=True)
    resampling = measure_resampling(graph, functions[WAV_BYTES]) if WAV_BYTES in functions else {}
    card.write(
        assets,
        predictor,
        graph,
        schema=schema,
        signatures=sorted(functions),
        resampling=resampling,
    )
    requests = folder / "assets.extra" / "tf_serving_warmup_requests"
    requests.parent.mkdir()
    with tf.io.TFRecordWriter(str(requests)) as writer:
        for record in warmup.records(graph, functions, schema):
            writer.write(record.SerializeToString())


def measure_resampling(graph: Graph, from_wav: Callable[..., Any]) -> dict[int, float]:
    """How far the answers to WAV files of usual other rates lie from those to what soxr makes of
    them.

    Args:
        graph: of the run.
        from_wav: the concrete function of the signature "wav_bytes".

    Returns:
        sample rate in Hz -> largest difference.
    """
    generator, differences = np.random.default_rng(1), {}
    clip_s = next(iter(graph.frontends.values())).clip_s
    for rate_hz in OTHER_RATES_HZ:
        if rate_hz == graph.rate_hz:
            continue
        noise = generator.uniform(-0.5, 0.5, round(1.5 * clip_s * rate_hz)).astype("float32")
        got = from_wav(**{WAV: tf.constant([float_wav(noise, rate_hz)])})
        wanted = _by_soxr(graph, noise, rate_hz)
        differences[rate_hz] = max(
            float(np.abs(got[name] - value).max())
            for name, value in wanted.items()
            if value.dtype == np.float32
        )
    return differences


def _by_soxr(graph: Graph, waveform: Array, from_hz: int) -> dict[str, Array]:
    """What a client is told of a waveform that soxr resamples."""

    def at_rate(waveform: Array, to_hz: int) -> Array:
        if from_hz == to_hz:
            return waveform
        return soxr.resample(waveform, from_hz, to_hz, quality="HQ")

    missing = np.full((1, len(graph.columns)), np.nan, "float32")
    return warmup.named(graph, warmup.reference(graph, [waveform], missing, at_rate))


def _numbers(home: Path) -> list[int]:
    """The versions of a model."""
    return [int(path.name) for path in home.iterdir() if path.name.isdecimal()]


def _require_free(path: Path) -> None:
    if path.exists():
        raise KerasfeatError(
            f"{path} exists, and no version is ever overwritten. Leave --version out for "
            "the next one."
        )


def _publish(building: Path, home: Path, version: int | None) -> Path:
    """Rename to the version, or to the next one: a server sees all of it or nothing."""
    target = home / str(version or max(_numbers(home), default=0) + 1)
    _require_free(target)
    return building.rename(target)
