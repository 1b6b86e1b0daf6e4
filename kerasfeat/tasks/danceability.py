from kerasfeat.tasks import VALUES, Task, tasks

tasks.add(
    "danceability",
    Task(
        name="danceability",
        kind=VALUES,
        targets=("danceability",),
        description="how suitable for dancing, 0 to 1",
    ),
)
