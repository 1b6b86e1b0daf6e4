"""The column that a task learns from: by its own name or by --label."""

from dataclasses import replace

from kerasfeat.registry import unknown
from kerasfeat.songs import headers, schema
from kerasfeat.songs.labels import one_spelling
from kerasfeat.songs.problems import DROPPED, ERROR, Problem
from kerasfeat.songs.repeats import first_of_each
from kerasfeat.songs.rows import Rows
from kerasfeat.targets.target import Target


def with_targets(rows: Rows, task: str, target: Target, label: str | None) -> Rows:
    """The first row of each song that has a target of the task.

    Args:
        rows: every row of a table.
        task: name of the task, for messages.
        target: what is learnt.
        label: the column that holds the class, or the labels, where it isn't the task's own.

    Raises:
        KerasfeatError: a label is given for a target of numbers.
    """
    labelled = rows if label is None else _labelled(rows, target, label)
    wrong = labelled.problems[len(rows.problems) :]
    is_lost = any(problem.effect == ERROR for problem in wrong)
    present = _with_values(labelled, task, target, is_lost)
    return first_of_each(present, learnt=target.columns, join=target.joins_labels)


def _with_values(rows: Rows, task: str, target: Target, is_lost: bool) -> Rows:
    """The rows that have a value of the target; all of them where the table lacks one.

    Args:
        rows: every row of a table.
        task: name of the task, for messages.
        target: what is learnt.
        is_lost: whether it has been said why the table lacks it.
    """
    frame, columns = rows.frame, list(target.columns)
    present = [column for column in columns if column in frame and frame[column].notna().any()]
    # Beside targets with values, a column without any is as good as none.
    absent = [column for column in columns if column not in (present or frame)]
    if absent and is_lost:
        return rows
    if absent:
        hint = target.where_else(present, frame)
        lacking = "column with values" if any(column in frame for column in absent) else "column"
        message = f"no {lacking} for task {task!r}: {', '.join(absent)}; {hint}"
        return rows.with_problems([Problem(None, None, message, ERROR)])
    empty = frame[columns].isna().all(axis=1).to_numpy()
    message = f"no {' or '.join(columns)}"
    problems = [Problem(int(line), None, message, DROPPED) for line in rows.lines[empty]]
    if len(frame) and empty.all():
        problems.append(Problem(None, None, f"no row has {' or '.join(columns)}", ERROR))
    kept = rows.with_problems(problems).keep(~empty)
    return replace(kept, frame=target.binned(kept.frame))


def label_column(rows: Rows, label: str) -> str | None:
    """The name in the frame of the column called `label`, in the file or canonically; None where
    there is none.
    """
    called = {in_file: name for name, in_file in rows.names.items()}
    called |= {name: name for name in rows.frame.columns}
    return headers.named(label, called)


def _labelled(rows: Rows, target: Target, label: str) -> Rows:
    """The rows with the column called `label`, in the file or canonically, as the target."""
    frame, name = rows.frame, label_column(rows, label)
    if name is None:
        message = str(unknown("label column", label, frame.columns))
        return rows.with_problems([Problem(None, None, message, ERROR)])
    cells = target.read_labels(frame, name).astype(object)
    labels, problems = one_spelling(cells, label, rows.lines)
    (column,) = target.columns
    # A label must not be an input too.
    if any(name in group for group in schema.GROUPS.values()):
        frame = frame.drop(columns=name)
    return replace(rows.with_problems(problems), frame=frame.assign(**{column: labels}))
