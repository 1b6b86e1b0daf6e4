"""The column that a task learns from: by its own name or by --label."""

from collections import Counter

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.data import repeats, schema, values
from kerasfeat.data.labels import one_spelling
from kerasfeat.data.problems import DROPPED, ERROR, NOTE, Problem
from kerasfeat.registry import unknown
from kerasfeat.tasks import LABELS, VALUES, Task

FEWEST_SONGS = 10  # of a label: with fewer it can be neither learnt nor scored
SHOWN_LABELS = 10


def with_targets(
    frame: pd.DataFrame, lines: np.ndarray, task: Task, label: str | None, names: dict[str, str]
) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
    """The songs that have a target of the task.

    Args:
        frame: a tracks table under canonical names.
        lines: [rows] lines in the file.
        task: a kerasfeat.tasks.Task.
        label: the column that holds the class, or the labels, where it isn't the task's own.
        names: canonical column -> name in the file.

    Returns:
        (frame, lines, problems).
    """
    problems: list[Problem] = []
    if label is not None:
        frame, problems = _labelled(frame, lines, task, label, names)
    there = [column for column in task.columns if column in frame and frame[column].notna().any()]
    # Beside targets with values, a column without any is as good as none.
    absent = [column for column in task.columns if column not in (there or frame)]
    if absent and not any(problem.effect == ERROR for problem in problems):
        hint = f"name the column that holds it with --label; columns: {', '.join(frame.columns)}"
        if task.kind == VALUES:
            hint = f"choose among those that are there with --target: {', '.join(there)}" if there else "it needs numbers to learn from"
        lacking = "column with values" if any(column in frame for column in absent) else "column"
        problems += [Problem(None, None, f"no {lacking} for task {task.name!r}: {', '.join(absent)}; {hint}", ERROR)]
    if absent:
        return frame, lines, problems
    empty = frame[list(task.columns)].isna().all(axis=1).to_numpy()
    problems += [Problem(int(line), None, f"no {' or '.join(task.columns)}", DROPPED) for line in lines[empty]]
    if len(frame) and empty.all():
        problems.append(Problem(None, None, f"no row has {' or '.join(task.columns)}", ERROR))
    frame = frame[~empty].reset_index(drop=True)
    return _banded(frame, task), lines[~empty], problems


def common_labels(songs):
    """The labels that at least FEWEST_SONGS songs have, and what is said of the others.

    Args:
        songs: [songs] the labels of each song, a tuple.

    Returns:
        (sorted labels, problems).

    Raises:
        KerasfeatError: fewer than two are left.
    """
    counts = Counter(label for labels in songs for label in labels)
    rare = sorted((label for label, count in counts.items() if count < FEWEST_SONGS), key=lambda label: (-counts[label], label))
    kept = sorted(set(counts) - set(rare))
    told = ", ".join(f"{label} ({counts[label]})" for label in rare[:SHOWN_LABELS])
    told += f" and {len(rare) - SHOWN_LABELS} more" if len(rare) > SHOWN_LABELS else ""
    if len(kept) < 2:
        raise KerasfeatError(
            f"{len(kept)} of {len(counts)} labels have {FEWEST_SONGS} songs or more, and two are needed; fewer: {told or 'none'}. "
            "Add songs, or join rare labels under one name."
        )
    return tuple(kept), [Problem(None, None, f"labels of fewer than {FEWEST_SONGS} songs are left out: {told}", NOTE)] if rare else []


def membership(songs, labels):
    """[songs, labels] bool, whether a song has a label; `songs` are [songs] tuples of labels."""
    places = {label: place for place, label in enumerate(labels)}
    found = np.zeros((len(songs), len(labels)), bool)
    for row, own in enumerate(songs):
        found[row, [places[label] for label in own if label in places]] = True
    return found


def _banded(frame, task):
    """The frame with the classes that the task's edges make in place of its number."""
    if not task.edges:
        return frame
    (target,) = task.targets
    # A number that is an edge belongs below it: "danceable" is what lies above 0.5.
    words = np.array(task.bands, object)[np.searchsorted(task.edges, frame[target].to_numpy("float64") / task.scale)]
    return frame.assign(**{target: words})


def _labelled(frame: pd.DataFrame, lines: np.ndarray, task: Task, label: str, names: dict[str, str]) -> tuple[pd.DataFrame, list[Problem]]:
    """The frame with the column called `label`, in the file or canonically, as the task's target."""
    if task.kind == VALUES or task.edges:
        raise KerasfeatError(f"task {task.name!r} predicts numbers, or classes made of them; --label applies to tasks that learn labels.")
    called = {in_file: name for name, in_file in names.items()} | {name: name for name in frame.columns}
    loosely = {schema.plain(spelled): name for spelled, name in called.items()}
    name = called.get(label, loosely.get(schema.plain(label)))
    if name is None:
        return frame, [Problem(None, None, str(unknown("label column", label, frame.columns)), ERROR)]
    (target,) = task.columns
    several = task.kind == LABELS
    cells = repeats.with_all_labels(frame, name) if several else values.texts(frame[name])
    labels, problems = one_spelling(cells.astype(object), label, lines)
    # A label must not be an input too.
    frame = frame.drop(columns=name) if any(name in group for group in schema.GROUPS.values()) else frame
    return frame.assign(**{target: labels}), problems
