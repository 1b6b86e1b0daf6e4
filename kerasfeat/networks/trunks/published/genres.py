"""Networks of "Predicting song genre from audio features" (Arriojas)."""

from kerasfeat.networks.layer_rows import beside, dense
from kerasfeat.networks.trunks import model


@model(axes=("columns",), several=True, scaling="unit_log")
def genre_mlp(inputs, *, units=(10,)):
    """Dense layers over columns from 0 to 1, the logarithm of durations."""
    return dense(beside(inputs.values()), units)
