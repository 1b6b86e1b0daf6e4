"""Classification of Spotify features using various CNN architectures: 650 windows of 30 s of 66
songs by Nicolas Jaar.

The report's two parts shared songs; ours never do.
"""

from kerasfeat.recipes import Recipe, recipes

REFERENCE = "Classification of Spotify features using various CNN architectures"
# The report tries Adam and SGD, the mean absolute and the mean squared error; epochs and learning
# rates are ours.
TRAINING = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "loss": "mean_absolute_error",
    "batch_size": 16,
    "epochs": 20,
    "patience": 20,
    "clip_s": 30.0,
}

for _name, _description, _input, _rate in (
    # At 1e-3 both get stuck in the first epochs: the sigmoid of the one is saturated, the dense
    # ReLUs of the other give 0 for every song.
    ("jaar-1dwav", "1-D convolutions on mid and side, a branch each", "midside_waveform", 1e-4),
    (
        "jaar-2dwav",
        "2-D convolutions on mid and side folded to 100 rows, a branch each",
        "midside_waveform",
        1e-4,
    ),
    (
        "jaar-2dspec",
        "2-D convolutions on the mel spectrogram of mid and side",
        "midside_logmel",
        1e-3,
    ),
    (
        "jaar-3dspec",
        "3-D convolutions on the mel spectrogram of mid and side, folded to 38 slices",
        "midside_logmel",
        1e-3,
    ),
):
    recipes.add(
        _name,
        Recipe(
            _name,
            _description,
            task="danceability",
            inputs=(_input,),
            model=_name.replace("-", "_"),
            hyperparameters={**TRAINING, "learning_rate": _rate},
            reference=REFERENCE,
        ),
    )
