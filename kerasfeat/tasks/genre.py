from kerasfeat.targets import Multiclass
from kerasfeat.tasks import Task, tasks

tasks.add(
    "genre",
    Task(
        name="genre",
        target=Multiclass("genre"),
        description="the genre of a song",
    ),
)
