"""How suitable a song is for dancing."""

from kerasfeat.targets import Regression
from kerasfeat.tasks import Task

TASK = Task(
    name="danceability",
    target=Regression(("danceability",)),
    description="how suitable for dancing, 0 to 1",
    example={"danceability": (0.1, 0.85, 0.4)},
)
