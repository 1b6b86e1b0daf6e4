"""Scores that a command is asked to reach, for automation."""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from kerasfeat.cli._codes import UNMET
from kerasfeat.progress import say_error
from kerasfeat.registry import unknown

FORM = re.compile(r"\s*([a-z][\w/ -]*?)\s*(>=|<=|>|<)\s*([-+]?[0-9.]+(?:e[-+]?\d+)?)\s*")
SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Requirement:
    """A score of the test songs, and what it must be.

    Attributes:
        metric: its name in metrics.json.
        sign: one of SIGNS.
        limit: what it is compared with.
    """

    metric: str
    sign: str
    limit: float

    def is_met(self, test: Mapping[str, Any]) -> bool:
        """Whether the scores of the test songs are so; an undefined one is not."""
        value = test[self.metric]
        return value is not None and SIGNS[self.sign](value, self.limit)


def _read(
    ctx: click.Context, param: click.Parameter, words: Iterable[str]
) -> tuple[Requirement, ...]:
    found = []
    for word in words:
        parts = FORM.fullmatch(word)
        try:
            limit = float(parts[3]) if parts else math.nan
        except ValueError:
            limit = math.nan
        if parts is None or math.isnan(limit):
            raise click.BadParameter(
                f"{word!r} is not a condition; write 'accuracy>=0.8' or 'log_loss<0.5'"
            )
        found.append(Requirement(parts[1], parts[2], limit))
    return tuple(found)


option = click.option(
    "--require",
    "required",
    metavar="CONDITION",
    multiple=True,
    callback=_read,
    help="Exit with code 3 unless the test score meets this condition, such as 'accuracy>=0.8' "
    "(repeatable).",
)


def require_scores(required: Sequence[Requirement], metrics: Iterable[str]) -> None:
    """Refuse scores that there are not, before anything is trained.

    Raises:
        KerasfeatError: one is unknown.
    """
    known = list(metrics)
    for each in required:
        if each.metric not in known:
            raise unknown("score", each.metric, known)


def end_unmet(required: Sequence[Requirement], test: Mapping[str, Any]) -> None:
    """End the command where a score is not as it was asked for.

    Raises:
        click.exceptions.Exit: one is not.
        KerasfeatError: there is no such score.
    """
    scalars = [name for name, value in test.items() if value is None or isinstance(value, float)]
    require_scores(required, scalars)
    unmet = [each for each in required if not each.is_met(test)]
    for each in unmet:
        value = "undefined" if test[each.metric] is None else f"{test[each.metric]:.4g}"
        say_error(f"kerasfeat: {each.metric} is {value}; {each.sign} {each.limit:g} was required.")
    if unmet:
        raise click.exceptions.Exit(UNMET)
