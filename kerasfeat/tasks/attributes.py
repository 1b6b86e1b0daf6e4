"""Spotify's perceptual attributes."""

from kerasfeat.targets import Regression
from kerasfeat.tasks import Task

ATTRIBUTES = (
    "danceability",
    "energy",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "valence",
    "liveness",
)

TASK = Task(
    name="attributes",
    target=Regression(ATTRIBUTES),
    description="Spotify's perceptual attributes, 0 to 1 each; --target chooses some",
    example=dict.fromkeys(ATTRIBUTES, (0.1, 0.85, 0.4)),
)
