"""One model trained on one split, stage after stage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.experiment.bagging import bootstrap_sample
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import Split
from kerasfeat.experiment.hyperparameters import Hyperparameters
from kerasfeat.experiment.mixup import mixup
from kerasfeat.experiment.reuse import Reused
from kerasfeat.experiment.setup import Setup
from kerasfeat.experiment.stages import Places, cached_frozen_parts, compile_model, frozen, train
from kerasfeat.experiment.strategies import scope, shared_evenly
from kerasfeat.networks.assembly import Network, adapt, assemble
from kerasfeat.networks.ensembles import Weighted, ensemble, members_of
from kerasfeat.networks.trunks import Trunk
from kerasfeat.pipeline.batches import ordered_batches, training_batches
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.progress import say
from kerasfeat.recipes import WHOLE, Stage
from kerasfeat.targets import Target
from kerasfeat.tasks import Task

MEMBER = "member "

# From the folder of a training's logs, and the Inputs that its model reads, to Keras callbacks.
Watch = Callable[[Path, Inputs], Sequence[keras.callbacks.Callback]]


@dataclass(frozen=True)
class TrainedMember:
    """One of several models that answer as one.

    Attributes:
        name: as people are told it.
        model: from its inputs to the target's heads.
        inputs: of all songs, as it reads them.
    """

    name: str
    model: keras.Model
    inputs: Inputs


@dataclass(frozen=True)
class Trained:
    """A model with the weights of its best epoch.

    Attributes:
        model: the network.
        history: a row an epoch of the last stage; rows of the stages before have `stage`, and where
            several networks are trained all have `member`.
        members: what it is made of, without those that were left out; empty where that is one
            network.
        weights: member -> how much it says, where that was learnt.
        uncalibrated: the model before its probabilities are calibrated, where they are.
    """

    model: keras.Model
    history: list[dict[str, Any]] = field(default_factory=list)
    members: tuple[TrainedMember, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    uncalibrated: keras.Model | None = None


def joined(
    model: keras.Model, target: Target, names: Sequence[str], inputs: Inputs
) -> tuple[TrainedMember, ...]:
    """The members of an ensemble that all read `inputs`."""
    models = members_of(model, target.heads)
    return tuple(map(TrainedMember, names, models, [inputs] * len(models)))


@dataclass(frozen=True)
class Experiment:
    """What is trained, whatever the split.

    Attributes:
        task, dataset, trunk, hyperparameters, seed: what their names say.
        class_weights, balanced: weigh rare labels more; draw every label equally often.
        stages: in order, the last of the whole network.
        reused: parts that take the place of their stages.
        stop_after: path of a stage's part -> epochs after which it ends, whatever its schedule.
        bag: how many networks are trained, each on songs drawn with replacement, to answer by their
            mean; None for one on all songs.
        watch: further Keras callbacks of each training; None for none.
        strategy: as of Spec.
        start: makes a model of the same inputs and heads, which the untrained network answers like;
            None for a network that starts anew.
    """

    task: Task
    dataset: Dataset
    trunk: Trunk
    hyperparameters: Hyperparameters
    seed: int
    class_weights: bool = False
    balanced: bool = False
    stages: tuple[Stage, ...] = WHOLE
    reused: tuple[Reused, ...] = ()
    stop_after: Mapping[str, int] = field(default_factory=dict)
    bag: int | None = None
    watch: Watch | None = None
    strategy: str | None = None
    start: Callable[[], keras.Model] | None = None

    @classmethod
    def of(
        cls, setup: Setup, dataset: Dataset, hyperparameters: Hyperparameters | None = None
    ) -> "Experiment":
        """The experiment of a setup, with its hyperparameters or with others."""
        spec = setup.spec
        return cls(
            task=setup.task,
            dataset=dataset,
            trunk=setup.trunk,
            hyperparameters=hyperparameters or setup.hyperparameters,
            seed=spec.seed,
            class_weights=spec.class_weights,
            balanced=spec.balanced,
            stages=setup.recipe.stages,
            reused=setup.reused,
            stop_after=spec.refit_epochs,
            bag=spec.bag,
            strategy=spec.strategy,
        )

    @property
    def members(self) -> tuple[str, ...]:
        """What the networks are called that the model asks; empty where it is one."""
        return tuple(f"{MEMBER}{number}" for number in range(1, (self.bag or 0) + 1))

    @property
    def target(self) -> Target:
        """What is learnt."""
        return self.dataset.target

    @property
    def networks(self) -> tuple["Experiment", ...]:
        """What trains networks."""
        return (self,)

    @property
    def learns_validation(self) -> bool:
        """Whether it is a refit on these songs, or a part of it was."""
        return bool(self.stop_after) or any(part.run.learnt_validation for part in self.reused)

    def watched(self, watch: Watch) -> "Experiment":
        """The same with further Keras callbacks of each training."""
        return replace(self, watch=watch)

    def assemble(self) -> Network:
        """An untrained network."""
        fields = {field.name: field for field in self.dataset.fields}
        return assemble(
            self.target,
            fields,
            self.trunk,
            self.hyperparameters.trunk,
            genres=self.dataset.genres,
            start=self.start() if self.start else None,
        )

    def train(self, split: Split, places: Places) -> Trained:
        """Train on one split; goes on where an earlier process was killed.

        Args:
            split: without validation songs, all epochs are trained and the last weights kept.
            places: of checkpoints and logs.

        Raises:
            KerasfeatError: no training song has audio for an input that is heard, or training
                diverges.
        """
        songs = split.of("train")
        self.dataset.require_audio(songs)
        if self.bag:
            return self._train_bag(songs, split, places)
        return self._train_network(songs, split, places)

    def _train_bag(self, songs: Array, split: Split, places: Places) -> Trained:
        """The same experiment on bootstrap samples of the training songs."""
        members, history = [], []
        for number, name in enumerate(self.members, 1):
            one, drawn = self._bootstrapped(songs, number)
            trained = one._train_network(drawn, split, places.of_member(name))
            members.append((trained.model, self.dataset.fields))
            history += [{"member": number, **row} for row in trained.history]
        equal = [1 / len(members)] * len(members)
        model = ensemble(members, self.dataset.fields, lambda head: Weighted(equal, name=head))
        asked = joined(model, self.target, self.members, self.dataset.inputs)
        return Trained(model, history, asked)

    def _bootstrapped(self, songs: Array, number: int) -> tuple["Experiment", Array]:
        """(A member's experiment; its training songs). Where few songs have audio, they are drawn
        until one of those is there.
        """
        draw = np.random.default_rng([self.seed, number])
        groups = self.dataset.groups[songs]
        drawn = bootstrap_sample(songs, groups, draw)
        while self.dataset.lacks_audio(drawn):
            drawn = bootstrap_sample(songs, groups, draw)
        return replace(self, seed=int(draw.integers(2**31)), bag=None), drawn

    def _train_network(self, songs: Array, split: Split, places: Places) -> Trained:
        """Train one network on `songs`, of which some may stand there several times."""
        with scope(self.strategy):
            network, history = self._trained_network(songs, split, places)
        if self.strategy is None:
            return Trained(network.model, history)
        # What answers, is saved, and becomes a part of others is a network of no strategy.
        alone = self.assemble().model
        alone.set_weights(network.model.get_weights())
        return Trained(alone, history)

    def _trained_network(
        self, songs: Array, split: Split, places: Places
    ) -> tuple[Network, list[dict[str, Any]]]:
        """(The network, its history)."""
        keras.utils.set_random_seed(self.seed)
        network = self.assemble()
        adapt(network, self.dataset.inputs, songs)
        for part in self.reused:
            part.copy_weights(network, self.dataset, split)
        ready = tuple(f"{part.path}." for part in self.reused)
        history = []
        for stage in self.stages:
            if f"{stage.part}.".startswith(ready):
                continue
            own = places
            if len(self.stages) > 1:
                own = places.of_stage(stage.part)
            with frozen(network, stage.freeze):
                rows = self._train_stage(network, stage, songs, split, own)
            history += [{"stage": stage.part, **row} for row in rows] if stage.part else rows
            if stage.part and "val_loss" in rows[0]:
                best = min(rows, key=lambda row: row["val_loss"])
                say(
                    f"stage {stage.part}: best of {len(rows)} epochs {best['epoch'] + 1}, "
                    f"validation loss {best['val_loss']:.4g}"
                )
        return network, history

    def _train_stage(
        self, network: Network, stage: Stage, songs: Array, split: Split, places: Places
    ) -> list[dict[str, Any]]:
        """Train one stage's model; returns its history."""
        model = network.parts[stage.part] if stage.part else network.model
        inputs = self.dataset.inputs.only(model.input)
        training = self.hyperparameters.stage(stage.part)
        heard = inputs.frontends
        changing = training.augment(heard) or training.mask(heard) or training.mixup
        fit = partial(self._fit, stage=stage, songs=songs, split=split, places=places)
        if changing or not stage.freeze:  # a song that is another in each epoch can't be cached
            return fit(model, inputs)
        every = np.union1d(songs, split.of("validation"))
        with cached_frozen_parts(network, model, stage.freeze, inputs, every) as (rest, known):
            return fit(rest, known)

    def _fit(
        self,
        model: keras.Model,
        inputs: Inputs,
        *,
        stage: Stage,
        songs: Array,
        split: Split,
        places: Places,
    ) -> list[dict[str, Any]]:
        """Train what is left of a stage's model on the inputs that it reads."""
        training, validation = self.hyperparameters.stage(stage.part), split.of("validation")
        targets, weights = self._learnt(model.output, songs, shares=bool(training.mixup))
        batches = training_batches(
            inputs,
            songs,
            targets,
            weights,
            training.batch_size,
            seed=self.seed,
            augment=training.augment(inputs.frontends),
            mask=training.mask(inputs.frontends),
            balance=self.dataset.y[songs] if self.balanced else None,
            mix=mixup(training.mixup, inputs.fields(self.dataset.columns), self.seed),
        )
        steps, checked = int(batches.cardinality()), None
        compile_model(model, self.target, training, steps, self.dataset.y[songs])
        if len(validation):
            size = 4 * training.batch_size
            checked = ordered_batches(inputs, validation, size, targets, weights)[0]
        return train(
            model,
            training,
            shared_evenly(batches),
            None if checked is None else shared_evenly(checked),
            places,
            callbacks=self.watch(places.logs, inputs) if self.watch else (),
            stop_after=self.stop_after.get(stage.part),
        )

    def _learnt(
        self, outputs: Mapping[str, Any], train: Array, shares: bool
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """(output -> targets, output -> weights) of all songs; an output that is an error, and no
        head, has the target 0. With `shares` a label is a row of shares of all labels.
        """
        arrays = self.target.arrays(self.dataset.y, shares)
        if self.class_weights:
            weight = self.target.class_weights(self.dataset.y, train)
            arrays = {head: (targets, weight) for head, (targets, _) in arrays.items()}
        songs = self.dataset.inputs.songs
        error = np.zeros((songs, 1), "float32"), np.ones(songs, "float32")
        both = {name: arrays.get(name, error) for name in outputs}
        targets = {name: values for name, (values, _) in both.items()}
        return targets, {name: weights for name, (_, weights) in both.items()}
