from kerasfeat.tasks import VALUES, Task, tasks

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
        kind=VALUES,
        targets=ATTRIBUTES,
        description="Spotify's perceptual attributes, 0 to 1 each; --target chooses some",
    ),
)
