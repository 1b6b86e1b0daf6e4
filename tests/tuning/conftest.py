import keras_tuner
import pytest

from kerasfeat.search_ranges import Between, Choices
from tuning import oracles
from tuning.spaces import Dimension, keras_tuner_space

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
        oracle = oracles.make(
            tuner,
            space,
            keras_tuner_space(space),
            objective,
            seed=3,
            epochs=epochs,
            max_trials=max_trials,
        )
        oracle._set_project_dir(str(folder.parent), folder.name)
        if (folder / "oracle.json").exists():
            oracle.reload()
        return oracle

    return make
