"""One trial: an experiment trained for each repeat and inner fold, and scored on songs that are not
in the test part.
"""

import gc
import json
import math
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.evaluation import bootstrap
from kerasfeat.experiment.dataset import Dataset, require_same_songs
from kerasfeat.experiment.folds import Split, make_splits
from kerasfeat.experiment.kept import kept_array, kept_json
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.training import Experiment
from kerasfeat.files import write_array, write_json
from kerasfeat.pipeline.batches import predict_songs
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.songs import splits
from tuning.plan import Plan

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

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            self._start = time.monotonic()
        else:
            self.epoch_s = (time.monotonic() - self._start) * (1 + 1 / batch)


class Trainer:
    """Trains the trials of one search; inputs are extracted once for each set of front-ends.

    Args:
        plan: of the search.
        folder: the search's directory.
    """

    def __init__(self, plan: Plan, folder: Path | str) -> None:
        self.plan = plan
        self.folder = Path(folder)
        self.rounds: list[Split] = []
        self._datasets: dict[str, Dataset] = {}
        self._songs: list[str] | None = None

    def experiment(self, values: Mapping[str, Any]) -> Experiment:
        """The Experiment with `values` in place of the defaults."""
        hyperparameters = self.plan.resolved(values)
        chosen = {name: repr(frontend) for name, frontend in hyperparameters.frontends.items()}
        key = json.dumps(chosen)
        if key not in self._datasets:
            self._datasets[key] = self._same_songs(self.plan.setup.dataset(hyperparameters))
        return Experiment.of(self.plan.setup, self._datasets[key], hyperparameters)

    def _same_songs(self, dataset: Dataset) -> Dataset:
        """Refuse inputs that some songs lack: the parts would be others, and test songs might be
        trained on.
        """
        songs = dataset.songs["track_id"].tolist()
        if self._songs is None:
            require_same_songs(self.folder, self.folder / "songs.json", dataset)
            self._songs = songs
            self.rounds = self._split(dataset)
        if songs != self._songs:
            differing = len(set(self._songs) ^ set(songs))
            raise KerasfeatError(
                f"{differing} songs can be used with the default front-ends only, or with "
                "these only."
            )
        return dataset

    def _split(self, dataset: Dataset) -> list[Split]:
        """The parts of each inner round: "train", "validation", SCORED, or SECRET."""
        setup, y = self.plan.setup, dataset.y
        (whole,) = make_splits(setup.spec, setup.songs, dataset).splits
        if not self.plan.folds:
            return [whole]
        known = np.flatnonzero(whole.parts != "test")
        groups, seed = dataset.groups[known], setup.spec.seed
        rounds = []
        for number, inner in enumerate(splits.folds(y[known], groups, self.plan.folds, seed), 1):
            parts = np.full(len(y), SECRET, dtype="U16")
            parts[known] = np.where(inner == "test", SCORED, inner)
            rounds.append(Split(str(number), parts))
        return rounds

    def rehearse(self) -> float:
        """Train one epoch with the defaults and predict, so that a bug is an error, not a series of
        unlucky trials.

        Returns:
            Seconds that a trial takes at least: its fixed costs, and the epochs before early
            stopping can end it.
        """
        start, watch = time.monotonic(), Stopwatch()
        experiment = self.experiment({})

        def timed(logs: Path, inputs: Inputs) -> tuple[keras.callbacks.Callback, ...]:
            return (watch,)

        once = replace(
            experiment, watch=timed, stop_after={stage.part: 1 for stage in experiment.stages}
        )
        with tempfile.TemporaryDirectory() as scratch:
            self._round(once, self.rounds[0], Path(scratch) / "work", Path(scratch) / "logs")
        training = experiment.hyperparameters.training
        epochs = (
            1 if self.plan.tuner == "hyperband" else min(training.epochs, training.patience + 1)
        )
        rounds = len(self.rounds) * self.plan.repeats
        return rounds * (time.monotonic() - start + (epochs - 1) * watch.epoch_s)

    def run(self, trial_id: str, values: Mapping[str, Any], bounds: Bounds) -> dict[str, Any]:
        """Train and score one set of hyperparameters; goes on where an earlier process was killed.

        Args:
            trial_id: of the trial.
            values: in place of the defaults.
            bounds: of a trial of Hyperband.

        Returns:
            `value` of the objective (mean over repeats), `values` of each repeat, `interval` (95 %,
            over artists), `epochs` (of each stage, how many its best weights took: the median over
            trainings), `trained` (epochs trained in all), and `seconds`.

        Raises:
            KerasfeatError: training diverged, or the objective is undefined.
        """
        start = time.monotonic()
        place = self.folder / f"trial_{trial_id}" / "work"
        experiment = self.experiment(values)
        self._inherit(bounds, place)
        stop_after = {"": bounds.epochs} if bounds.epochs else {}
        scores, trained = [], 0
        epochs: dict[str, list[int]] = {}
        for repeat in range(self.plan.repeats):
            answers, songs = [], []
            seeded = replace(experiment, seed=experiment.seed + repeat, stop_after=stop_after)
            for number, split in enumerate(self.rounds):
                name = f"{repeat}-{number}"
                logs = self.folder / "tensorboard" / trial_id / name
                answer, history = self._round(seeded, split, place / name, logs)
                answers.append(answer)
                songs.append(self._scored(split))
                for part, took in _best_epochs(history).items():
                    epochs.setdefault(part, []).append(took)
                trained += len(history)
            tested, predicted = np.concatenate(songs), np.concatenate(answers)
            scores.append(self._score(experiment.dataset, tested, predicted))
        values_of, intervals = zip(*scores, strict=True)
        return {
            "value": float(np.mean(values_of)),
            "values": list(values_of),
            "interval": np.mean(intervals, axis=0).tolist(),
            "epochs": {part: math.ceil(np.median(took)) for part, took in epochs.items()},
            "trained": trained,
            "seconds": round(time.monotonic() - start, 2),
        }

    def _scored(self, split: Split) -> Array:
        return split.of(SCORED if self.plan.folds else "validation")

    def _round(
        self, experiment: Experiment, split: Split, work: Path, logs: Path
    ) -> tuple[Array, list[dict[str, Any]]]:
        """(Predictions of the scored songs, history) of one training; kept in `work`, so that it is
        never trained again.
        """
        kept, past = work / "predictions.npy", work / "history.json"
        if kept.exists():
            return kept_array(kept), kept_json(past)
        # One process builds many models, whose graphs Keras and TensorFlow would all keep.
        keras.utils.clear_session()
        gc.collect()
        precision = "mixed_float16" if self.plan.setup.spec.mixed_precision else "float32"
        keras.config.set_dtype_policy(precision)
        trained = experiment.train(split, Places(work / "checkpoints", logs, "training"))
        heads, inputs = experiment.target.heads, experiment.dataset.inputs
        predicted = predict_songs(trained.model, heads, inputs, self._scored(split))
        write_json(past, trained.history)
        write_array(kept, predicted)
        return predicted, trained.history

    def _score(
        self, dataset: Dataset, songs: Array, predicted: Array
    ) -> tuple[float, Sequence[float]]:
        """(The objective, its 95 % interval over artists) of one repeat."""
        unit, _ = bootstrap.units(dataset.grouped.iloc[songs])
        scores = bootstrap.with_intervals(dataset.target, dataset.y[songs], predicted, unit)
        objective = self.plan.objective
        value = scores[objective]
        if value is None or not math.isfinite(value):
            raise KerasfeatError(
                f"{objective} is undefined: the predictions, or the true values, are all the same."
            )
        return value, scores["ci95"][objective]

    def _inherit(self, bounds: Bounds, place: Path) -> None:
        """Begin with what an earlier trial with the same values trained."""
        if bounds.after is None or place.exists():
            return
        temporary = place.with_name("work.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(
            bounds.after / "work", temporary, ignore=shutil.ignore_patterns("predictions*.npy")
        )
        temporary.rename(place)


def _best_epochs(history: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Path of each stage's part -> how many epochs its best weights took."""
    losses: dict[str, list[float]] = {}
    for row in history:
        losses.setdefault(row.get("stage", ""), []).append(row["val_loss"])
    return {part: 1 + int(np.argmin(values)) for part, values in losses.items()}
