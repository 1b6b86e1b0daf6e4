"""What is learnt of a song: one label of several, any number of labels, or numbers.

A target is read from a table, encoded, scored, and written in one place. NumPy, pandas and SciPy
are all that it needs; what Keras makes of it stands in kerasfeat.models.heads.
"""

from kerasfeat.targets.multiclass import Multiclass
from kerasfeat.targets.multilabel import Multilabel
from kerasfeat.targets.regression import Regression
from kerasfeat.targets.scores import LOWER_IS_BETTER
from kerasfeat.targets.target import Target

__all__ = ["LOWER_IS_BETTER", "Multiclass", "Multilabel", "Regression", "Target", "of_run"]

_BY_KIND = {kind.kind: kind for kind in (Multiclass, Multilabel, Regression)}


def of_run(state: dict) -> Target:
    """The target that a run was trained on, from the contents of its run.json."""
    return _BY_KIND[state["kind"]].from_json(state)
