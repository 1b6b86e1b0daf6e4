"""What stands in a version's `assets/`: the schema that clients read, the label names, and a model
card for people.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kerasfeat import __version__
from kerasfeat.evaluation.run_files import load_metrics
from kerasfeat.inference.predict import Predictor
from kerasfeat.serving import BATCH_SIZES
from kerasfeat.serving.graph import Graph
from kerasfeat.songs.schema import column_of

SCHEMA, OUTPUT_NAMES, CARD = "schema.json", "labels.txt", "model_card.md"


def schema(predictor: Predictor, graph: Graph) -> str:
    """What a client needs to ask and to understand the answers: JSON text, also the answer of the
    signature "schema".
    """
    columns = [column_of(name) for name in graph.columns]
    return json.dumps(
        {
            "task": predictor.task.name,
            **predictor.target.to_json(),
            "outputs": predictor.outputs,
            "columns": [
                {"name": c.name, "unit": c.unit, "low": c.low, "high": c.high, "whole": c.whole}
                for c in columns
            ],
            "percent": predictor.percent,
            "sample_rate_hz": graph.rate_hz,
            "clip_s": predictor.state["hyperparameters"]["clip_s"] if graph.frontends else None,
            "alone": list(graph.alone),
            "max_batch_size": BATCH_SIZES[-1],
            "fields": predictor.state["fields"],
            "kerasfeat": __version__,
        },
        ensure_ascii=False,
    )


def write(
    folder: Path,
    predictor: Predictor,
    graph: Graph,
    *,
    schema: str,
    signatures: Sequence[str] = (),
    resampling: Mapping[int, float] = MappingProxyType({}),
    files: Sequence[str] = (),
) -> None:
    """Write what stands beside an exported model.

    Args:
        folder: `assets` of a version, or the folder of the files.
        predictor: of the run.
        graph: of the run.
        schema: text of the function of this name.
        signatures: names of a version's.
        resampling: sample rate in Hz -> how far answers lie from those of `kerasfeat predict`.
        files: a line for each LiteRT or ONNX file.
    """
    indented = json.dumps(json.loads(schema), ensure_ascii=False, indent=2)
    labels = "".join(f"{output}\n" for output in predictor.outputs)
    lines = [
        *origin(predictor),
        *scores(predictor),
        *_use(predictor, graph, signatures),
        *_limits(resampling, files),
        *versions(predictor.state),
    ]
    (folder / SCHEMA).write_text(f"{indented}\n", encoding="utf-8")
    (folder / OUTPUT_NAMES).write_text(labels, encoding="utf-8")
    (folder / CARD).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _metrics(predictor: Predictor) -> dict[str, Any]:
    return load_metrics(predictor.run.path, predictor.target)


def origin(predictor: Predictor) -> list[str]:
    """The lines on what was learnt of which songs."""
    state, metrics = predictor.state, _metrics(predictor)
    data, split = metrics["data"], metrics["split"]
    songs = Path(state["data"]).name if state["data"] else "songs"
    return [
        f"# {state['task']}: {predictor.task.description}",
        "",
        f"Answers: {', '.join(predictor.outputs)}.",
        f"Inputs: {', '.join(state['inputs'])}; trunk: {state['model']}.",
        "",
        "## Data",
        "",
        f"Trained on {songs} ({data['source']}), {data['rows']} songs with train,",
        f"validation, and test parts of {split['sizes']}, split by {split['strategy']}.",
        "",
        *(f"**{caution}**\n" for caution in predictor.cautions),
    ]


def scores(predictor: Predictor) -> list[str]:
    """The lines on the test scores."""
    test = _metrics(predictor)["test"]
    lines = ["## Scores on test songs", ""]
    for name, value in test.items():
        if isinstance(value, float):
            low, high = test["ci95"].get(name) or (None, None)
            interval = "" if low is None else f" (95 % interval {low:.3f} to {high:.3f})"
            lines.append(f"- {name}: {value:.3f}{interval}")
    return lines


def _use(predictor: Predictor, graph: Graph, signatures: Sequence[str]) -> list[str]:
    lines = ["", "## Use", ""]
    if signatures:
        lines += [f"Signatures: {', '.join(signatures)}.", ""]
    if graph.frontends:
        clip_s = predictor.state["hyperparameters"]["clip_s"]
        lines.append(f"- A song is the mean of its windows of {clip_s} s.")
    if graph.columns:
        lines.append("- Missing numbers are NaN.")
    return lines


def _limits(resampling: Mapping[int, float], files: Sequence[str]) -> list[str]:
    lines = []
    if resampling:
        differences = ", ".join(f"{hz} Hz: {apart:.2g}" for hz, apart in resampling.items())
        lines.append(
            "- `wav_bytes` resamples in the graph what has another rate. Its answers "
            "differ from those of `kerasfeat predict`, measured on "
            f"noise, by at most ({differences})."
        )
    return lines + [f"- {line}." for line in files]


def versions(state: dict[str, Any]) -> list[str]:
    """The lines on the versions of what it was made with."""
    others = ", ".join(f"{name} {number}" for name, number in state["versions"].items())
    return ["", f"kerasfeat {state['kerasfeat']}, {others}."]
