"""What stands in a version's `assets/`: the schema that clients read, the label names, and a model
card for people.
"""

import json

from kerasfeat import __version__
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


def write(folder, predictor, graph, text, signatures, resampling, lite):
    """Write the assets into the folder `assets` of a version.

    Args:
        folder: the folder.
        predictor: a Predictor.
        graph: its Graph.
        text: of `schema`.
        signatures: their names.
        resampling: of `measure_resampling`.
        lite: a line for each LiteRT file.
    """
    (folder / SCHEMA).write_text(
        json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    (folder / OUTPUT_NAMES).write_text(
        "".join(f"{output}\n" for output in predictor.outputs), encoding="utf-8"
    )
    (folder / CARD).write_text(
        _card(predictor, graph, signatures, resampling, lite), encoding="utf-8"
    )


def _card(predictor, graph, signatures, resampling, lite):
    state = predictor.state
    metrics = json.loads((predictor.run / "metrics.json").read_text(encoding="utf-8"))
    lines = [f"# {state['task']}: {predictor.task.description}", ""]
    lines += [
        f"Answers: {', '.join(predictor.outputs)}.",
        f"Inputs: {', '.join(state['inputs'])}; trunk: {state['model']}.",
        "",
    ]
    lines += [
        "## Data",
        "",
        f"Trained on {state['data']} ({metrics['data']['source']}), "
        f"{metrics['data']['rows']} songs with train,",
    ]
    lines += [
        f"validation, and test parts of {metrics['split']['sizes']}, split by "
        f"{metrics['split']['strategy']}.",
        "",
    ]
    lines += ["## Scores on test songs", ""]
    for name, value in metrics["test"].items():
        if isinstance(value, float):
            low, high = metrics["test"]["ci95"].get(name) or (None, None)
            interval = "" if low is None else f" (95 % interval {low:.3f} to {high:.3f})"
            lines.append(f"- {name}: {value:.3f}{interval}")
    lines += ["", "## Use", "", f"Signatures: {', '.join(signatures)}.", ""]
    lines += (
        [f"- A song is the mean of its windows of {state['hyperparameters']['clip_s']} s."]
        if graph.frontends
        else []
    )
    lines += ["- Missing numbers are NaN."] if graph.columns else []
    if resampling:
        told = ", ".join(f"{hz} Hz: {apart:.2g}" for hz, apart in resampling.items())
        lines.append(
            "- `wav_bytes` resamples in the graph what has another rate. Its answers "
            "differ from those of `kerasfeat predict`, measured on "
            f"noise, by at most ({told})."
        )
    lines += [f"- {line}." for line in lite]
    lines += [
        "",
        f"kerasfeat {state['kerasfeat']}, "
        + ", ".join(f"{name} {number}" for name, number in state["versions"].items())
        + ".",
    ]
    return "\n".join(lines) + "\n"
