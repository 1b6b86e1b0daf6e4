from kerasfeat.tasks import VALUES, Task, tasks

tasks.add(
    "valence",
    Task(
        name="valence",
        kind=VALUES,
        targets=("valence",),
        description="how positive a song sounds, 0 to 1",
    ),
)
