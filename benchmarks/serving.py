"""How fast an export answers beside the Keras model it was made of: latency, throughput, cold
start, and size on disk.

    python benchmarks/serving.py RUN [--repeats N]

RUN is a finished run on features and audio. It is exported to a temporary folder, which checks it
too. "export" runs the version through TensorFlow's C API as a server does, without the time of
network and JSON; "keras" is what `kerasfeat predict` does once a file is decoded: windows,
front-ends, `model.predict`, mean. Both take turns, repeat after repeat, after one to warm up. Cold
start is a new process that loads the version through the C API alone and answers its first request.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from kerasfeat.arrays import Array
from kerasfeat.audio.windows import cut
from kerasfeat.inference.predict import Predictor
from kerasfeat.pipeline.parallel import cores
from kerasfeat.serving import alone
from kerasfeat.serving.alone.session import Session
from kerasfeat.serving.export import export
from kerasfeat.serving.graph import Graph

CLIP_S = 30
COLD = """
import sys, time
start = time.perf_counter()
sys.path.insert(0, sys.argv[1])
import numpy as np
from session import Session
session = Session(sys.argv[2])
loaded = time.perf_counter()
session.run({name: np.full(1, 0.5, "float32") for name in sys.argv[4:]}, [sys.argv[3]])
print(loaded - start, time.perf_counter() - start)
"""


class Served:
    """A version behind the C API."""

    def __init__(self, path: Path) -> None:
        self._session = Session(path)
        meta_graph = meta_graph_pb2.MetaGraphDef.FromString(self._session.meta_graph)
        self.signatures = meta_graph.signature_def

    def run(self, name: str, inputs: Mapping[str, Array]) -> Array:
        """The probabilities, or the first target's values, of a signature."""
        signature = self.signatures[name]
        has_labels = "probabilities" in signature.outputs
        output = "probabilities" if has_labels else min(signature.outputs)
        feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
        (values,) = self._session.run(feeds, [signature.outputs[output].name])
        return values


def keras_features(graph: Graph, table: Array) -> dict[str, Array]:
    """`model.predict` on table rows."""
    rows = len(table)
    absent = {
        name: np.full((rows, *frontend.field.shape), np.nan, "float32")
        for name, frontend in graph.frontends.items()
    }
    return graph.model.predict({**graph.tabular(table), **absent}, batch_size=64, verbose=0)


def keras_audio(graph: Graph, waveforms: Array) -> dict[str, Array]:
    """Windows, front-ends, and `model.predict` on songs of one length."""
    inputs = {}
    for name, frontend in graph.frontends.items():
        clips = np.concatenate([cut(waveform, frontend.clip_samples) for waveform in waveforms])
        inputs[name] = frontend(tf.constant(clips)).numpy()
    windows = len(next(iter(inputs.values())))
    absent = graph.tabular(np.full((windows, len(graph.columns)), np.nan, "float32"))
    answers = graph.model.predict({**absent, **inputs}, batch_size=64, verbose=0)
    return {
        head: values.reshape(len(waveforms), -1, values.shape[-1]).mean(1)
        for head, values in answers.items()
    }


def measure(variants: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, Array]:
    """{name: seconds [repeats]}, all variants in turn."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    for repeat in range(repeats + 1):
        for name, run in variants.items():
            start = time.perf_counter()
            run()
            if repeat:
                times[name].append(time.perf_counter() - start)
    return {name: np.array(each) for name, each in times.items()}


@dataclass(frozen=True)
class ColdStart:
    """Seconds of a new process until it has loaded, and until its first answer."""

    loaded_s: float
    answered_s: float


def cold_start(version: Path, signature: Any) -> ColdStart:
    """How long a new process takes that answers a row of features."""
    output = next(iter(signature.outputs.values())).name
    inputs = [info.name for info in signature.inputs.values()]
    words = [str(Path(alone.__file__).parent), str(version), output, *inputs]
    command = [sys.executable, "-c", COLD, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return ColdStart(*map(float, done.stdout.split()))


def show(title: str, times: Mapping[str, Array], songs: int) -> None:
    """A line for each variant."""
    for name, seconds in times.items():
        p50, p99 = np.percentile(seconds, [50, 99]) * 1e3
        print(f"{title:<28}{name:<10}{p50:>10.1f}{p99:>10.1f}{songs / np.median(seconds):>12.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run")
    parser.add_argument("--repeats", type=int, default=50)
    arguments = parser.parse_args()
    graph, generator = Graph(Predictor(arguments.run)), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        version = export(arguments.run, folder, "measured").path
        served = Served(version)
        size = {
            part: sum(f.stat().st_size for f in version.glob(part)) / 2**20
            for part in ("saved_model.pb", "variables/*", "assets.extra/*")
        }
        print(
            f"\n{arguments.repeats} repeats, {cores()} cores; on disk: "
            + ", ".join(f"{p} {mib:.1f} MiB" for p, mib in size.items())
        )
        starts = [cold_start(version, served.signatures["features"]) for _ in range(5)]
        loaded_s = np.median([start.loaded_s for start in starts])
        answered_s = np.median([start.answered_s for start in starts])
        print(
            f"cold start, median of 5: loaded after {loaded_s:.2f} s, first answer after "
            f"{answered_s:.2f} s\n"
        )
        print(f"{'':<28}{'':<10}{'p50 ms':>10}{'p99 ms':>10}{'songs/s':>12}")
        for rows in (1, 32):
            table = generator.uniform(0, 1, (rows, len(graph.columns))).astype("float32")
            columns = {column: table[:, i] for i, column in enumerate(graph.columns)}
            variants: dict[str, Callable[[], object]] = {
                "export": partial(served.run, "features", columns),
                "keras": partial(keras_features, graph, table),
            }
            show(f"features, {rows} songs", measure(variants, arguments.repeats), rows)
        for rows in (1, 8):
            sound = generator.uniform(-0.5, 0.5, (rows, CLIP_S * graph.rate_hz)).astype("float32")
            length = np.full(rows, sound.shape[1], "int32")
            audio = {"waveform": sound, "waveform_length": length}
            variants = {
                "export": partial(served.run, "audio", audio),
                "keras": partial(keras_audio, graph, sound),
            }
            show(f"audio, {rows} clips of {CLIP_S} s", measure(variants, arguments.repeats), rows)


if __name__ == "__main__":
    main()
