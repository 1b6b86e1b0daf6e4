"""Predicting Song Moods: 1,600 songs, 378 of them to test; calm, energetic, happy, sad."""

from kerasfeat.recipes import Hyperparameter, Recipe, Stage

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
TRAINING: dict[str, Hyperparameter] = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "epochs": 100,
    "patience": 100,
    "batch_size": 128,
}
# 1,232 frames of 128 bands.
AUDIO: dict[str, Hyperparameter] = {"logmel.mels": 128, "clip_s": 28.6}
EXAMPLE: dict[str, Hyperparameter] = {"logmel.mels": 14, "clip_s": 0.15}
LEARNING_RATES = {"mlp": 1e-4, "rnn": 5e-5, "lstm": 3e-5}


def _alone(
    name: str,
    description: str,
    *,
    learning_rate: float,
    reported: str,
    example: dict[str, Hyperparameter] | None = None,
) -> Recipe:
    """A network of its own, on the columns or on mel frames."""
    audio = name in ("mood-rnn", "mood-lstm")
    return Recipe(
        name,
        description,
        task="mood",
        inputs=("logmel",) if audio else ("features",),
        columns=() if audio else COLUMNS,
        model=name.replace("-", "_"),
        hyperparameters={**TRAINING, **(AUDIO if audio else {}), "learning_rate": learning_rate},
        example={**(EXAMPLE if audio else {}), **(example or {})},
        class_weights=True,
        balanced=True,
        reference=REFERENCE,
        reported=reported,
    )


def _ensemble(
    audio: str, join: str, *, learning_rate: float, batch_size: int, reported: str
) -> Recipe:
    """The dense network and one on mel frames, "rnn" or "lstm"."""
    parts = ("mlp", audio)
    stages = {
        **{f"{part}.learning_rate": LEARNING_RATES[part] for part in parts},
        **{f"{part}.batch_size": 128 for part in parts},
    }
    return Recipe(
        f"mood-ensemble-{audio}" + ("-penultimate" if join == "penultimate" else ""),
        f"the dense and the {audio.upper()} network, trained, frozen, and joined at their {join} "
        "layers",
        task="mood",
        inputs=("features", "logmel"),
        columns=COLUMNS,
        model=f"mood_ensemble_{audio}",
        hyperparameters={
            **TRAINING,
            **AUDIO,
            **stages,
            "join": join,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
        },
        example={**EXAMPLE, f"{audio}.units": 9},
        stages=(Stage("mlp"), Stage(audio), Stage(freeze=parts)),
        class_weights=True,
        balanced=True,
        reference=REFERENCE,
        reported=reported,
    )


RECIPE = (
    _alone(
        "mood-mlp",
        "dense 512, 128, 64 on 11 columns",
        learning_rate=LEARNING_RATES["mlp"],
        reported="accuracy 0.80",
    ),
    _alone(
        "mood-mlp-hardtanh",
        "two dense layers with hard tanh on 11 columns",
        learning_rate=1e-4,
        reported="accuracy about 0.80",
    ),
    _alone(
        "mood-cnn",
        "1-D convolutions along 11 columns",
        learning_rate=1e-4,
        reported="accuracy 0.80",
    ),
    _alone(
        "mood-rnn",
        "Elman network on mel frames",
        learning_rate=LEARNING_RATES["rnn"],
        reported="accuracy 0.56",
    ),
    _alone(
        "mood-lstm",
        "LSTM on mel frames",
        learning_rate=LEARNING_RATES["lstm"],
        reported="accuracy 0.66",
        example={"units": 9},
    ),
    _ensemble("rnn", "outputs", learning_rate=1e-3, batch_size=64, reported="accuracy 0.83"),
    _ensemble(
        "lstm",
        "outputs",
        learning_rate=1e-2,
        batch_size=128,
        reported="accuracy 0.85 (321 of 378)",
    ),
    _ensemble("rnn", "penultimate", learning_rate=1e-2, batch_size=128, reported="accuracy 0.83"),
    _ensemble("lstm", "penultimate", learning_rate=1e-2, batch_size=128, reported="accuracy 0.84"),
)
