"""Seven attributes of songs from their sound alone, learned from FMA's Echo Nest numbers."""

from kerasfeat.recipes import Recipe
from kerasfeat.tasks.attributes import ATTRIBUTES

RECIPE = Recipe(
    "attributes-fma",
    "musicnn's embeddings, for `data fma`: the attributes that Spotify no longer gives",
    task="attributes",
    targets=ATTRIBUTES,
    inputs=("musicnn_msd",),
    hyperparameters={"batch_size": 64, "epochs": 60, "patience": 8},
    example={"clip_s": 3.0},
    reference="VibeNet (jaeheonshim/vibenet), which learned from the same numbers",
    reported="VibeNet: correlations of 0.70 to 0.85 with the Echo Nest's numbers, on its own split",
)
