"""A finished run scored on labelled songs that it was not trained on."""

from collections import Counter

import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.data import splits, tracks
from kerasfeat.data.problems import DROPPED, describe
from kerasfeat.progress import say
from kerasfeat.tasks import CLASSES
from kerasfeat.training import results
from kerasfeat.training.predicting import Predictor


def evaluate(path, data, label=None):
    """Score the run at `path` on the table `data`.

    Songs and artists that the model was trained on are left out, and counted: a score on them says nothing.

    Returns:
        (run.json, {"data": rows used and left out, "test": metrics with ci95, "baselines": {}}).

    Raises:
        KerasfeatError: if no song is left.
    """
    predictor = Predictor(path)
    task = predictor.task
    table = tracks.load(data, label=label, task=task)
    for line in describe(table.problems):
        say(f"data: {line}")
    frame, dropped = table.frame, Counter(problem.message for problem in table.problems if problem.effect == DROPPED)
    known = seen(frame, predictor.run)
    if known.any():
        dropped["the model was trained on the song or its artist"] = int(known.sum())
        frame = frame[~known]
    if task.kind == CLASSES:
        strange = ~frame[task.name].isin(predictor.labels)
        if strange.any():
            dropped[f"a {task.name} that the model doesn't know"] = int(strange.sum())
            frame = frame[~strange]
    frame = frame.reset_index(drop=True)
    predictions = predictor.predict(frame) if len(frame) else None
    used = 0 if predictions is None else len(predictions.frame)
    if used < len(frame):
        dropped["no input that can be used"] = len(frame) - used
    for reason, count in dropped.items():
        say(f"{count} of {len(table.frame)} songs left out: {reason}")
    if not used:
        raise KerasfeatError(f"no song of {table.path} is left to score the model on.")
    data = {"rows": used, "dropped": dict(dropped), "source": table.source}
    return predictor.state, {"data": data, "test": _scores(task, predictor.labels, predictions), "baselines": {}}


def _scores(task, labels, predictions):
    frame, values = predictions.frame, predictions.values
    if task.kind == CLASSES:
        return results.with_intervals(task, labels, frame[task.name].map(labels.index).to_numpy(), values)
    return results.with_intervals(task, labels, frame[list(task.targets)].to_numpy("float64") / task.scale, values / task.scale)


def seen(frame, run):
    """[rows] whether the kept model's training or validation part has the song or its artist."""
    split = pd.read_csv(run / "splits.csv", dtype=str)
    last = split[split["fold"] == split["fold"].iloc[-1]]
    known = last[last["part"] != "test"]
    found = frame["track_id"].isin(known["track_id"].dropna())
    if "artist" in frame:
        found |= frame["artist"].map(splits.somebody).isin(known["artist"].map(splits.somebody).dropna())
    return found.to_numpy()
