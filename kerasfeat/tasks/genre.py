from kerasfeat.tasks import CLASSES, Task, tasks

tasks.add(
    "genre",
    Task(
        name="genre",
        kind=CLASSES,
        targets=("genre",),
        description="the genre of a song",
    ),
)
