"""Autoen-chorder: popularity.

The report has 10,000 previews of SpotGenTrack, 8,500 to train and 1,500 to test.
"""

from kerasfeat.recipes import Hyperparameter, Recipe, Stage
from kerasfeat.search_ranges import AUTOENCHORDER

REFERENCE = "Ramirez Echavarria, Varma: Autoen-chorder: Predicting Musical Success With Neural Nets"
HITMUSICNET = (
    "Martín-Gutiérrez et al. 2020: A Multimodal End-to-End Deep Learning Architecture for "
    "Music Popularity Prediction"
)
ADAM: dict[str, Hyperparameter] = {
    "optimizer": "adam",
    "weight_decay": 0.0,
    "batch_size": 256,
    "clip_s": 30.0,
    "epochs": 100,
    "patience": 100,
}
# Autoencoders train until their error no longer falls for two epochs, fifty at most.
SHORT: dict[str, Hyperparameter] = {
    "epochs": 50,
    "patience": 2,
    "learning_rate": 1e-3,
    "loss": "default",
}
TABLES = ("features", "lowlevel")
EXAMPLE: dict[str, Hyperparameter] = {"clip_s": 4.0}


CODED = (Stage("autoencoder"), Stage(freeze=("autoencoder",)))
REPORTED = {
    "hitmusicnet": "MAE 0.083, MSE 0.0112; on the one clean fold MAE 0.0839",
    "hitmusicnet-classes": "accuracy 0.83; on the one clean fold 0.8313",
}
# The paper's classes have the shares 18, 76 and 6 %, which these limits come near to (our choice).
EDGES = (0.25, 0.65)


def _pretrained(*parts: str) -> dict[str, Hyperparameter]:
    """The training of parts that train alone first."""
    return {f"{part}.{name}": value for part in parts for name, value in SHORT.items()}


def _hitmusicnet(divisor: int, edges: tuple[float, ...]) -> Recipe:
    """HitMusicNet with one of the code sizes of its paper, on popularity or its three classes."""
    name = "hitmusicnet" + (f"-{divisor}" if divisor != 5 else "") + ("-classes" if edges else "")
    return Recipe(
        name,
        f"an autoencoder of all columns to a {divisor}th, dense layers on its code"
        + ("; low, medium, high" if edges else ""),
        task="popularity",
        inputs=TABLES,
        model="hitmusicnet",
        hyperparameters={
            **ADAM,
            **_pretrained("autoencoder"),
            "autoencoder.divisor": divisor,
        },
        example=EXAMPLE,
        stages=CODED,
        edges=edges,
        class_weights=bool(edges),
        reference=HITMUSICNET,
        reported=REPORTED.get(name),
    )


def _autoenchorder(depth: int) -> Recipe:
    """The report's own network, with one of the depths of its code."""
    return Recipe(
        "autoenchorder" + (f"-{depth}" if depth != 7 else ""),
        f"two autoencoders' codes of 20, low-level columns and VGGish, {depth} dense layers on "
        "both; outliers weigh more",
        task="popularity",
        inputs=("lowlevel", "vggish"),
        model="autoenchorder",
        hyperparameters={
            **ADAM,
            **_pretrained("table", "sequence"),
            "table.code": 20,
            "sequence.code": 20,
            "depth": depth,
            "batch_size": 200,
            "learning_rate": 1e-3,
            "loss": "outlier_weighted",
        },
        example=EXAMPLE,
        stages=(Stage("table"), Stage("sequence"), Stage(freeze=("table", "sequence"))),
        reference=REFERENCE,
        reported="better than HitMusicNet on 919 of 1,500 test songs (61.2 %)",
        space=AUTOENCHORDER,
    )


RECIPE = (
    *(_hitmusicnet(divisor, edges) for divisor in (5, 4, 7) for edges in ((), EDGES)),
    Recipe(
        "autoenchorder-rnn",
        "an autoencoder's code of low-level columns and an LSTM over VGGish, dense layers on both",
        task="popularity",
        inputs=("lowlevel", "vggish"),
        model="autoenchorder_rnn",
        hyperparameters={**ADAM, **_pretrained("autoencoder"), "autoencoder.code": 20},
        example=EXAMPLE,
        stages=CODED,
        reference=REFERENCE,
        reported="below HitMusicNet",
    ),
    Recipe(
        "autoenchorder-hmn-vggish",
        "HitMusicNet's code and the mean of VGGish, dense layers on both",
        task="popularity",
        inputs=(*TABLES, "vggish"),
        model="autoenchorder_hmn_vggish",
        hyperparameters={**ADAM, **_pretrained("autoencoder")},
        example=EXAMPLE,
        stages=CODED,
        reference=REFERENCE,
        reported="below HitMusicNet",
    ),
    Recipe(
        "autoenchorder-lossnet",
        "HitMusicNet plus what a network on VGGish makes of its signed residual",
        task="popularity",
        inputs=(*TABLES, "vggish"),
        model="autoenchorder_lossnet",
        hyperparameters={**ADAM, **_pretrained("base.autoencoder")},
        example=EXAMPLE,
        stages=(
            Stage("base.autoencoder"),
            Stage("base", freeze=("base.autoencoder",)),
            Stage(freeze=("base",)),
        ),
        reference=REFERENCE,
        reported="no gain",
    ),
    *map(_autoenchorder, (7, 9, 12)),
    Recipe(
        "random-normal",
        "baseline: N(0.4002, 0.1679), whatever the song",
        task="popularity",
        inputs=("features",),
        model="random_normal",
        hyperparameters={"epochs": 1, "weight_decay": 0.0},
        reference=REFERENCE,
    ),
)
