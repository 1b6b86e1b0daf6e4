"""Every genre of each song."""

from kerasfeat.targets import Multilabel
from kerasfeat.tasks import Task

TASK = Task(
    name="genres",
    target=Multilabel("genres"),
    description="all genres of a song, of which it may have several",
    example={"genres": ("folk; art pop", "jazz", "art pop")},
)
