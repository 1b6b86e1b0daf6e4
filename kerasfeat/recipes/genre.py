"""Predicting song genre from audio features: Kaggle's tracks of 1921-2020, about 80,000 with a
genre of nine.
"""

from kerasfeat.recipes import Recipe, recipes

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
TRAINING = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "batch_size": 5,
    "epochs": 60,
    "patience": 60,
    "learning_rate": 1e-4,
    "decay": 0.5,
    "decay_epochs": 5,
}

for _suffix, _hidden in (("", 1), ("-2", 2), ("-3", 3)):
    for _schedule in ("exponential", "staircase"):
        _name = f"genre-mlp{_suffix}" + ("" if _schedule == "exponential" else "-staircase")
        recipes.add(
            _name,
            Recipe(
                _name,
                f"{_hidden} hidden layer{'s' * (_hidden > 1)} of 10 units on 13 columns; "
                "published with --folds 5",
                task="genre",
                inputs=("features",),
                columns=COLUMNS,
                model="genre_mlp",
                hyperparameters={**TRAINING, "units": (10,) * _hidden, "schedule": _schedule},
                reference="Arriojas: Predicting song genre from audio features",
                reported="accuracy about 0.55 in every fold",
            ),
        )
