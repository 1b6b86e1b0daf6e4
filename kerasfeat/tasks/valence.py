from kerasfeat.targets import Regression
from kerasfeat.tasks import Task, tasks

tasks.add(
    "valence",
    Task(
        name="valence",
        target=Regression(("valence",)),
        description="how positive a song sounds, 0 to 1",
    ),
)
