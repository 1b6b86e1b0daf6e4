"""The column that a task learns from: by its own name or by --label."""

import numpy as np
import pandas as pd

from kerasfeat.registry import unknown
from kerasfeat.songs import schema
from kerasfeat.songs.labels import one_spelling
from kerasfeat.songs.problems import DROPPED, ERROR, Problem
from kerasfeat.targets.target import Target


def with_targets(
    frame: pd.DataFrame,
    lines: np.ndarray,
    task: str,
    target: Target,
    label: str | None,
    names: dict[str, str],
) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
    """The songs that have a target of the task.

    Args:
        frame: a tracks table under canonical names.
        lines: [rows] lines in the file.
        task: name of the task, for messages.
        target: what is learnt.
        label: the column that holds the class, or the labels, where it isn't the task's own.
        names: canonical column -> name in the file.

    Returns:
        (frame, lines, problems).
    """
    problems: list[Problem] = []
    if label is not None:
        frame, problems = _labelled(frame, lines, target, label, names)
    there = [column for column in target.columns if column in frame and frame[column].notna().any()]
    # Beside targets with values, a column without any is as good as none.
    absent = [column for column in target.columns if column not in (there or frame)]
    if absent and not any(problem.effect == ERROR for problem in problems):
        hint = target.where_else(there, frame)
        lacking = "column with values" if any(column in frame for column in absent) else "column"
        problems += [
            Problem(
                None,
                None,
                f"no {lacking} for task {task!r}: {', '.join(absent)}; {hint}",
                ERROR,
            )
        ]
    if absent:
        return frame, lines, problems
    empty = frame[list(target.columns)].isna().all(axis=1).to_numpy()
    problems += [
        Problem(int(line), None, f"no {' or '.join(target.columns)}", DROPPED)
        for line in lines[empty]
    ]
    if len(frame) and empty.all():
        problems.append(Problem(None, None, f"no row has {' or '.join(target.columns)}", ERROR))
    return target.binned(frame[~empty].reset_index(drop=True)), lines[~empty], problems


def _labelled(
    frame: pd.DataFrame, lines: np.ndarray, target: Target, label: str, names: dict[str, str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """The frame with the column called `label`, in the file or canonically, as the target."""
    called = {in_file: name for name, in_file in names.items()} | {
        name: name for name in frame.columns
    }
    loosely = {schema.plain(spelled): name for spelled, name in called.items()}
    name = called.get(label, loosely.get(schema.plain(label)))
    if name is None:
        return frame, [
            Problem(None, None, str(unknown("label column", label, frame.columns)), ERROR)
        ]
    labels, problems = one_spelling(target.read_labels(frame, name).astype(object), label, lines)
    (column,) = target.columns
    # A label must not be an input too.
    frame = (
        frame.drop(columns=name)
        if any(name in group for group in schema.GROUPS.values())
        else frame
    )
    return frame.assign(**{column: labels}), problems
