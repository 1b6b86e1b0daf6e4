"""What a search found so far: trials.csv after every trial, and TensorBoard's HParams."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from keras_tuner.engine.trial import Trial
from tensorboard.plugins.hparams import api

from kerasfeat.files import damage_told, write_text
from kerasfeat.progress import say
from tuning.durable import Durable
from tuning.plan import Plan
from tuning.trials import RESULT

Row: TypeAlias = dict[str, Any]  # a line of trials.csv

OUT_OF_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)


def reason(error: Exception) -> str:
    """Why a trial failed, in one sentence."""
    text = str(error).split(". ")[0].splitlines()
    first = text[0].rstrip(".") if text else type(error).__name__
    return f"out of memory: {first}." if isinstance(error, OUT_OF_MEMORY) else f"{first}."


def result_of(folder: Path, trial: str) -> dict[str, Any]:
    """What a trial came to, as Trainer.run gives it, or its reason; empty before its end.

    Args:
        folder: the search's directory.
        trial: its id.
    """
    path = folder / f"trial_{trial}" / RESULT
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def rows(oracle: Durable, plan: Plan, folder: Path) -> list[Row]:
    """A row for each trial that has ended, in the order of their ends, with all its values."""
    table = []
    for name in oracle.end_order:
        with damage_told(
            folder / f"trial_{name}" / RESULT, f"Remove {folder}, and the search begins anew."
        ):
            table.append(_row(oracle.trials[name], plan, folder))
    return table


def _row(trial: Trial, plan: Plan, folder: Path) -> Row:
    result = result_of(folder, trial.trial_id)
    completed = trial.status == "COMPLETED"
    low, high = result["interval"] if completed else (None, None)
    repeats = result["values"] if completed else []
    values = trial.hyperparameters.values
    row = {
        "trial": trial.trial_id,
        "status": trial.status,
        plan.objective: result.get("value"),
        "low": low,
        "high": high,
        "deviation": float(np.std(repeats, ddof=1)) if len(repeats) > 1 else None,
        "epochs": result["epochs"][""] if completed else None,
        "seconds": result.get("seconds"),
        "reason": None if completed else result.get("reason") or trial.message,
        **{name: values[name] for name in plan.space},
    }
    if plan.tuner == "hyperband":
        row |= {"budget": values["tuner/epochs"], "after": values.get("tuner/trial_id")}
    return row


def best(rows: Sequence[Row], plan: Plan, count: int = 1) -> list[Row]:
    """The best completed trials, best first."""
    sign = 1 if plan.direction == "min" else -1
    done = [row for row in rows if row["status"] == "COMPLETED"]
    return sorted(done, key=lambda row: sign * row[plan.objective])[:count]


def record(oracle: Durable, plan: Plan, folder: Path, trial: Trial) -> None:
    """Write trials.csv and the trial's HParams, and say how it went.

    Args:
        oracle: of the search.
        plan: of the search.
        folder: the search's directory.
        trial: that has just ended.
    """
    table = rows(oracle, plan, folder)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    write_text(folder / "trials.csv", text.getvalue())
    _say_how_it_went(table, plan)
    if table[-1]["status"] == "COMPLETED":
        _write_hparams(table[-1], plan, folder / "tensorboard" / trial.trial_id)


def _say_how_it_went(table: Sequence[Row], plan: Plan) -> None:
    """A line about the last row."""
    row, objective = table[-1], plan.objective
    of = f" of {plan.max_trials}" if plan.max_trials else ""
    title = f"trial {row['trial']} ({len(table)}{of})"
    if row["status"] != "COMPLETED":
        say(f"{title} failed: {row['reason']}")
        return
    (top,) = best(table, plan)
    say(
        f"{title}: {objective} {row[objective]:.4f} [{row['low']:.4f}, {row['high']:.4f}] "
        f"in {row['seconds']:.0f} s; best {top[objective]:.4f} (trial {top['trial']})"
    )


def _write_hparams(row: Row, plan: Plan, folder: Path) -> None:
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step=0):
        api.hparams({name: row[name] for name in plan.space}, trial_id=row["trial"])
        tf.summary.scalar(f"search/{plan.objective}", row[plan.objective])
    writer.close()
