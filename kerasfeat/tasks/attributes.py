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
    target=Regression(ATTRIBUTES, takes_any=True),
    description="Spotify's attributes, 0 to 1 each; --target chooses some, or any other number",
    example=dict.fromkeys(ATTRIBUTES, (0.1, 0.85, 0.4)),
)
