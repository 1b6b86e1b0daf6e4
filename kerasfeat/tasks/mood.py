from kerasfeat.targets import Multiclass
from kerasfeat.tasks import Task, tasks

tasks.add(
    "mood",
    Task(
        name="mood",
        target=Multiclass("mood"),
        description="what a song feels like, such as calm, energetic, happy, sad",
    ),
)
