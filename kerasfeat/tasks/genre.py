"""One genre of each song."""

from kerasfeat.targets import Multiclass
from kerasfeat.tasks import Task

TASK = Task(
    name="genre",
    target=Multiclass("genre"),
    description="the genre of a song",
    example={"genre": ("folk", "hip hop", "folk", "jazz")},
)
