"""What is wrong with a table, collected while it is read and told all at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasfeat import KerasfeatError

ERROR = "error"
DROPPED = "dropped"
MISSING = "missing"
NOTE = "note"

SHOWN_ROWS = 3
SHOWN_LINES = 20

# Said where a row is left out that holds nothing.
EMPTY_LINE = "an empty line, left out"

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


def describe(problems: Iterable[Problem]) -> list[str]:
    """A line for each kind of problem, with its count and first rows, errors first."""
    alike: dict[tuple[str, str | None, str], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.effect, problem.column, problem.message), []).append(problem)
    order = list(_OUTCOME)
    groups = sorted(alike.values(), key=lambda group: order.index(group[0].effect))
    return [_line(group) for group in groups]


def _line(group: Sequence[Problem]) -> str:
    """One line for problems of one kind."""
    first = group[0]
    line = (f"{first.column}: " if first.column else "") + first.message
    return line + (_OUTCOME[first.effect] + _rows(group) if first.row is not None else "")


def refuse(problems: Iterable[Problem], subject: str | Path, strict: bool = False) -> None:
    """Refuse a table if one of its problems is an error.

    Args:
        problems: all that is wrong with it.
        subject: the table, as it is called in the message.
        strict: take lost rows and values as errors too.

    Raises:
        KerasfeatError: every problem, whatever its effect.
    """
    problems = list(problems)
    fatal = {ERROR, DROPPED, MISSING} if strict else {ERROR}
    if not any(problem.effect in fatal for problem in problems):
        return
    lines = describe(problems)
    shown = lines[:SHOWN_LINES]
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more kinds of problem")
    raise KerasfeatError("\n  ".join([f"{subject} can't be used:", *shown]))


def _rows(group: Sequence[Problem]) -> str:
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
