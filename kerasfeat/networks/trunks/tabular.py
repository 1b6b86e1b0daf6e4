"""Trunks over table columns."""

from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS
from kerasfeat.networks.layer_rows import dense
from kerasfeat.networks.submodels import ScaleOfSubmodels
from kerasfeat.networks.trunks import trunk


@trunk(
    axes=(COLUMNS,),
    training={
        "learning_rate": 2e-3,
        "weight_decay": 1e-2,
        "batch_size": 64,
        "epochs": 100,
        "patience": 16,
    },
    many_songs={
        "bins": 48,
        "units": 256,
        "dropout": 0.2,
        "batch_size": 256,
        "patience": 8,
    },
)
def tabular(
    inputs: dict[str, Tensor],
    *,
    units: int = 128,
    blocks: int = 2,
    dropout: float = 0.3,
    submodels: int = 16,
) -> Tensor:
    """Dense layers over encoded table columns, each submodel reading them on scales of its own.

    Source: Gorishniy et al. 2025, arXiv 2410.24210 (TabM-mini).
    """
    (x,) = inputs.values()
    x = ScaleOfSubmodels(submodels)(x)  # [batch, submodels, encoded]
    return dense(x, (units,) * blocks, dropout=dropout)  # [batch, submodels, units]
