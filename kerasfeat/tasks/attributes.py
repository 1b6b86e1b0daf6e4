from kerasfeat.targets import Regression
from kerasfeat.tasks import Task, tasks

ATTRIBUTES = (
    "danceability",
    "energy",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "valence",
    "liveness",
)

tasks.add(
    "attributes",
    Task(
        name="attributes",
        target=Regression(ATTRIBUTES),
        description="Spotify's perceptual attributes, 0 to 1 each; --target chooses some",
    ),
)
