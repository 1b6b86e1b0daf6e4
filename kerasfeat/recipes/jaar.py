"""Classification of Spotify features using various CNN architectures.

The report has 650 windows of 30 s of 66 songs by Nicolas Jaar. Its two parts shared songs; ours
never do.
"""

from kerasfeat.recipes import Hyperparameter, Recipe

REFERENCE = "Classification of Spotify features using various CNN architectures"
# The report tries Adam and SGD, the mean absolute and the mean squared error; epochs and learning
# rates are ours.
TRAINING: dict[str, Hyperparameter] = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "loss": "mean_absolute_error",
    "batch_size": 16,
    "epochs": 20,
    "patience": 20,
    "clip_s": 30.0,
}

WAVEFORM, SPECTROGRAM = "midside_waveform", "midside_logmel"
EXAMPLES: dict[str, dict[str, Hyperparameter]] = {
    WAVEFORM: {"clip_s": 1.01},
    SPECTROGRAM: {"clip_s": 3.6, "midside_logmel.mels": 8},
}


def _recipe(name: str, description: str, audio: str, learning_rate: float) -> Recipe:
    return Recipe(
        name,
        description,
        task="danceability",
        inputs=(audio,),
        model=name.replace("-", "_"),
        hyperparameters={**TRAINING, "learning_rate": learning_rate},
        example=EXAMPLES[audio],
        reference=REFERENCE,
    )


RECIPE = (
    # At 1e-3 both get stuck in the first epochs: the sigmoid of the one is saturated, the dense
    # ReLUs of the other give 0 for every song.
    _recipe(
        "jaar-1dwav",
        "1-D convolutions on mid and side, a branch each",
        WAVEFORM,
        learning_rate=1e-4,
    ),
    _recipe(
        "jaar-2dwav",
        "2-D convolutions on mid and side folded to 100 rows, a branch each",
        WAVEFORM,
        learning_rate=1e-4,
    ),
    _recipe(
        "jaar-2dspec",
        "2-D convolutions on the mel spectrogram of mid and side",
        SPECTROGRAM,
        learning_rate=1e-3,
    ),
    _recipe(
        "jaar-3dspec",
        "3-D convolutions on the mel spectrogram of mid and side, folded to 38 slices",
        SPECTROGRAM,
        learning_rate=1e-3,
    ),
)
