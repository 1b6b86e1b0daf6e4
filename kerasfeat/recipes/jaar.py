"""Classification of Spotify features using various CNN architectures: 650 windows of 30 s of 66 songs by Nicolas Jaar.

The report's two parts shared songs; ours never do.
"""

from kerasfeat.recipes import Recipe, recipes

REFERENCE = "Classification of Spotify features using various CNN architectures"
# The report tries Adam and SGD, the mean absolute and the mean squared error; epochs and learning rate are ours.
TRAINING = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "loss": "mean_absolute_error",
    "batch_size": 16,
    "epochs": 60,
    "patience": 15,
    "clip_s": 30.0,
}

for _name, _description, _input in (
    ("jaar-1dwav", "1-D convolutions on mid and side, a branch each", "midside_waveform"),
    ("jaar-2dwav", "2-D convolutions on mid and side folded to 100 rows, a branch each", "midside_waveform"),
    ("jaar-2dspec", "2-D convolutions on the mel spectrogram of mid and side", "midside_logmel"),
    ("jaar-3dspec", "3-D convolutions on the mel spectrogram of mid and side, folded to 38 slices", "midside_logmel"),
):
    recipes.add(
        _name,
        Recipe(
            _name,
            _description,
            task="danceability",
            inputs=(_input,),
            model=_name.replace("-", "_"),
            hyperparameters=TRAINING,
            reference=REFERENCE,
        ),
    )
