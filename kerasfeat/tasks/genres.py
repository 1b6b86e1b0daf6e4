from kerasfeat.tasks import LABELS, Task, tasks

tasks.add(
    "genres",
    Task(
        name="genres",
        kind=LABELS,
        targets=("genres",),
        description="all genres of a song, of which it may have several",
    ),
)
