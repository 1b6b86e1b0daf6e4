"""What is wrong with a table, collected while it is read and told all at once."""

from dataclasses import dataclass

from kerasfeat import KerasfeatError

ERROR = "error"
DROPPED = "dropped"
MISSING = "missing"
NOTE = "note"

SHOWN_ROWS = 3
SHOWN_LINES = 20

_OUTCOME = {ERROR: "", DROPPED: ", row dropped", MISSING: ", read as missing", NOTE: ""}


@dataclass(frozen=True)
class Problem:
    """Something in a table that is not as it should be.

    Attributes:
        row: 1-based line in the file (the row's number where a file has no lines, as Parquet); None
            where it concerns the whole table.
        column: the column's name in the file, or None.
        message: what is wrong, without the value, so that like problems can be counted together.
        effect: ERROR (the table can't be used), DROPPED (the row is left out), MISSING (the value
            is), NOTE (read otherwise than written).
        value: the offending text.
    """

    row: int | None
    column: str | None
    message: str
    effect: str
    value: str = ""


def describe(problems):
    """A line for each kind of problem, with its count and first rows, errors first."""
    alike = {}
    for problem in problems:
        alike.setdefault((problem.effect, problem.column, problem.message), []).append(problem)
    order = list(_OUTCOME)
    lines = []
    for (effect, column, message), group in sorted(
        alike.items(), key=lambda item: order.index(item[0][0])
    ):
        line = (f"{column}: " if column else "") + message
        lines.append(line + (_OUTCOME[effect] + _rows(group) if group[0].row is not None else ""))
    return lines


def refuse(problems, subject, strict=False):
    """Raise one KerasfeatError that lists every problem, if any of them is an error; `strict` takes
    lost rows and values as errors too.
    """
    fatal = {ERROR, DROPPED, MISSING} if strict else {ERROR}
    if not any(problem.effect in fatal for problem in problems):
        return
    lines = describe(problems)
    shown = lines[:SHOWN_LINES]
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more kinds of problem")
    raise KerasfeatError("\n  ".join([f"{subject} can't be used:", *shown]))


def _rows(group):
    """ " (2 rows: line 5 '1.7', line 9 '2')", or nothing for a problem of the whole table."""
    rows = [problem for problem in group if problem.row is not None]
    if not rows:
        return ""
    shown = [
        f"line {problem.row}" + (f" {problem.value[:60]!r}" if problem.value else "")
        for problem in rows[:SHOWN_ROWS]
    ]
    more = ", ..." if len(rows) > SHOWN_ROWS else ""
    count = f"{len(rows):,} rows: " if len(rows) > 1 else ""
    return f" ({count}{', '.join(shown)}{more})"
