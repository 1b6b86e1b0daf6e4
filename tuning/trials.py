"""One trial: an experiment trained for each repeat and inner fold, and scored on songs that are not
in the test part.
"""

import gc
import json
import math
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.evaluation import bootstrap
from kerasfeat.experiment.dataset import prepare, require_same_songs
from kerasfeat.experiment.fit import make_rounds
from kerasfeat.files import write_array, write_json
from kerasfeat.pipeline.batches import predict_songs
from kerasfeat.songs import splits

SCORED = "scored"  # the part of an inner split that the objective is measured on
SECRET = "secret"  # the test part, which no trial sees
RESULT = "result.json"


@dataclass(frozen=True)
class Bounds:
    """The part of a training that a trial of Hyperband is: it goes on where the trial `after`
    ended, and stops after `epochs`.
    """

    epochs: int | None = None
    after: Path | None = None


class Stopwatch(keras.callbacks.Callback):
    """How long an epoch takes once the first batch is behind it, in `epoch_s`."""

    epoch_s = 0.0

    def on_train_batch_end(self, batch, logs=None):
        if batch == 0:
            self._start = time.monotonic()
        else:
            self.epoch_s = (time.monotonic() - self._start) * (1 + 1 / batch)


class Trainer:
    """Trains the trials of one search; inputs are extracted once for each set of front-ends.

    Args:
        plan: the search's Plan.
        folder: the search's directory.
    """

    def __init__(self, plan, folder):
        self.plan = plan
        self.folder = Path(folder)
        self._prepared = {}
        self._songs, self.rounds = None, None

    def experiment(self, values):
        """The Experiment with `values` in place of the defaults."""
        plan = self.plan
        hyperparameters = plan.resolved(values)
        key = json.dumps(
            {name: repr(frontend) for name, frontend in hyperparameters.frontends.items()}
        )
        if key not in self._prepared:
            settings = plan.settings
            found = prepare(
                plan.table,
                plan.task,
                plan.names,
                hyperparameters.frontends,
                settings.decoder,
                settings.strict,
                plan.recipe.columns,
            )
            self._prepared[key] = self._same_songs(found)
        return plan.experiment(self._prepared[key], hyperparameters)

    def _same_songs(self, prepared):
        """Refuse inputs that some songs lack: the parts would be others, and test songs might be
        trained on.
        """
        songs = prepared.frame["track_id"].tolist()
        if self._songs is None:
            require_same_songs(self.folder, self.folder / "songs.json", prepared)
            self._songs = songs
            self.rounds = self._split(prepared)
        if songs != self._songs:
            differing = len(set(self._songs) ^ set(songs))
            raise KerasfeatError(
                f"{differing} songs can be used with the default front-ends only, or with "
                "these only."
            )
        return prepared

    def _split(self, prepared):
        """The parts of each inner round, [songs] of "train", "validation", SCORED, or SECRET."""
        settings, y = self.plan.settings, prepared.y
        ((_, parts),), _ = make_rounds(settings, self.plan.task, self.plan.table, prepared)
        if not self.plan.folds:
            return [parts]
        known = np.flatnonzero(parts != "test")
        rounds = []
        for inner in splits.folds(y[known], prepared.groups[known], self.plan.folds, settings.seed):
            whole = np.full(len(y), SECRET, dtype="U16")
            whole[known] = np.where(inner == "test", SCORED, inner)
            rounds.append(whole)
        return rounds

    def rehearse(self):
        """Train one epoch with the defaults and predict, so that a bug is an error, not a series of
        unlucky trials.

        Returns:
            Seconds that a trial takes at least: its fixed costs, and the epochs before early
            stopping can end it.
        """
        start, watch = time.monotonic(), Stopwatch()
        experiment = self.experiment({})
        once = replace(
            experiment,
            watch=lambda logs, inputs: (watch,),
            stop_after={stage.part: 1 for stage in experiment.stages},
        )
        with tempfile.TemporaryDirectory() as scratch:
            self._round(once, self.rounds[0], Path(scratch) / "work", Path(scratch) / "logs")
        training = experiment.hyperparameters.training
        epochs = (
            1 if self.plan.tuner == "hyperband" else min(training.epochs, training.patience + 1)
        )
        rounds = len(self.rounds) * self.plan.repeats
        return rounds * (time.monotonic() - start + (epochs - 1) * watch.epoch_s)

    def run(self, trial_id, values, bounds):
        """Train and score one set of hyperparameters; goes on where an earlier process was killed.

        Returns:
            A dict: `value` of the objective (mean over repeats), `values` of each repeat,
            `interval` (95 %, over artists), `epochs` (of each stage, how many its best weights
            took: the median over trainings), `trained` (epochs trained in all), and `seconds`.

        Raises:
            KerasfeatError: training diverged, or the objective is undefined.
        """
        start = time.monotonic()
        place = self.folder / f"trial_{trial_id}" / "work"
        experiment = self.experiment(values)
        self._inherit(bounds, place)
        stop_after = {"": bounds.epochs} if bounds.epochs else {}
        scores, epochs, trained = [], {}, 0
        for repeat in range(self.plan.repeats):
            answers, songs = [], []
            seeded = replace(experiment, seed=experiment.seed + repeat, stop_after=stop_after)
            for number, parts in enumerate(self.rounds):
                logs = self.folder / "tensorboard" / trial_id / f"{repeat}-{number}"
                found, history = self._round(seeded, parts, place / f"{repeat}-{number}", logs)
                answers.append(found)
                songs.append(self._scored(parts))
                for part, took in _best_epochs(history).items():
                    epochs.setdefault(part, []).append(took)
                trained += len(history)
            scores.append(
                self._score(experiment.prepared, np.concatenate(songs), np.concatenate(answers))
            )
        values, intervals = zip(*scores, strict=True)
        return {
            "value": float(np.mean(values)),
            "values": list(values),
            "interval": np.mean(intervals, axis=0).tolist(),
            "epochs": {part: math.ceil(np.median(took)) for part, took in epochs.items()},
            "trained": trained,
            "seconds": round(time.monotonic() - start, 2),
        }

    def _scored(self, parts):
        return np.flatnonzero(parts == (SCORED if self.plan.folds else "validation"))

    def _round(self, experiment, parts, work, logs):
        """(Predictions of the scored songs, history) of one training; kept in `work`, so that it is
        never trained again.
        """
        kept, past = work / "predictions.npy", work / "history.json"
        if kept.exists():
            return np.load(kept, allow_pickle=False), json.loads(past.read_text())
        # One process builds many models, whose graphs Keras and TensorFlow would all keep.
        keras.utils.clear_session()
        gc.collect()
        keras.config.set_dtype_policy(
            "mixed_float16" if self.plan.settings.mixed_precision else "float32"
        )
        model, history = experiment.train(parts, work / "checkpoints", logs, "training")
        predicted = predict_songs(
            model, experiment.target.heads, experiment.prepared.inputs, self._scored(parts)
        )
        write_json(past, history)
        write_array(kept, predicted)
        return predicted, history

    def _score(self, prepared, songs, predicted):
        """(The objective, its 95 % interval over artists) of one repeat."""
        unit, _ = bootstrap.units(prepared.grouped.iloc[songs])
        found = bootstrap.with_intervals(prepared.target, prepared.y[songs], predicted, unit)
        objective = self.plan.objective
        value = found[objective]
        if value is None or not math.isfinite(value):
            raise KerasfeatError(
                f"{objective} is undefined: the predictions, or the true values, are all the same."
            )
        return value, found["ci95"][objective]

    def _inherit(self, bounds, place):
        """Begin with what an earlier trial with the same values trained."""
        if bounds.after is None or place.exists():
            return
        temporary = place.with_name("work.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(
            bounds.after / "work", temporary, ignore=shutil.ignore_patterns("predictions*.npy")
        )
        temporary.rename(place)


def _best_epochs(history):
    """Path of each stage's part -> how many epochs its best weights took."""
    losses = {}
    for row in history:
        losses.setdefault(row.get("stage", ""), []).append(row["val_loss"])
    return {part: 1 + int(np.argmin(values)) for part, values in losses.items()}
