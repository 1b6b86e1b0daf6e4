"""A version of a model for TensorFlow Serving: built under a hidden name, checked, and only then published by renaming."""

import os
import re
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import soxr
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.progress import say
from kerasfeat.serving import card, configs, warmup
from kerasfeat.serving.client import float_wav
from kerasfeat.serving.graph import WAV, Graph
from kerasfeat.serving.lite import convert, measure
from kerasfeat.serving.signatures import CLASSIFY, WAV_BYTES, save, signatures
from kerasfeat.serving.verify import verify
from kerasfeat.training.predicting import Predictor

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
CLASSIFY_METHOD = "tensorflow/serving/classify"
OTHER_RATES_HZ = (16_000, 22_050, 44_100, 48_000)


def export(run, exports, name, version=None, lite=()):
    """Write a finished run as a version of a model.

    Args:
        run: its directory.
        exports: the folder of all models.
        name: of the model.
        version: whole number; None for the one after the highest.
        lite: kinds of LiteRT files to write too (kerasfeat.serving.lite.KINDS).

    Returns:
        (folder of the version, what `verify` found, a line for each LiteRT file).

    Raises:
        KerasfeatError: the run or the name can't be used, the version exists, or the export answers otherwise than the Keras model.
    """
    if not NAME.fullmatch(name):
        raise KerasfeatError(f"{name!r} can't be a model's name: use letters, digits, '_', '-', and '.', such as mood.")
    if name in configs.FILES:
        raise KerasfeatError(f"{name!r} can't be a model's name: a file of the server is called so. Choose another, such as mood.")
    home = Path(exports) / name
    if version is not None:
        _free(home / str(version))
    predictor = Predictor(run)
    building = home / f".building-{os.getpid()}"
    try:
        building.mkdir(parents=True)
        graph = Graph(predictor)
        small = _build(predictor, graph, building, lite)
        say("checking the export in a process without Keras and kerasfeat")
        found = verify(building)
        published = _publish(building, home, version)
    except OSError as error:
        raise KerasfeatError(f"can't write {home}: {error.strerror or error}. Free space or choose another folder.") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
        with suppress(OSError):
            home.rmdir()  # refused where it holds a version
    configs.write(exports, name, max(_numbers(home)))
    return published, found, small


def _build(predictor, graph, folder, lite):
    """The SavedModel with its assets and warm-up requests; returns a line for each LiteRT file."""
    text = card.schema(predictor, graph)
    functions = signatures(graph, text)
    save(functions, folder)
    if CLASSIFY in functions:
        updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(str(folder))
        updater.replace_method_name(signature_key=CLASSIFY, method_name=CLASSIFY_METHOD, tags="serve")
        updater.save()
    resampling = measure_resampling(graph, functions[WAV_BYTES]) if WAV_BYTES in functions else {}
    (folder / "assets").mkdir(exist_ok=True)
    small = [_lite(predictor, graph, folder / "assets", kind) for kind in lite]
    card.write(folder / "assets", predictor, graph, text, sorted(functions), resampling, small)
    (folder / "assets.extra").mkdir()
    with tf.io.TFRecordWriter(str(folder / "assets.extra" / "tf_serving_warmup_requests")) as writer:
        for record in warmup.records(graph, functions, text):
            writer.write(record.SerializeToString())
    return small


def _lite(predictor, graph, folder, kind):
    """Write a LiteRT file; returns its size and scores in words."""
    say(f"converting to LiteRT, {kind}")
    content = convert(graph, kind)
    path = folder / f"model_{kind}.tflite"
    path.write_bytes(content)
    score = predictor.target.song_metric.replace("_", " ")
    scores = [
        f"{signature}: {score} {small:.3f} beside {keras:.3f} on {songs} test songs, answers differ by at most {apart:.2g}"
        for signature, (songs, keras, small, apart) in measure(predictor, graph, content).items()
    ]
    return "; ".join([f"{path.name}, {len(content) / 2**20:.2f} MiB", *scores])


def measure_resampling(graph, from_wav):
    """How far the answers to WAV files of usual other rates lie from those to what soxr makes of them: {rate in Hz: difference}."""
    generator, found = np.random.default_rng(1), {}
    frontend = next(iter(graph.frontends.values()))
    for rate_hz in OTHER_RATES_HZ:
        if rate_hz == graph.rate_hz:
            continue
        noise = generator.uniform(-0.5, 0.5, round(1.5 * frontend.clip_s * rate_hz)).astype("float32")
        got = from_wav(**{WAV: tf.constant([float_wav(noise, rate_hz)])})
        missing = np.full((1, len(graph.columns)), np.nan, "float32")
        at_rate = partial(_soxr, rate_hz)
        wanted = warmup.named(graph, warmup.reference(graph, [noise], missing, at_rate))
        found[rate_hz] = max(float(np.abs(got[name] - value).max()) for name, value in wanted.items() if value.dtype == np.float32)
    return found


def _soxr(from_hz, waveform, to_hz):
    return waveform if from_hz == to_hz else soxr.resample(waveform, from_hz, to_hz, quality="HQ")


def _numbers(home):
    """The versions of a model."""
    return [int(path.name) for path in home.iterdir() if path.name.isdecimal()]


def _free(path):
    if path.exists():
        raise KerasfeatError(f"{path} exists, and no version is ever overwritten. Leave --version out for the next one.")


def _publish(building, home, version):
    """Rename to the version, or to the next one: a server sees all of it or nothing."""
    while True:
        target = home / str(version or max(_numbers(home), default=0) + 1)
        _free(target)
        try:
            return building.rename(target)
        except OSError:
            # Another export has just taken the number.
            if version is not None or not target.exists():
                raise
