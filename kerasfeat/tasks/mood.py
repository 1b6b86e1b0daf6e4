"""What a song feels like."""

from kerasfeat.targets import Multiclass
from kerasfeat.tasks import Task

TASK = Task(
    name="mood",
    target=Multiclass("mood"),
    description="what a song feels like, such as calm, energetic, happy, sad",
    example={"mood": ("calm", "happy", "sad", "energetic", "happy")},
)
