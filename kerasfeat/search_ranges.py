"""Ranges of hyperparameters as data, and the grids that publications searched."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = bool | int | float | str


@dataclass(frozen=True, init=False)
class Choices:
    """One of some values of one type; a single value is no choice: the hyperparameter has it."""

    values: tuple[Value, ...]

    def __init__(self, values: Iterable[Value]) -> None:
        # Whatever they are given as: equal ranges are equal, and can be gone through again.
        object.__setattr__(self, "values", tuple(values))


@dataclass(frozen=True)
class Between:
    """Any number from `low` to `high`; with `log` each power of ten is as likely."""

    low: float
    high: float
    log: bool = False


Range: TypeAlias = Choices | Between

# Ramirez Echavarria and Varma, "Autoen-chorder": the rates, decays, and depths of the feed-forward
# network that they compared; the rest of what they state is one value each (batch size, and of the
# loss's weight exp(((y - mean) / (alpha sd))^2 / beta) mean, alpha, and beta).
AUTOENCHORDER: dict[str, Range] = {
    "learning_rate": Choices((1e-4, 2e-4, 5e-4, 1e-3, 2e-2)),
    "weight_decay": Choices((0.0, 1e-4, 2e-4)),
    "batch_size": Choices((200,)),
    "depth": Choices((7, 9, 12)),
    "outlier_mean": Choices((0.36,)),
    "outlier_alpha": Choices((2.0,)),
    "outlier_beta": Choices((2.0,)),
}
