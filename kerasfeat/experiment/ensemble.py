"""Members that differ, weighted by how well they answer for songs that they have not learnt.

For each set of inputs that a song may have, the members that read no others have weights of their
own: so a song without audio is answered by what reads the table, as well as that can be.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import UNUSED, Split
from kerasfeat.experiment.member_kinds import MANY_SONGS
from kerasfeat.experiment.members import Learnt, Member, has_inputs
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.training import Experiment, Trained, TrainedMember, Watch
from kerasfeat.networks.blending import before_calibration, blend_layers
from kerasfeat.networks.ensembles import ensemble
from kerasfeat.progress import say
from kerasfeat.songs import splits
from kerasfeat.targets import Target

FOLDS = 5  # within the training and validation songs
# A large table's networks take longer, and hold back fewer songs: some of more folds are trained.
LARGE_TABLE_FOLDS, TRAINED_FOLDS = 10, 2
FEWEST_WITHOUT_FOLDS = 20_000  # songs, half of whose validation songs tell members apart
MOST_BYTES = 20e6  # of the members' constants
LEAST_WEIGHT = 0.02  # a member that says less says nothing
FEWEST_SONGS = 20  # that tell members apart


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

    @property
    def networks(self) -> tuple[Experiment, ...]:
        """What trains networks."""
        return tuple(network for learner in self.learners for network in learner.networks)

    @property
    def learns_validation(self) -> bool:
        """True: members learn these songs as they learn the training songs."""
        return True

    def watched(self, watch: Watch) -> "Ensemble":
        """The same with further Keras callbacks of each training."""
        return replace(self, learners=tuple(one.watched(watch) for one in self.learners))

    def train(self, split: Split, places: Places) -> Trained:
        """Train every member, find the weights, and make one model of those that have some.

        The weights are those under which the loss is lowest of songs that were held back in turn
        from the members: no test song is looked at. Members that would have no song to learn from
        are left out, and told: their weight is 0, and they are none of the result's members.

        Raises:
            KerasfeatError: no song has audio for an input that is heard, or no member that is left
                can answer a test song.
        """
        self.dataset.require_audio(np.arange(len(self.dataset.songs)))
        inner = self._inner(split)
        able = tuple(learner for learner in self.learners if learner.can_learn(split, inner))
        _require_answers(self.dataset, able, split)
        if len(able) < len(self.learners):
            names = ", ".join(learner.name for learner in self.learners if learner not in able)
            say(
                f"{places.title}: skipped {names}: one inner training split has no song with all "
                "of their inputs"
            )
        trained = replace(self, learners=able)._trained(split, inner, places)
        return replace(trained, weights=dict.fromkeys(self.members, 0.0) | trained.weights)

    def _trained(self, split: Split, inner: Sequence[Split], places: Places) -> Trained:
        """Every member trained, and what they are as one."""
        learnt = [learner.learn(split, inner, places) for learner in self.learners]
        rows = self._rows(learnt)
        kept = np.flatnonzero(np.any([row.reads for row in rows], axis=0))
        model = ensemble(
            [(learnt[place].model, learnt[place].fields) for place in kept],
            self.dataset.fields,
            self._pool(rows, kept),
            every=True,
        )
        weights = dict(zip(self.members, rows[-1].shares.tolist(), strict=True))
        told = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items() if weight)
        size = sum(learnt[place].bytes for place in kept) / 1e6
        say(f"{places.title}: answered by {told} ({size:.1f} MB)")
        members = tuple(
            TrainedMember(one.name, one.model, learner.dataset.inputs)
            for one, learner in zip(learnt, self.learners, strict=True)
        )
        history = [row for one in learnt for row in one.history]
        uncalibrated = before_calibration(model, self.target)
        return Trained(model, history, members, weights, uncalibrated)

    def _rows(self, learnt: Sequence[Learnt]) -> list["_Row"]:
        """The weights for each set of inputs, of members that together are no larger than
        MOST_BYTES: the largest ones are left out, and told.
        """
        left_out: list[int] = []
        while True:
            rows = [self._weigh(own, learnt, left_out) for own in self._modalities()]
            rows = [row for row in rows if row.reads.any()]
            kept = np.flatnonzero(np.any([row.reads for row in rows], axis=0)).tolist()
            if sum(learnt[place].bytes for place in kept) <= MOST_BYTES or len(kept) == 1:
                return rows
            largest = max(kept, key=lambda place: learnt[place].bytes)
            say(
                f"{learnt[largest].name} is left out: it would take "
                f"{learnt[largest].bytes / 1e6:.0f} MB of a model of {MOST_BYTES / 1e6:.0f}"
            )
            left_out.append(largest)

    def _inner(self, split: Split) -> list[Split]:
        """Splits of what may be learnt, each with songs that are held back as "test": all folds of
        it or some, or one split where there are many songs.
        """
        known = np.flatnonzero(np.isin(split.parts, ["train", "validation"]))
        inner: list[Array] = []
        with suppress(KerasfeatError):  # such as a class that too few artists have
            inner = self._folds(known)
        if not inner:
            return [Split("1", self._halved(split.parts))]
        return [
            Split(str(number), _among(parts, known, len(split.parts)))
            for number, parts in enumerate(inner, 1)
        ]

    def _folds(self, known: Array) -> list[Array]:
        """The parts of these songs in each training, [known]; none where there are many songs.

        A network that hears many takes long: it is trained once.
        """
        y, groups = self.dataset.y[known], self.dataset.groups[known]
        if len(known) < MANY_SONGS:
            return splits.folds(y, groups, min(FOLDS, len(np.unique(groups))), self.seed)
        if len(known) < FEWEST_WITHOUT_FOLDS and not self.dataset.inputs.frontends:
            share = 1 / LARGE_TABLE_FOLDS  # of the validation songs
            return splits.folds(y, groups, LARGE_TABLE_FOLDS, self.seed, share)[:TRAINED_FOLDS]
        return []

    def _halved(self, parts: Array) -> Array:
        """Half of the validation songs' groups stop networks, and the others judge all members: a
        network looks best on the songs that stopped it.
        """
        known = np.where(parts == "test", UNUSED, parts)
        validation = np.flatnonzero(parts == "validation")
        groups, own = np.unique(self.dataset.groups[validation], return_inverse=True)
        drawn = np.random.default_rng(self.seed).permutation(len(groups))
        known[validation[drawn[own] % 2 == 1]] = "test"
        return known

    def _modalities(self) -> list[frozenset[str]]:
        """Every set of inputs that a song may have, the whole last; audio is one of them."""
        inputs = self.dataset.inputs
        each = [frozenset([name]) for name in inputs.tables]
        each += [frozenset(inputs.frontends)] if inputs.frontends else []
        return [
            frozenset().union(*some)
            for size in range(1, len(each) + 1)
            for some in combinations(each, size)
        ]

    def _weigh(
        self, inputs: frozenset[str], learnt: Sequence[Learnt], left_out: Sequence[int]
    ) -> "_Row":
        """The weights of the members where a song has just these inputs."""
        reads = np.array([{field.name for field in one.fields} <= inputs for one in learnt])
        reads[list(left_out)] = False
        weights = {head: np.zeros(len(learnt)) for head in self.target.heads}
        places = np.flatnonzero(reads).tolist()
        if places:
            answers = np.stack([learnt[place].answers for place in places])
            songs = np.flatnonzero(np.isfinite(answers).all(axis=(0, 2)))
            for head, found in self._lowest(answers[:, songs], self.dataset.y[songs]).items():
                weights[head][places] = found
        return _Row(inputs, np.any([own > 0 for own in weights.values()], axis=0), weights)

    def _lowest(self, answers: Array, truth: Array) -> dict[str, Array]:
        """head -> weights [members] under which these songs' loss is lowest, 0 of members that say
        next to nothing; equal ones where there are too few songs to tell.
        """
        if len(truth) < FEWEST_SONGS:
            return dict.fromkeys(self.target.heads, np.full(len(answers), 1 / len(answers)))
        found = self.target.member_weights(answers, truth)
        saying = np.any([own >= LEAST_WEIGHT * own.sum() for own in found.values()], axis=0)
        if saying.all():
            return found
        again = self._lowest(answers[saying], truth)
        return {head: _at(own, saying) for head, own in again.items()}

    def _pool(
        self, rows: Sequence["_Row"], kept: Array
    ) -> Callable[[str], Callable[[list[Tensor]], Tensor]]:
        # Where members are left out, the same others may answer for several sets of inputs; they
        # have the same weights then, and count once.
        readers = {
            tuple(int(self._reads(row.inputs, place)) for place in kept): row for row in rows
        }

        def pool(head: str) -> Callable[[list[Tensor]], Tensor]:
            # Weights whose sum is not 1 calibrate: for a song that has everything it is told apart.
            temperature = 1 / float(rows[-1].weights[head].sum())
            weights = [(temperature * row.weights[head][kept]).tolist() for row in readers.values()]
            blend, answer = blend_layers(
                self.target, head, temperature, answering=list(readers), weights=weights
            )
            return lambda answers: answer(blend(answers))

        return pool

    def _reads(self, inputs: frozenset[str], place: int) -> bool:
        """Whether the member at a place reads no other inputs than these."""
        return set(self.learners[place].dataset.inputs.names) <= inputs


@dataclass(frozen=True)
class _Row:
    """The weights of all members where a song has some inputs.

    Attributes:
        inputs: their names.
        reads: [members] whether each has a weight.
        weights: head -> [members].
    """

    inputs: frozenset[str]
    reads: Array
    weights: dict[str, Array]

    @property
    def shares(self) -> Array:
        """How much each member says of all, [members], the mean of all heads."""
        return np.mean([own / own.sum() for own in self.weights.values()], axis=0)


def _require_answers(dataset: Dataset, able: Sequence[Member], split: Split) -> None:
    """Refuse to train where no member that is `able` to learn can answer a test song."""
    answered = np.zeros(len(split.parts), bool)
    for learner in able:
        answered |= has_inputs(learner.dataset)
    tested = split.of("test") if "test" in split.parts else np.flatnonzero(split.parts != UNUSED)
    lost = tested[~answered[tested]]
    if not len(lost):
        return
    inputs = dataset.inputs
    had = [name for name in inputs.names if any(inputs.has(name, song) for song in lost)]
    raise KerasfeatError(
        f"no member can answer {len(lost):,} of the {len(tested):,} songs from what they have "
        f"({', '.join(had)}): none reads just that, or a part of the training songs has no such "
        "song. Give more of them, name other --members, or leave an input out with --inputs."
    )


def _among(parts: Array, known: Array, songs: int) -> Array:
    """The parts of some songs as those of all."""
    found = np.full(songs, UNUSED, object)
    found[known] = parts
    return found.astype(str)


def _at(values: Array, places: Array) -> Array:
    """Values at some places, bool [all], and 0 elsewhere."""
    found = np.zeros(len(places))
    found[places] = values
    return found
