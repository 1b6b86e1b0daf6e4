"""A model as files for other programs than a server: LiteRT or ONNX, with the schema, the label
names, and the model card.
"""

import shutil
import tempfile
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.choices import FLOAT32, ONNX
from kerasfeat.files import disk_told, expanded
from kerasfeat.inference.predict import Predictor
from kerasfeat.progress import say
from kerasfeat.serving import card, lite, onnx
from kerasfeat.serving.export import require_name
from kerasfeat.serving.graph import Graph

# What the score of single songs is called beside a LiteRT file.
SONG_METRICS = {"accuracy": "accuracy", "log_loss": "log loss", "mae": "mean absolute error"}


def export_files(
    run: Path | str, exports: Path | str, name: str, form: str, weights: str = FLOAT32
) -> Path:
    """Write a finished run as the files of a folder.

    Args:
        run: its directory.
        exports: where the folder goes.
        name: of the folder.
        form: "litert" or "onnx".
        weights: one of kerasfeat.choices.WEIGHTS; ONNX has the first alone.

    Returns:
        The folder.

    Raises:
        KerasfeatError: the folder exists, the run or the name can't be used, or the form can't hold
            the model.
    """
    require_name(name)
    exports = expanded(exports)
    target = exports / name
    if target.exists():
        raise KerasfeatError(f"{target} exists, and is never overwritten. Choose another --name.")
    if form == ONNX and weights != FLOAT32:
        raise KerasfeatError(f"ONNX export supports only {FLOAT32} weights, not {weights}.")
    predictor = Predictor(run)
    graph = Graph(predictor)
    schema = card.schema(predictor, graph)
    if form == ONNX:
        say("converting to ONNX")
        contents = {f"{key}.onnx": file for key, file in onnx.convert(graph, schema).items()}
        lines = [f"{file}, {_size(content)}" for file, content in contents.items()]
    else:
        say(f"converting to LiteRT, {weights}")
        contents = {f"model_{weights}.tflite": lite.convert(graph, weights)}
        lines = [_measured(predictor, graph, *file) for file in contents.items()]
    with disk_told(target):
        exports.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=exports))
        try:
            for file, content in contents.items():
                (building / file).write_bytes(content)
            card.write(building, predictor, graph, schema=schema, files=lines)
            building.chmod(0o755)  # mkdtemp makes it for its owner alone
            building.rename(target)  # all of it or nothing
        finally:
            shutil.rmtree(building, ignore_errors=True)
    for line in lines:
        say(line)
    return target


def _size(content: bytes) -> str:
    return f"{len(content) / 2**20:.2f} MiB"


def _measured(predictor: Predictor, graph: Graph, name: str, content: bytes) -> str:
    """A LiteRT file's size and scores in words."""
    score = SONG_METRICS[predictor.target.song_metric]
    scores = [
        f"{signature}: {score} {measured.lite_score:.3f} beside {measured.keras_score:.3f} on "
        f"{measured.songs} test songs, answers differ by at most {measured.difference:.2g}"
        for signature, measured in lite.measure(predictor, graph, content).items()
    ]
    return "; ".join([f"{name}, {_size(content)}", *scores])
