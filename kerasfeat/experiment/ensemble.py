"""Members that differ, weighted by how well they answer for songs that they have not learnt.

For each set of inputs that a song may have, the members that read no others have weights of their
own: so a song without audio is answered by what reads the table, as well as that can be.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import keras
import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import Split
from kerasfeat.experiment.members import UNUSED, Learnt, Member
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.training import Trained, Watch
from kerasfeat.networks.blending import Blend, calibrated
from kerasfeat.networks.ensembles import ensemble
from kerasfeat.progress import detail
from kerasfeat.songs import splits
from kerasfeat.targets import Target

FOLDS = 5  # within the training and validation songs
# From this many songs on, the validation songs are enough to find the weights by.
MANY_SONGS = 2000
LEAST_WEIGHT = 0.02  # a member that says less says nothing


@dataclass(frozen=True)
class Ensemble:
    """Members that are trained, and weighted, on each split.

    Attributes:
        dataset: all songs, with the inputs of all members.
        learners: the members.
        seed: of everything that is drawn.
    """

    dataset: Dataset
    learners: tuple[Member, ...]
    seed: int

    @property
    def target(self) -> Target:
        """What is learnt."""
        return self.dataset.target

    @property
    def members(self) -> tuple[str, ...]:
        """The members' names."""
        return tuple(learner.name for learner in self.learners)

    def watched(self, watch: Watch) -> "Ensemble":
        """The same with further Keras callbacks of each training."""
        return replace(self, learners=tuple(one.watched(watch) for one in self.learners))

    def train(self, split: Split, places: Places) -> Trained:
        """Train every member, find the weights, and make one model of those that have some.

        The weights are those under which the loss is lowest of songs that were held back in turn
        from the members: no test song is looked at.
        """
        inner = self._inner(split)
        learnt = [learner.learn(split, inner, places) for learner in self.learners]
        held = np.unique(np.concatenate([own.of("test") for own in inner]))
        rows = [
            self._weigh(own, learnt, held) for own in self._patterns if self._readers(own)
        ]
        kept = np.flatnonzero(
            np.max([list(row.weights.values()) for row in rows], axis=(0, 1)) > 0
        )
        ...
