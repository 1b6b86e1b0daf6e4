"""A run as a model folder of the Hugging Face Hub: what answers need, and a card with metadata.

The names of songs stay at home: tables of predictions and splits are not copied.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.run_files import METRICS, RUN
from kerasfeat.files import disk_told, expanded, write_json, write_text
from kerasfeat.inference.predict import Predictor
from kerasfeat.serving.card import origin, scores, versions

MODEL = "model.keras"
FILES = (RUN, METRICS, MODEL)
PRIVATE = ("command", "audio_failures", "data_problems")


def write_hub_folder(run: Path | str, folder: Path | str) -> Path:
    """Write a finished run as a folder that `kerasfeat.load_run` and the hub take.

    Raises:
        KerasfeatError: the run can't be used, or the folder holds something.
    """
    folder = expanded(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KerasfeatError(f"{folder} holds something. Name a new or an empty folder.")
    predictor = Predictor(run)
    with disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in (METRICS, MODEL):
            shutil.copyfile(predictor.run / name, folder / name)
        write_json(folder / RUN, _shared(predictor.state))
        write_text(folder / "README.md", _card(predictor))
    return folder


def _shared(state: dict[str, Any]) -> dict[str, Any]:
    """run.json without the names of folders and files of this machine."""
    kept = {name: value for name, value in state.items() if name not in PRIVATE}
    data = Path(state["data"]).name if state["data"] else None
    config = {**state["config"], "data": data, "reused": [], "combined": []}
    return {**kept, "data": data, "reused": [], "config": config}


def _card(predictor: Predictor) -> str:
    """README.md: metadata in YAML, which JSON is too, and the model card."""
    state = predictor.state
    hears = bool(predictor.frontends)
    kind = "classification" if predictor.target.has_labels else "regression"
    metadata = {
        "library_name": "kerasfeat",
        "pipeline_tag": "audio-classification" if hears else f"tabular-{kind}",
        "tags": ["music", "keras", "kerasfeat", state["task"]],
    }
    lines = [f"{name}: {json.dumps(value)}" for name, value in metadata.items()]
    use = [
        "",
        "## Use",
        "",
        "    import kerasfeat as kf",
        "",
        '    run = kf.load_run("hf://OWNER/NAME")  # or this folder',
        '    run.predict(["song.mp3"])' if hears else '    run.predict("songs.csv")',
    ]
    body = [*origin(predictor), *scores(predictor), *use, *versions(state)]
    return "\n".join(["---", *lines, "---", "", *body]) + "\n"
