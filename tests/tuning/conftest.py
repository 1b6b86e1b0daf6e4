import keras_tuner
import pytest

from kerasfeat.search_ranges import Between, Choices
from tuning import oracles
from tuning.keras_tuner_internals import set_folder
from tuning.spaces import Dimension

SPACE = {
    "units": Dimension(Choices((4, 8, 16)), 8),
    "rate": Dimension(Between(1e-4, 1e-1, log=True), 1e-3),
    "kind": Dimension(Choices(("a", "b")), "a"),
}


@pytest.fixture
def oracle_in():
    """A function that gives the oracle of a folder, going on with what lies there."""

    def make(tuner, folder, max_trials=7, epochs=9, space=SPACE):
        objective = keras_tuner.Objective("log_loss", "min")
        oracle = oracles.make(tuner, space, objective, seed=3, epochs=epochs, max_trials=max_trials)
        set_folder(oracle, folder)
        if (folder / "oracle.json").exists():
            oracle.reload()
        return oracle

    return make
