"""Networks of "Predicting song genre from audio features" (Arriojas)."""

from kerasfeat.models import model
from kerasfeat.models.stacks import dense


@model(axes=("columns",), scaling="unit_log")
def genre_mlp(inputs, *, units=(10,)):
    """Dense layers over columns from 0 to 1, the logarithm of durations."""
    (x,) = inputs.values()  # [batch, columns]
    return dense(x, units)
