"""What pages say in other words for labels and for numbers."""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from kerasfeat.targets import Multiclass, Multilabel, Regression, Target


@dataclass(frozen=True)
class Wording:
    """Words of the pages.

    Attributes:
        page: the part of the report on labels or numbers, a template's name without its ending.
        error: heading of how wrong an answer is.
        best, worst: what the most right and the most wrong answers are called.
        nearer: when one of two runs is nearer to the truth.
        truth: heading of a true value.
        calibration: title of the section on calibration.
        reliability: a note on the reliability diagram; empty where there is none.
    """

    page: str
    error: str
    best: str
    worst: str
    nearer: str
    truth: str
    calibration: str
    reliability: str = ""


_TRUSTED = "Can its probabilities be trusted?"
_TOO_SURE = "below it, the model is too confident. Lines are 95% intervals; bars show how the"


@singledispatch
def wording(target: Target) -> Wording:
    """The words for a target."""
    raise TypeError(type(target))


@wording.register
def _(target: Multiclass) -> Wording:
    return Wording(
        page="section_multiclass",
        error="Probability of the true label",
        best="The prediction closest to the truth",
        worst="The prediction farthest from the truth",
        nearer="The run that gives the true label the higher probability",
        truth="True label",
        calibration=_TRUSTED,
        reliability=(
            "Songs are grouped by the probability of their prediction. On the dashed line, "
            f"predictions with a probability of 80% are right 8 times out of 10; {_TOO_SURE} songs "
            "are distributed."
        ),
    )


@wording.register
def _(target: Multilabel) -> Wording:
    return Wording(
        page="section_multilabel",
        error="Log loss",
        best="The smallest log loss",
        worst="The largest log loss",
        nearer="The run with the smaller mean log loss of a song's labels",
        truth="True label",
        calibration=_TRUSTED,
        reliability=(
            "Every label of every song is a prediction; they are grouped by probability. On the "
            "dashed line, 8 of 10 songs have a label that is predicted with a probability of 80%; "
            f"{_TOO_SURE} predictions are distributed."
        ),
    )


@wording.register
def _(target: Regression) -> Wording:
    return Wording(
        page="section_regression",
        error="Error",
        best="The smallest error",
        worst="The largest error",
        nearer="The run with the smaller error",
        truth="True value",
        calibration="Is it off in one direction?",
    )


@singledispatch
def as_text(target: Target, value: Any, head: str) -> str:
    """A head's truth or answer for one song, for people.

    Args:
        target: of the head.
        value: as `Target.told_truth` and `Target.told_answer` give it.
        head: one of the target's.
    """
    raise TypeError(type(target))


@as_text.register
def _(target: Multiclass, value: str, head: str) -> str:
    return value


@as_text.register
def _(target: Multilabel, value: list[str], head: str) -> str:
    return ", ".join(value) or "none"


@as_text.register
def _(target: Regression, value: list[float | None], head: str) -> str:
    number = value[target.names.index(head)]
    return "not known" if number is None else f"{number:.3f}"


@singledispatch
def shown_error(target: Target, error: float, head: str) -> float:
    """The number under the heading `Wording.error`, of one of `Target.head_errors`."""
    return error


@shown_error.register
def _(target: Multiclass, error: float, head: str) -> float:
    return 1 - error


@shown_error.register
def _(target: Regression, error: float, head: str) -> float:
    place = target.names.index(head)
    return error * (target.high[place] - target.low[place])
