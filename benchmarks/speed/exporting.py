"""An export as a server runs it, without network and JSON, beside `model.predict`."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from benchmarks.speed import data
from benchmarks.speed.measured import (
    Against,
    Measured,
    Parts,
    Point,
    Setting,
    alternate,
    command,
    kerasfeat,
)
from kerasfeat.arrays import Array
from kerasfeat.audio.windows import cut
from kerasfeat.inference.predict import Predictor
from kerasfeat.serving import alone
from kerasfeat.serving.alone.session import Session
from kerasfeat.serving.export import export
from kerasfeat.serving.graph import Graph

CLIP_S = 5
PREDICT = "windows, front-end, and `model.predict`"
COLD = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from session import Session
session = Session(sys.argv[2])
session.run({name: np.full(1, 0.5, "float32") for name in sys.argv[4:]}, [sys.argv[3]])
"""


class Served:
    """A version behind TensorFlow's C API."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._session = Session(path)
        meta_graph = meta_graph_pb2.MetaGraphDef.FromString(self._session.meta_graph)
        self.signatures = meta_graph.signature_def

    def run(self, name: str, inputs: Mapping[str, Array]) -> Array:
        """The probabilities of a signature."""
        signature = self.signatures[name]
        feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
        (values,) = self._session.run(feeds, [signature.outputs["probabilities"].name])
        return values


def keras_features(graph: Graph, table: Array) -> dict[str, Array]:
    """`model.predict` on table rows."""
    return graph.model.predict(graph.tabular(table), verbose=0)


def keras_audio(graph: Graph, waveforms: Array) -> dict[str, Array]:
    """Windows, front-ends, and `model.predict` on songs of one length."""
    inputs = {}
    for name, frontend in graph.frontends.items():
        clips = np.concatenate([cut(waveform, frontend.clip_samples) for waveform in waveforms])
        inputs[name] = frontend(tf.constant(clips)).numpy()
    return graph.model.predict(inputs, verbose=0)


def measure(setting: Setting) -> list[Measured]:
    """The rows."""
    data.use_cache(setting)
    runs = setting.work / "exported"
    heard = data.labelled(setting, data.clips(setting, setting.count(48, 16)), "exported")
    network = ["--inputs", "logmel", "--model", "convolutional", "--set", f"clip_s={CLIP_S}"]
    trained = {
        "audio": ["--data", heard, *network],
        "features": ["--data", data.table(setting, data.MOODS), "--model", "tabular"],
    }
    rows: list[Measured] = []
    for kind, words in trained.items():
        run = runs / kind
        command(kerasfeat("fit", "--task", "mood", *words, "--set", "epochs=1", "--out", run))
        graph = Graph(Predictor(run))
        served = Served(export(run, runs / "served", kind).path)
        rows += [_row(setting, kind, graph, served, *goal) for goal in ((1, 3.0), (32, 1.5))]
        if kind == "features":
            rows.append(_first_answer(setting, served))
    return rows


def _first_answer(setting: Setting, served: Served) -> Measured:
    signature = served.signatures["features"]
    inputs = [info.name for info in signature.inputs.values()]
    words = [Path(alone.__file__).parent, served.path, signature.outputs["probabilities"].name]
    start = ["-c", COLD, *words, *inputs]
    times = alternate({"ours": lambda: command(start)}, setting.repeats)
    return Measured("export, a new process until its first answer", "one row", times["ours"])


def _row(
    setting: Setting, kind: str, graph: Graph, served: Served, songs: int, goal: float
) -> Measured:
    calls = setting.count(30, 2)
    times = alternate(
        {
            "ours": partial(served.run, kind, _request(kind, graph, songs)),
            PREDICT: partial(_by_keras(kind), graph, _drawn(kind, graph, songs)),
        },
        calls,
    )
    what = f"of {CLIP_S} s" if kind == "audio" else "of features"
    number = {1: "one clip" if kind == "audio" else "one row"}.get(songs, f"a batch of {songs}")
    growth: tuple[Point, ...] = ()
    if songs > 1:
        growth = tuple(_point(kind, graph, served, size, calls) for size in (2, 8, 32))
    against = PREDICT if kind == "audio" else "`model.predict`"
    return Measured(
        f"export, {number} {what}",
        f"{calls} calls",
        times["ours"],
        (Against(against, times[PREDICT], least=goal),),
        bound=_bound(kind, graph, songs),
        unit="songs" if growth else "",
        growth=growth,
    )


def _by_keras(kind: str) -> Callable[[Graph, Array], dict[str, Array]]:
    return keras_audio if kind == "audio" else keras_features


def _drawn(kind: str, graph: Graph, songs: int) -> Array:
    """Waveforms [songs, samples], or rows [songs, columns]."""
    generator = np.random.default_rng(0)
    if kind == "audio":
        return generator.uniform(-0.5, 0.5, (songs, CLIP_S * graph.rate_hz)).astype("float32")
    return generator.uniform(0, 1, (songs, len(graph.columns))).astype("float32")


def _request(kind: str, graph: Graph, songs: int) -> dict[str, Array]:
    """The same as a client sends it."""
    drawn = _drawn(kind, graph, songs)
    if kind == "audio":
        length = np.full(songs, drawn.shape[1], "int32")
        return {"waveform": drawn, "waveform_length": length}
    return {column: drawn[:, place] for place, column in enumerate(graph.columns)}


def _point(kind: str, graph: Graph, served: Served, songs: int, calls: int) -> Point:
    """The median call with so many songs."""
    run = partial(served.run, kind, _request(kind, graph, songs))
    return Point(songs, median(alternate({"ours": run}, calls)["ours"]))


def _bound(kind: str, graph: Graph, songs: int) -> str:
    """What a call does beside the network."""
    parts, calls, drawn = Parts(), 10, _drawn(kind, graph, songs)
    (field,) = graph.model.input
    given = drawn
    if kind == "audio":
        (frontend,) = graph.frontends.values()
        traced = tf.function(frontend, autograph=False)
        given = traced(tf.constant(drawn)).numpy()
        for _ in range(calls):
            parts.time("front-end", lambda: traced(tf.constant(drawn)).numpy())
    network = tf.function(graph.model, autograph=False)
    inputs = {field: tf.constant(given)}
    network(inputs)
    for _ in range(calls):
        parts.time("network", lambda: [each.numpy() for each in network(inputs).values()])
    told = ", ".join(
        f"{name} {taken / calls * 1e3:.1f} ms" for name, taken in parts.seconds.items()
    )
    return f"alone, as one graph each, a call of it takes: {told}."
