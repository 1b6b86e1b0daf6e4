"""A task: what people hear as arousal, on the scale of 1 to 9 that DEAM has."""

from kerasfeat.targets import Regression
from kerasfeat.tasks import Task

TASK = Task(
    name="arousal",
    target=Regression(("arousal",), low=(1.0,), high=(9.0,)),
    description="how exciting a song sounds; a table holds 1 to 9",
    example={"arousal": (2.5, 8.0, 5.5)},
)
