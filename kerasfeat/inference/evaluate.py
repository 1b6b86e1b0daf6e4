"""A finished run scored on labelled songs that it was not trained on."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.evaluation import bootstrap
from kerasfeat.experiment.dataset import say_failures
from kerasfeat.experiment.seen import heard, seen
from kerasfeat.inference.predict import Predictor
from kerasfeat.progress import say
from kerasfeat.songs import splits
from kerasfeat.songs.labels import respelled
from kerasfeat.songs.loading import Songs, with_target
from kerasfeat.songs.problems import DROPPED, describe
from kerasfeat.targets.reading import label_column
from kerasfeat.tasks import Task

SHOWN = 10  # labels that the model does not know


def evaluate(
    path: Path | str, data: Path | str | pd.DataFrame | Songs, label: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Score the run at `path` on the songs of `data`.

    Songs and artists that the model was trained on are left out, and counted: a score on them says
    nothing. Of several numbers that the model predicts, those are scored that the table has.

    Args:
        path: directory of the run.
        data: a table or a folder; a DataFrame; or what `load_songs` gave.
        label: the table's column that holds the label; None for the one that the model learned
            from, or where the table lacks it, for the task's own.

    Returns:
        (run.json, {"data": rows used and left out, "resampled" and "units": of `bootstrap.units`,
        "test": metrics with ci95, "baselines": {}}).

    Raises:
        KerasfeatError: if no song is left.
    """
    predictor = Predictor(path)
    given = predictor.load(data)
    task = _with_values(predictor, given)
    table = with_target(given, task, _label_column(predictor, given) if label is None else label)
    for line in describe(table.problems):
        say(f"data: {line}")
    dropped = Counter(problem.message for problem in table.problems if problem.effect == DROPPED)
    count_all = len(table.frame) + sum(dropped.values())
    songs = _new_and_known(predictor, task, table, dropped)
    used, values = _predicted(predictor, songs, dropped)
    for reason, count in dropped.items():
        say(f"{count} of {count_all} songs left out: {reason}")
    if used.empty:
        raise KerasfeatError(f"no song of {table.path} is left to score the model with.")
    target = task.target
    values = values[:, [predictor.outputs.index(output) for output in target.outputs]]
    facts = {"rows": len(used), "dropped": dict(dropped), "source": table.source}
    unit, resampled = bootstrap.units(used)
    test = bootstrap.with_intervals(target, target.encode(used), target.from_unit(values), unit)
    return predictor.state, {"data": facts, **resampled, "test": test, "baselines": {}}


def _new_and_known(
    predictor: Predictor, task: Task, table: Songs, dropped: Counter[str]
) -> pd.DataFrame:
    """The songs that the model was not trained on, with a truth that it knows; the others are
    counted in `dropped`.
    """
    target = task.target
    songs = table.frame.assign(group=splits.groups(table.frame)[0])
    trained = seen(songs, predictor.run, table)
    if trained.any():
        dropped["the model was trained on the song or its artist"] = int(trained.sum())
        songs = songs[~trained]
    if target.has_labels:
        spelt = {name: respelled(songs[name], target.outputs) for name in target.columns}
        songs = songs.assign(**spelt)
    strange = ~target.knows(songs)
    if strange.any():
        unknown = songs.loc[strange, target.columns[0]].value_counts().index
        named = ", ".join(map(repr, unknown[:SHOWN]))
        more = f", and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        dropped[f"a {task.name} that the model doesn't know: {named}{more}"] = int(strange.sum())
        songs = songs[~strange]
    uncounted = target.uncounted(songs)
    if uncounted:
        say(
            f"{len(uncounted)} {task.name} that the model doesn't know don't count: "
            f"{', '.join(uncounted[:SHOWN])}"
        )
    return songs.reset_index(drop=True)


def _label_column(predictor: Predictor, table: Songs) -> str | None:
    """The column that the model learned from, where the table has it; None for the task's own."""
    learned, name = predictor.spec.label, predictor.task.name
    if learned is None:
        return None
    own = predictor.target.columns[0]
    found = label_column(table.rows, learned)
    if found is None:
        if own in table.frame:
            say(
                f"{table.path} has no column {learned!r}, which the model learned from as its "
                f"{name}: its column {own!r} is scored"
            )
        return None
    if found != own:
        say(f"scored is the column {learned!r}, which the model learned from as its {name}")
    return learned


def _with_values(predictor: Predictor, table: Songs) -> Task:
    """The run's task with those of its targets that the table has values of; with all, where it has
    none.
    """
    task = predictor.task
    if len(task.target.columns) == 1:
        return task
    there = table.known(task.target.columns)
    absent = [column for column in task.target.columns if column not in there]
    if not there or not absent:
        return task
    values = ", ".join(absent)
    say(f"{table.path} has no values of {values}, which the model predicts too: not scored")
    return replace(task, target=task.target.only(there))


def _predicted(
    predictor: Predictor, songs: pd.DataFrame, dropped: Counter[str]
) -> tuple[pd.DataFrame, Array]:
    """(Songs that can be predicted and whose audio is new to the model, their predictions); the
    others are counted in `dropped`.
    """
    if songs.empty:
        return songs, np.empty((0, len(predictor.outputs)))
    predictions = predictor.predict(songs)
    say_failures(songs, predictions.failures)
    if len(predictions.frame) < len(songs):
        dropped["no input that can be used"] = len(songs) - len(predictions.frame)
    if not predictions.keys:
        return predictions.frame, predictions.values
    known = heard(predictor.run, predictions.keys)
    if known.any():
        dropped["the model was trained on the same audio under another name"] = int(known.sum())
    return predictions.frame[~known], predictions.values[~known]
