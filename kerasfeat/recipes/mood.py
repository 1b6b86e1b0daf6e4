"""Predicting Song Moods: 1,600 songs, 378 of them to test; calm, energetic, happy, sad."""

from kerasfeat.recipes import Recipe, Stage, recipes

REFERENCE = "Contarino, Heimann, Shaji, Srivastav: Predicting Song Moods"
# The report names twelve columns and counts eleven; the public table that it uses has no mode.
COLUMNS = (
    "acousticness",
    "danceability",
    "duration_ms",
    "energy",
    "instrumentalness",
    "key",
    "liveness",
    "speechiness",
    "tempo",
    "time_signature",
    "valence",
)
TRAINING = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "epochs": 100,
    "patience": 100,
    "batch_size": 128,
}
# 1,232 frames of 128 bands.
AUDIO = {"logmel.mels": 128, "clip_s": 28.6}
LEARNING_RATES = {"mlp": 1e-4, "rnn": 5e-5, "lstm": 3e-5}
COMMON = {"task": "mood", "reference": REFERENCE, "class_weights": True, "balanced": True}


def _alone(name, what, inputs, rate, reported):
    audio = AUDIO if "logmel" in inputs else {}
    model = name.replace("-", "_")
    hyperparameters = {**TRAINING, **audio, "learning_rate": rate}
    columns = COLUMNS if "features" in inputs else ()
    recipes.add(
        name,
        Recipe(
            name,
            what,
            inputs=inputs,
            columns=columns,
            model=model,
            hyperparameters=hyperparameters,
            reported=reported,
            **COMMON,
        ),
    )


_alone("mood-mlp", "dense 512, 128, 64 on 11 columns", ("features",), 1e-4, "accuracy 0.80")
_alone(
    "mood-mlp-hardtanh",
    "two dense layers with hard tanh on 11 columns",
    ("features",),
    1e-4,
    "accuracy about 0.80",
)
_alone("mood-cnn", "1-D convolutions along 11 columns", ("features",), 1e-4, "accuracy 0.80")
_alone(
    "mood-rnn", "Elman network on mel frames", ("logmel",), LEARNING_RATES["rnn"], "accuracy 0.56"
)
_alone("mood-lstm", "LSTM on mel frames", ("logmel",), LEARNING_RATES["lstm"], "accuracy 0.66")


def _ensemble(kind, join, rate, batch_size, reported):
    name = f"mood-ensemble-{kind}" + ("-penultimate" if join == "penultimate" else "")
    recipes.add(
        name,
        Recipe(
            name,
            f"the dense and the {kind.upper()} network, trained, frozen, and joined at "
            f"their {join} layers",
            inputs=("features", "logmel"),
            columns=COLUMNS,
            model=f"mood_ensemble_{kind}",
            hyperparameters={
                **TRAINING,
                **AUDIO,
                **{f"{part}.learning_rate": LEARNING_RATES[part] for part in ("mlp", kind)},
                **{f"{part}.batch_size": 128 for part in ("mlp", kind)},
                "join": join,
                "learning_rate": rate,
                "batch_size": batch_size,
            },
            stages=(Stage("mlp"), Stage(kind), Stage(freeze=("mlp", kind))),
            reported=reported,
            **COMMON,
        ),
    )


_ensemble("rnn", "outputs", 1e-3, 64, "accuracy 0.83")
_ensemble("lstm", "outputs", 1e-2, 128, "accuracy 0.85 (321 of 378)")
_ensemble("rnn", "penultimate", 1e-2, 128, "accuracy 0.83")
_ensemble("lstm", "penultimate", 1e-2, 128, "accuracy 0.84")
