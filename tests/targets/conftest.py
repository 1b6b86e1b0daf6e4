"""What every target's tests share."""

from collections.abc import Callable

import numpy as np
import pytest

from kerasfeat.evaluation.predictions import FILE, TestPredictions, read_predictions
from kerasfeat.targets import Target


@pytest.fixture(scope="session")
def through_file(tmp_path_factory) -> Callable[[Target, np.ndarray, np.ndarray], TestPredictions]:
    """A function that writes truth and prediction to a predictions.csv and reads them back."""
    folder = tmp_path_factory.mktemp("predictions")

    def through(target: Target, truth: np.ndarray, prediction: np.ndarray) -> TestPredictions:
        table = target.to_columns(truth, prediction)
        table.insert(0, "track_id", [f"s{row}" for row in range(len(table))])
        table.to_csv(folder / FILE, index=False, lineterminator="\n")
        return read_predictions(folder, target)

    return through
