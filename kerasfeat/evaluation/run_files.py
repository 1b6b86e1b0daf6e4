"""The files of a run, read in one place: one that is missing or damaged is named, with what can
still be done.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pandas as pd

from kerasfeat import files
from kerasfeat.evaluation.score_table import score_table
from kerasfeat.evaluation.summary import verdict
from kerasfeat.targets import Target, of_run

RUN, METRICS, SPLITS = "run.json", "metrics.json", "splits.csv"
# The part in splits.csv of songs that only a run that this one is made of has learnt.
EARLIER = "earlier"
# What the file of a run is needed for, and what goes on without it.
WITHOUT = {
    RUN: "No command can use the run without it.",
    METRICS: "`kerasfeat predict` and `compare` still work.",
    SPLITS: "`kerasfeat predict`, `export`, and `evaluate` without --data still work.",
    "predictions.csv": "`kerasfeat predict`, `export`, and `evaluate` still work.",
    "model.keras": "`kerasfeat compare`, and `evaluate` without --data, still work.",
}
# What run.json holds of a finished run, of those that commands read.
KEYS = {
    **dict.fromkeys(("config", "hyperparameters", "weights", "versions"), dict),
    **dict.fromkeys(("inputs", "columns", "fields", "targets", "labels", "edges"), list),
    **dict.fromkeys(("status", "task", "recipe", "model", "kind", "kerasfeat"), str),
}


def damage_told(path: Path) -> AbstractContextManager[None]:
    """Whatever reading a file of a run, and what it holds, raises within a block, as one message;
    see kerasfeat.files.damage_told.
    """
    without = WITHOUT.get(path.name, "The other commands still work.")
    return files.damage_told(
        path,
        f"{without} Take it from a copy of the run, or train again with the command in run.json "
        "and another --out.",
    )


def load_json(run_dir: Path, name: str) -> dict[str, Any]:
    """The JSON file called `name` of a run directory.

    Raises:
        KerasfeatError: it is not there, or damaged.
    """
    path = Path(run_dir) / name
    with damage_told(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise TypeError(f"it holds a {type(content).__name__}")
    return content


def load_run(run_dir: Path, needed: Iterable[str] = KEYS) -> dict[str, Any]:
    """run.json of a finished run.

    Args:
        run_dir: of the run.
        needed: those of KEYS that must be there.

    Raises:
        KerasfeatError: it is not there, damaged, or lacks something.
    """
    state, path = load_json(run_dir, RUN), Path(run_dir) / RUN
    with damage_told(path):
        for key in needed:
            kind = KEYS[key]
            if not isinstance(state.get(key), kind):
                found = type(state[key]).__name__ if key in state else "not there"
                raise TypeError(f"{key!r} is {found}, where a {kind.__name__} belongs")
        of_run(state)
        for field in state.get("fields", ()):
            _ = field["name"], field["columns"]
    return state


def load_metrics(run_dir: Path, target: Target) -> dict[str, Any]:
    """metrics.json of a finished run.

    Raises:
        KerasfeatError: it is not there, damaged, or lacks something.
    """
    metrics = load_json(run_dir, METRICS)
    with damage_told(Path(run_dir) / METRICS):
        score_table(metrics, target.shown_metrics)
        verdict(target, metrics)
        _ = metrics["split"]["sizes"]["test"], metrics["split"]["strategy"]
        _ = int(metrics["data"]["rows"]), metrics["data"]["source"] + metrics["resampled"]
        _ = int(metrics["units"])
    return metrics


def load_splits(run_dir: Path, needed: Sequence[str] = ()) -> pd.DataFrame:
    """splits.csv of a finished run as text, None where there is nothing.

    Args:
        run_dir: of the run.
        needed: columns beside `track_id`.

    Raises:
        KerasfeatError: it is not there, damaged, or empty.
    """
    path = Path(run_dir) / SPLITS
    with damage_told(path):
        # An artist may be called "None".
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        lacking = {"track_id", *needed} - set(table)
        if lacking or table.empty:
            raise ValueError(f"it has no {', '.join(sorted(lacking)) or 'songs'}")
        parts = ("train", "validation", "test", EARLIER)
        if "part" in needed and not table["part"].isin(parts).all():
            raise ValueError(f"it has other parts than {', '.join(parts)}")
    return table
