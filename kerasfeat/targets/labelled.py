"""What targets of labels have in common."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kerasfeat.arrays import Array
from kerasfeat.targets.target import Target


@dataclass(frozen=True)
class LabelTarget(Target):
    """Labels of one column; a prediction is their probabilities [songs, labels].

    Attributes:
        name: of the table's column and of the head.
        labels: sorted; empty until a table is read.
    """

    name: str
    labels: tuple[str, ...] = ()

    has_labels: ClassVar[bool] = True

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.labels

    def named(self, prediction: Array) -> dict[str, Any]:
        shares = dict(zip(self.labels, (round(float(p), 6) for p in prediction), strict=True))
        return {self.name: self.told_answer(prediction), "probabilities": shares}
