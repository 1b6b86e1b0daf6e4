from kerasfeat.tasks import CLASSES, Task, tasks

tasks.add(
    "mood",
    Task(
        name="mood",
        kind=CLASSES,
        targets=("mood",),
        description="what a song feels like, such as calm, energetic, happy, sad",
    ),
)
