"""What options of the command line and arguments in Python may be, and how Python's are checked."""

import operator
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.registry import unknown

SOUNDFILE = "soundfile"
DECODERS = (SOUNDFILE, "tensorflow-io")
SPLITS = ("artist", "table")
MULTI_WORKER = "multi-worker"  # known, so that it is told why it can't be
STRATEGIES = ("mirrored", MULTI_WORKER)
SAVED_MODEL, ONNX = "saved_model", "onnx"
TUNERS = ("bayesian", "random", "hyperband", "grid")
FORMATS = (SAVED_MODEL, "litert", ONNX)
FLOAT32, FLOAT16 = "float32", "float16"
WEIGHTS = (FLOAT32, FLOAT16, "int8")
# Half of what NumPy takes: repeated trainings count on from it.
HIGHEST_SEED = 2**31 - 1
FEWEST_FOLDS = FEWEST_BAGGED = 2


def require_choice(kind: str, value: object, known: Collection[str]) -> None:
    """Refuse a value that is none of those that are known.

    Args:
        kind: what it is, for the message.
        value: as it was received.
        known: what is allowed.

    Raises:
        KerasfeatError: it is none of them.
    """
    if value not in known:
        raise unknown(kind, value, known)


def refuse_empty(**given: object) -> None:
    """Refuse text that is empty: it would count as not given.

    Args:
        given: name of an argument -> what it is.

    Raises:
        KerasfeatError: one is empty.
    """
    for name, value in given.items():
        if isinstance(value, str) and not value.strip():
            raise KerasfeatError(
                f"{name} is {value!r}, which names nothing: name one, or leave {name} out."
            )


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number of any type, NumPy's too, as Python's own.

    Args:
        name: of the argument, for the message.
        value: as it was received.
        least, most: its bounds, which are allowed; `most` None for no upper one.

    Raises:
        KerasfeatError: it is no whole number, or out of bounds.
    """
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
    problem = KerasfeatError(f"{name} must be a whole number {bounds}, not {value!r}.")
    try:
        number = operator.index(value)
    except TypeError as error:
        raise problem from error
    if number < least or (most is not None and number > most):
        raise problem
    return number


def ranges_of(given: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Name -> (lowest, highest), of numbers of any type, NumPy's too, as Python's own.

    Raises:
        KerasfeatError: a range is not two numbers.
    """
    ranges = {}
    for name, limits in given.items():
        try:
            low, high = limits
            ranges[name] = (float(low), float(high))
        except (TypeError, ValueError) as error:
            raise KerasfeatError(
                f"the range of {name} must be two numbers, the lowest and the highest, such as "
                f"(1, 9), not {limits!r}."
            ) from error
    return ranges


def several(values: Any) -> tuple[Any, ...]:
    """Names, paths or runs as a tuple; one alone is one."""
    is_alone = isinstance(values, str | Path) or not isinstance(values, Iterable)
    return (values,) if is_alone else tuple(values)
