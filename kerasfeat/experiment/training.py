"""One model trained on one split, and its predictions for the songs it has not seen."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

import keras
import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.baselines import fit_baselines
from kerasfeat.experiment.dataset import Prepared
from kerasfeat.experiment.hyperparameters import Hyperparameters
from kerasfeat.experiment.importance import explain
from kerasfeat.experiment.mixup import mixup
from kerasfeat.experiment.stages import beyond, compile_model, frozen, train
from kerasfeat.experiment.timelines import keep_windows
from kerasfeat.files import write_arrays, write_json
from kerasfeat.networks.assembly import adapt, assemble
from kerasfeat.networks.ensembles import Weighted, ensemble, members_of
from kerasfeat.pipeline.batches import (
    by_song,
    ordered_batches,
    predict_each_window,
    predict_songs,
    training_batches,
)
from kerasfeat.progress import say
from kerasfeat.recipes import WHOLE
from kerasfeat.songs import splits

MEMBER = "member "


@dataclass(frozen=True)
class Experiment:
    """What is trained, whatever the split.

    Attributes:
        task, prepared, trunk, hyperparameters, seed: what their names say.
        class_weights, balanced: weigh rare classes more; draw every class equally often.
        stages: Stages in order, the last of the whole network.
        reused: Reused parts, which take the place of their stages.
        stop_after: path of a stage's part -> epochs after which it ends, whatever its schedule.
        bag: how many networks are trained, each on songs drawn with replacement, to answer by their
            mean; None for one on all songs.
        watch: function from the folder of a stage's logs, and the Inputs that its model reads, to
            further Keras callbacks; None for none.
    """

    task: object
    prepared: Prepared
    trunk: object
    hyperparameters: Hyperparameters
    seed: int
    class_weights: bool = False
    balanced: bool = False
    stages: tuple = WHOLE
    reused: tuple = ()
    stop_after: dict = field(default_factory=dict)
    bag: int | None = None
    watch: Callable | None = None

    @property
    def members(self):
        """What the networks are called that the model asks; empty where it is one."""
        return tuple(f"{MEMBER}{number}" for number in range(1, (self.bag or 0) + 1))

    @property
    def target(self):
        """What is learnt."""
        return self.prepared.target

    def assemble(self):
        """An untrained Network."""
        fields = {field.name: field for field in self.fields()}
        return assemble(
            self.target, fields, self.trunk, self.hyperparameters.trunk, genres=self.prepared.genres
        )

    def build(self):
        """An untrained model."""
        return self.assemble().model

    def fields(self):
        """The inputs' Fields, in order."""
        return self.prepared.inputs.fields(self.prepared.columns)

    def targets(self, train, shares=False):
        """Targets and weights of all songs, by head; class weights are those of the training songs.

        With `shares` a class is [labels], 1 at the song's label, and not the label's index.
        """
        arrays = self.target.arrays(self.prepared.y, shares)
        targets = {head: target for head, (target, _) in arrays.items()}
        if self.class_weights:
            return targets, dict.fromkeys(
                targets, self.target.class_weights(self.prepared.y, train)
            )
        return targets, {head: weight for head, (_, weight) in arrays.items()}

    def train(self, parts, work, logs, title):
        """Train on one split, stage after stage; goes on where an earlier process was killed.

        Args:
            parts: [songs] of "train", "validation", "test"; without validation songs, all epochs
                are trained and the last weights kept.
            work: folder for checkpoints.
            logs: TensorBoard folder.
            title: for the progress bar.

        Returns:
            (model with its best weights, history of the last stage with, where there are several,
            `stage` in the rows of the others, and `member` in all where several networks are
            trained).

        Raises:
            KerasfeatError: if no training song has audio for an input that is heard, or training
                diverges.
        """
        songs = np.flatnonzero(parts == "train")
        self._require_audio(songs)
        return (
            self._train_bag(songs, parts, work, logs, title)
            if self.bag
            else self._train(songs, parts, work, logs, title)
        )

    def _train_bag(self, songs, parts, work, logs, title):
        """Bagging (Breiman 1996, "Bagging predictors"): the same experiment on bootstrap samples of
        the training songs.
        """
        trained, history = [], []
        for number, name in enumerate(self.members, 1):
            seed, drawn = self._drawn(songs, number)
            place = name.replace(" ", "_")
            one = replace(self, seed=seed, bag=None)
            model, rows = one._train(drawn, parts, work / place, logs / place, f"{title}, {name}")
            trained.append((model, self.fields()))
            history += [{"member": number, **row} for row in rows]
        return ensemble(
            trained, self.fields(), lambda head: Weighted([1 / self.bag] * self.bag, name=head)
        ), history

    def _drawn(self, songs, number):
        """(A seed, training songs drawn with replacement) of a member: as many artists as there
        are, each with all of their songs.
        """
        draw = np.random.default_rng([self.seed, number])
        groups = splits.groups(self.prepared.frame, self.prepared.inputs.keys or None)[0][songs]
        there = np.unique(groups)
        drawn = np.concatenate([songs[groups == group] for group in draw.choice(there, len(there))])
        return int(draw.integers(2**31)), drawn

    def _train(self, songs, parts, work, logs, title):
        """Train one network on `songs`, of which some may stand there several times."""
        keras.utils.set_random_seed(self.seed)
        network = self.assemble()
        adapt(network, self.prepared.inputs, songs)
        for part in self.reused:
            part.give(network, self, parts)
        given = [f"{part.path}." for part in self.reused]
        history = []
        for stage in self.stages:
            if any(f"{stage.part}.".startswith(path) for path in given):
                continue
            places = (
                (work, logs)
                if len(self.stages) == 1
                else (work / (stage.part or "whole"), logs / stage.part)
            )
            with frozen(network, stage.freeze):
                rows = self._stage(
                    network, stage, songs, parts, *places, f"{title} {stage.part}".strip()
                )
            history += [{"stage": stage.part, **row} for row in rows] if stage.part else rows
            if stage.part and "val_loss" in rows[0]:
                best = min(rows, key=lambda row: row["val_loss"])
                say(
                    f"stage {stage.part}: best of {len(rows)} epochs {best['epoch'] + 1}, "
                    f"validation loss {best['val_loss']:.4g}"
                )
        return network.model, history

    def _require_audio(self, songs):
        """Refuse audio inputs that no training song has: nothing could be learnt of them."""
        inputs, failures = self.prepared.inputs, self.prepared.failures
        if not inputs.frontends or any(inputs.keys[song] is not None for song in songs):
            return
        told = (
            f" {len(failures)} files can't be used; the first: "
            f"{': '.join(next(iter(failures.items())))}"
            if failures
            else ""
        )
        raise KerasfeatError(
            f"input {', '.join(inputs.frontends)} can't be learnt: none of the "
            f"{len(songs)} training songs has audio.{told} "
            f"Leave it out, e.g. --inputs {','.join(inputs.tables)}."
        )

    def _stage(self, network, stage, songs, parts, work, logs, title):
        """Train one stage's model; returns its history."""
        model = network.parts[stage.part] if stage.part else network.model
        inputs, training = (
            self.prepared.inputs.only(model.input),
            self.hyperparameters.stage(stage.part),
        )
        validation = np.flatnonzero(parts == "validation")
        targets, weights = self._of(model.output, *self.targets(songs, shares=bool(training.mixup)))
        balance = self.prepared.y[songs] if self.balanced else None
        augment, mask = training.augment(inputs.frontends), training.mask(inputs.frontends)
        mix = mixup(training.mixup, inputs.fields(self.prepared.columns), self.seed)
        trained = nullcontext((model, inputs))
        if stage.freeze and not (augment or mask or mix):  # else a song is another in each epoch
            trained = beyond(network, model, stage.freeze, inputs, np.union1d(songs, validation))
        with trained as (model, inputs):
            batches = training_batches(
                inputs,
                songs,
                targets,
                weights,
                training.batch_size,
                seed=self.seed,
                augment=augment,
                mask=mask,
                balance=balance,
                mix=mix,
            )
            compile_model(
                model, self.target, training, int(batches.cardinality()), self.prepared.y[songs]
            )
            checked = (
                ordered_batches(inputs, validation, 4 * training.batch_size, targets, weights)[0]
                if len(validation)
                else None
            )
            callbacks = tuple(self.watch(logs, inputs)) if self.watch else ()
            return train(
                model,
                training,
                batches,
                checked,
                work,
                logs,
                title,
                callbacks,
                self.stop_after.get(stage.part),
            )

    def _of(self, outputs, targets, weights):
        """Targets and weights of these outputs; one that is an error, and no head, has the target
        0.
        """
        zeros = np.zeros((self.prepared.inputs.songs, 1), "float32")
        return {name: targets.get(name, zeros) for name in outputs}, {
            name: weights.get(name, zeros[:, 0] + 1) for name in outputs
        }

    def evaluate_fold(self, parts, work, logs, title):
        """Train, then predict the test songs; the result is kept in `work`, so that a finished fold
        is never trained again.

        Returns:
            (model, or None if the fold was finished before; history; {"model", "member 1" and so on
            of an ensemble, and each baseline: predictions of the test songs}).
        """
        kept, past = work / "predictions.npz", work / "history.json"
        if kept.exists():
            with np.load(kept, allow_pickle=False) as archive:
                return None, json.loads(past.read_text()), dict(archive)
        model, history = self.train(parts, work / "checkpoints", logs, title)
        test = np.flatnonzero(parts == "test")
        windows, owner = predict_each_window(model, self.target.heads, self.prepared.inputs, test)
        predictions = {"model": by_song(windows, owner, len(test))}
        if self.members:
            members = enumerate(members_of(model, self.target.heads), 1)
            predictions |= {
                f"{MEMBER}{number}": predict_songs(
                    one, self.target.heads, self.prepared.inputs, test
                )
                for number, one in members
            }
        predictions |= self._baselines(parts != "test", test)
        keep_windows(work, windows, owner)
        explain(self, model, test, work)
        write_json(past, history)
        write_arrays(kept, **predictions)
        return model, history, predictions

    def _baselines(self, known, test):
        """Baselines see training and validation songs: whatever the model has seen in any way."""
        x, categorical = self.prepared.pooled
        y = self.prepared.y
        return fit_baselines(self.target, x[known], y[known], x[test], self.seed, categorical)
