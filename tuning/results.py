"""What a search found: trials.csv after every trial, TensorBoard's HParams, and best.json."""

import csv
import io
import json

import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api

from kerasfeat.files import write_json, write_text
from kerasfeat.progress import say
from tuning.trials import RESULT

OUT_OF_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)


def reason(error):
    """Why a trial failed, in one sentence."""
    text = str(error).split(". ")[0].splitlines()
    first = text[0].rstrip(".") if text else type(error).__name__
    return f"out of memory: {first}." if isinstance(error, OUT_OF_MEMORY) else f"{first}."


def rows(oracle, plan, folder):
    """A dict for each trial that has ended, in the order of their ends, with all its values."""
    return [_row(oracle.trials[name], plan, folder) for name in oracle.end_order]


def _row(trial, plan, folder):
    path = folder / f"trial_{trial.trial_id}" / RESULT
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    completed = trial.status == "COMPLETED"
    low, high = found["interval"] if completed else (None, None)
    values = trial.hyperparameters.values
    row = {
        "trial": trial.trial_id,
        "status": trial.status,
        plan.objective: found.get("value"),
        "low": low,
        "high": high,
        "deviation": float(np.std(found["values"], ddof=1))
        if completed and len(found["values"]) > 1
        else None,
        "epochs": found["epochs"][""] if completed else None,
        "seconds": found.get("seconds"),
        "reason": None if completed else found.get("reason") or trial.message,
        **{name: values[name] for name in plan.space},
    }
    if plan.tuner == "hyperband":
        row |= {"budget": values["tuner/epochs"], "after": values.get("tuner/trial_id")}
    return row


def best(rows, plan, count=1):
    """The best completed trials, best first."""
    sign = 1 if plan.direction == "min" else -1
    return sorted(
        (row for row in rows if row["status"] == "COMPLETED"),
        key=lambda row: sign * row[plan.objective],
    )[:count]


def record(oracle, plan, folder, trial):
    """Write trials.csv and the trial's HParams, and say how it went."""
    table = rows(oracle, plan, folder)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    write_text(folder / "trials.csv", text.getvalue())
    row = table[-1]
    of = f" of {plan.max_trials}" if plan.max_trials else ""
    title = f"trial {row['trial']} ({len(table)}{of})"
    if row["status"] != "COMPLETED":
        say(f"{title} failed: {row['reason']}")
        return
    top = best(table, plan)[0]
    say(
        f"{title}: {plan.objective} {row[plan.objective]:.4f} [{row['low']:.4f}, "
        f"{row['high']:.4f}] in {row['seconds']:.0f} s; "
        f"best {top[plan.objective]:.4f} (trial {top['trial']})"
    )
    writer = tf.summary.create_file_writer(str(folder / "tensorboard" / trial.trial_id))
    with writer.as_default(step=0):
        api.hparams({name: row[name] for name in plan.space}, trial_id=trial.trial_id)
        tf.summary.scalar(f"search/{plan.objective}", row[plan.objective])
    writer.close()


def write_best(search, hyperparameters):
    """best.json, which `fit --hyperparameters` takes; returns the epochs of each of its stages."""
    plan = search.plan
    (row,) = best(search.rows, plan)
    epochs = json.loads(
        (search.folder / f"trial_{row['trial']}" / RESULT).read_text(encoding="utf-8")
    )["epochs"]
    write_json(
        search.folder / "best.json",
        {
            "task": plan.task.name,
            "recipe": plan.settings.recipe,
            "model": plan.trunk.name,
            "inputs": list(plan.names),
            "hyperparameters": hyperparameters.to_json(),
            "trial": row["trial"],
            "objective": plan.objective,
            "value": row[plan.objective],
            "interval": [row["low"], row["high"]],
            "epochs": epochs,
            "trials": len(search.rows),
        },
    )
    return epochs
