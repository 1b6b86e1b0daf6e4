"""Spotify's perceptual attributes, together and each."""

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
# Danceability and valence have files of their own.
ALONE = {
    "energy": "how intense and active a song is, 0 to 1",
    "speechiness": "how much of a song is spoken words, 0 to 1",
    "acousticness": "how likely a song is acoustic, 0 to 1",
    "instrumentalness": "how likely a song has no vocals, 0 to 1",
    "liveness": "how likely a song was recorded before an audience, 0 to 1",
}
EXAMPLE = (0.1, 0.85, 0.4)

TASK = (
    Task(
        name="attributes",
        target=Regression(ATTRIBUTES, takes_any=True),
        description="Spotify's attributes, 0 to 1 each; --target chooses some, or any other number",
        example=dict.fromkeys(ATTRIBUTES, EXAMPLE),
    ),
    *(
        Task(
            name=name,
            target=Regression((name,)),
            description=description,
            example={name: EXAMPLE},
        )
        for name, description in ALONE.items()
    ),
)
