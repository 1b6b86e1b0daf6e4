"""Predicting song genre from audio features.

The report has Kaggle's tracks of 1921-2020, about 80,000 with a genre of nine.
"""

from kerasfeat.recipes import Hyperparameter, Recipe

COLUMNS = (
    "acousticness",
    "danceability",
    "energy",
    "instrumentalness",
    "liveness",
    "loudness",
    "speechiness",
    "tempo",
    "valence",
    "mode",
    "key",
    "popularity",
    "duration_ms",
)
TRAINING: dict[str, Hyperparameter] = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "batch_size": 5,
    "epochs": 60,
    "patience": 60,
    "learning_rate": 1e-4,
    "decay": 0.5,
    "decay_epochs": 5,
}


def _recipe(hidden: int, schedule: str) -> Recipe:
    name = "genre-mlp" + (f"-{hidden}" if hidden > 1 else "")
    return Recipe(
        name if schedule == "exponential" else f"{name}-{schedule}",
        f"{hidden} hidden layer{'s' * (hidden > 1)} of 10 units on 13 columns; published with "
        "--folds 5",
        task="genre",
        inputs=("features",),
        columns=COLUMNS,
        model="genre_mlp",
        hyperparameters={**TRAINING, "units": (10,) * hidden, "schedule": schedule},
        reference="Arriojas: Predicting song genre from audio features",
        reported="accuracy about 0.55 in every fold",
    )


RECIPE = tuple(
    _recipe(hidden, schedule) for hidden in (1, 2, 3) for schedule in ("exponential", "staircase")
)
