"""How much a song is played."""

from kerasfeat.targets import Regression
from kerasfeat.tasks import Task

TASK = Task(
    name="popularity",
    target=Regression(("popularity",), low=(0.0,), high=(100.0,)),
    description="how much a song is played; a table holds 0 to 100, the model 0 to 1",
    example={"popularity": (3, 91, 40)},
)
