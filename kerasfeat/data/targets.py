"""The column that a task learns from: by its own name or by --label."""

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.data import schema, values
from kerasfeat.data.problems import DROPPED, ERROR, Problem
from kerasfeat.registry import unknown
from kerasfeat.tasks import CLASSES


def with_targets(frame, lines, task, label, names):
    """The songs that have a target of the task.

    Args:
        frame: a tracks table under canonical names.
        lines: [rows] lines in the file.
        task: a kerasfeat.tasks.Task.
        label: the column that holds the class, where it isn't the task's own.
        names: canonical column -> name in the file.

    Returns:
        (frame, lines, problems).
    """
    problems = []
    if label is not None:
        frame, problems = _labelled(frame, task, label, names)
    absent = [target for target in task.targets if target not in frame]
    if absent and not problems:
        hint = f"name the column that holds it with --label; columns: {', '.join(frame.columns)}"
        if task.kind != CLASSES:
            there = [target for target in task.targets if target in frame]
            hint = f"choose among those that are there with --target: {', '.join(there)}" if there else "it needs numbers to learn from"
        problems = [Problem(None, None, f"no column for task {task.name!r}: {', '.join(absent)}; {hint}", ERROR)]
    if absent:
        return frame, lines, problems
    empty = frame[list(task.targets)].isna().all(axis=1).to_numpy()
    problems += [Problem(int(line), None, f"no {' or '.join(task.targets)}", DROPPED) for line in lines[empty]]
    if len(frame) and empty.all():
        problems.append(Problem(None, None, f"no row has {' or '.join(task.targets)}", ERROR))
    frame = frame[~empty].reset_index(drop=True)
    return _banded(frame, task), lines[~empty], problems


def _banded(frame, task):
    """The frame with the classes that the task's edges make in place of its number."""
    if not task.edges:
        return frame
    (target,) = task.targets
    # A number that is an edge belongs below it: "danceable" is what lies above 0.5.
    words = np.array(task.bands, object)[np.searchsorted(task.edges, frame[target].to_numpy("float64") / task.scale)]
    return frame.assign(**{target: words})


def _labelled(frame, task, label, names):
    """The frame with the column called `label`, in the file or canonically, as the task's target."""
    if task.kind != CLASSES or task.edges:
        raise KerasfeatError(f"task {task.name!r} predicts numbers, or classes made of them; --label applies to tasks that learn classes.")
    called = {in_file: name for name, in_file in names.items()} | {name: name for name in frame.columns}
    loosely = {schema.plain(spelled): name for spelled, name in called.items()}
    name = called.get(label, loosely.get(schema.plain(label)))
    if name is None:
        return frame, [Problem(None, None, str(unknown("label column", label, frame.columns)), ERROR)]
    target = task.targets[0]
    labels = values.texts(frame[name])
    # A label must not be an input too.
    frame = frame.drop(columns=name) if any(name in group for group in schema.GROUPS.values()) else frame
    return frame.assign(**{target: labels}), []
