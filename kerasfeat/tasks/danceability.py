from kerasfeat.targets import Regression
from kerasfeat.tasks import Task, tasks

tasks.add(
    "danceability",
    Task(
        name="danceability",
        target=Regression(("danceability",)),
        description="how suitable for dancing, 0 to 1",
    ),
)
