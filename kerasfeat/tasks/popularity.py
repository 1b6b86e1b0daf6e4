from kerasfeat.tasks import VALUES, Task, tasks

tasks.add(
    "popularity",
    Task(
        name="popularity",
        kind=VALUES,
        targets=("popularity",),
        description="how much a song is played; a table holds 0 to 100, the model 0 to 1",
        scale=100.0,
    ),
)
