"""A recipe: two hidden layers on four columns, for danceability."""

from kerasfeat.recipes import Recipe

RECIPE = Recipe(
    "danceability-mlp",
    "dense 24, 12 on four columns",
    task="danceability",
    inputs=("features",),
    columns=("energy", "loudness", "tempo", "valence"),
    model="mood_mlp",
    hyperparameters={"units": (24, 12), "learning_rate": 1e-3, "epochs": 30, "patience": 5},
    example={"units": (6, 3)},
    reference="docs/extending of kerasfeat",
)
