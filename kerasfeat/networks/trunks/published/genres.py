"""Networks of "Predicting song genre from audio features" (Arriojas)."""

from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS
from kerasfeat.networks.layer_rows import beside, dense
from kerasfeat.networks.trunks import trunk


@trunk(axes=(COLUMNS,), several=True, scaling="unit_log")
def genre_mlp(inputs: dict[str, Tensor], *, units: tuple[int, ...] = (10,)) -> Tensor:
    """Dense layers over columns from 0 to 1, the logarithm of durations."""
    return dense(beside(inputs.values()), units)
