"""How positive a song sounds."""

from kerasfeat.targets import Regression
from kerasfeat.tasks import Task

TASK = Task(
    name="valence",
    target=Regression(("valence",)),
    description="how positive a song sounds, 0 to 1",
    example={"valence": (0.1, 0.85, 0.4)},
)
