"""Inputs of published shapes, and small ones, whose sizes all differ."""

import pytest

from kerasfeat.fields import Field
from kerasfeat.recipes import recipes
from kerasfeat.songs.schema import FEATURES
from kerasfeat.tasks import CLASSES, tasks

AXES = {
    "features": ("columns",),
    "lowlevel": ("columns",),
    "mfcc": ("frames", "coefficients"),
    "logmel": ("frames", "mels"),
    "spectrogram": ("frames", "bins"),
    "hpss": ("frames", "mels", "channels"),
    "midside_waveform": ("samples", "channels"),
    "midside_logmel": ("mels", "frames", "channels"),
    "vggish": ("patches", "dims"),
}
SMALL = {
    "lowlevel": (19,),
    "mfcc": (22, 20),
    "logmel": (7, 14),
    "spectrogram": (29, 17),
    "hpss": (31, 12, 2),
    "midside_waveform": (22_300, 2),
    "midside_logmel": (8, 311, 2),
    "vggish": (4, 21),
}
LABELS = {"mood": ("calm", "energetic", "happy", "sad"), "genre": tuple("abcdefghi")}


class Case:
    """A recipe with what its network is built of."""

    def __init__(self, name, shapes):
        self.recipe = recipes.get(name)
        task = tasks.get(self.recipe.task).choose(self.recipe.targets)
        self.task = task if task.kind == CLASSES else task.banded(self.recipe.edges)
        columns = tuple(c for c in self.recipe.columns or FEATURES if c not in task.targets)
        self.labels = (
            (self.task.bands if self.task.edges else LABELS[task.name])
            if self.task.kind == CLASSES
            else ()
        )
        shapes = {"features": (len(columns),), **shapes}
        named = {"features": columns} if shapes["features"] == (len(columns),) else {}
        self.fields = {
            name: Field(name, shapes[name], AXES[name], columns=named.get(name, ()))
            for name in self.recipe.inputs
        }

    @property
    def stages(self):
        """Paths of the parts that train alone."""
        return [stage.part for stage in self.recipe.stages if stage.part]


@pytest.fixture
def small():
    """Function from a recipe's name to its Case on small inputs."""
    return lambda name: Case(name, SMALL)


@pytest.fixture
def published():
    """Function from a recipe's name and the shapes of its inputs to its Case."""
    return Case
