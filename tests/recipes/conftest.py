"""Inputs of published shapes, and small ones, whose sizes all differ."""

from dataclasses import replace

import numpy as np
import pytest

from kerasfeat.fields import Field
from kerasfeat.recipes import recipes
from kerasfeat.songs.schema import FEATURES
from kerasfeat.targets import Multiclass
from kerasfeat.tasks import tasks

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
BINS = ("high", "low", "medium")


class Case:
    """A recipe with what its network is built of."""

    def __init__(self, name: str, shapes: dict[str, tuple[int, ...]]) -> None:
        self.recipe = recipes.get(name)
        target = (
            tasks.get(self.recipe.task).choose(self.recipe.targets).binned(self.recipe.edges).target
        )
        if isinstance(target, Multiclass):
            labels = BINS[: len(target.edges) + 1] if target.edges else LABELS[target.name]
            target = replace(target, labels=labels)
        self.target = target
        columns = tuple(c for c in self.recipe.columns or FEATURES if c not in target.columns)
        shapes = {"features": (len(columns),), **shapes}
        named = {"features": columns} if shapes["features"] == (len(columns),) else {}
        self.fields = {
            name: Field(name, shapes[name], AXES[name], columns=named.get(name, ()))
            for name in self.recipe.inputs
        }

    @property
    def units(self) -> int:
        """Of each head."""
        return len(self.target.outputs) // len(self.target.heads)

    def truth(self, songs: int) -> np.ndarray:
        """Of some songs, as the target encodes it."""
        rng = np.random.default_rng(2)
        if self.target.has_labels:
            return rng.integers(len(self.target.labels), size=songs)
        return rng.random((songs, len(self.target.names)))

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
