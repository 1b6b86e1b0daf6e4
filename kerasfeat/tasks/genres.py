from kerasfeat.targets import Multilabel
from kerasfeat.tasks import Task, tasks

tasks.add(
    "genres",
    Task(
        name="genres",
        target=Multilabel("genres"),
        description="all genres of a song, of which it may have several",
    ),
)
