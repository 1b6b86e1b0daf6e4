"""What a trained model, its members, and simple models say of the test songs of a split."""

from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from kerasfeat.evaluation.baselines import fit_baselines
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import Fold, Split
from kerasfeat.experiment.importance import keep_importance
from kerasfeat.experiment.kept import kept_arrays, kept_json
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.timelines import keep_windows
from kerasfeat.experiment.training import MEMBER, Experiment, Trained, Watch
from kerasfeat.files import write_arrays, write_json
from kerasfeat.pipeline.batches import by_song, predict_each_window, predict_songs
from kerasfeat.targets import Target

UNCALIBRATED = "uncalibrated"


class Trainable(Protocol):
    """What can be trained on a split."""

    @property
    def dataset(self) -> Dataset:
        """The songs."""

    @property
    def target(self) -> Target:
        """What is learnt."""

    @property
    def members(self) -> tuple[str, ...]:
        """What the networks are called that the model asks; empty where it is one."""

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""

    @property
    def networks(self) -> tuple[Experiment, ...]:
        """What trains networks."""

    @property
    def learns_validation(self) -> bool:
        """Whether the model is fitted to validation songs too, or a part of it was."""

    def watched(self, watch: Watch) -> "Trainable":
        """The same with further Keras callbacks of each training."""

    def train(self, split: Split, places: Places) -> Trained:
        """A model trained on a split."""


def evaluate_fold(
    experiment: Trainable, split: Split, work: Path, places: Places
) -> tuple[keras.Model | None, Fold]:
    """Train, then predict the test songs.

    The result is kept in `work`, so that a finished fold is never trained again.

    Returns:
        (the model, None where the fold was finished before; the fold).
    """
    kept, past = work / "predictions.npz", work / "history.json"
    if kept.exists():
        return None, Fold(split, predictions=kept_arrays(kept), **kept_json(past))
    trained = experiment.train(split, places)
    target, inputs, test = experiment.target, experiment.dataset.inputs, split.of("test")
    windows, owner = predict_each_window(trained.model, target.heads, inputs, test)
    predictions = {"model": by_song(windows, owner, len(test))}
    asked = {one.name: one for one in trained.members}
    for number, name in enumerate(experiment.members, 1):
        answers = np.full(predictions["model"].shape, np.nan)  # of one that was left out
        if name in asked:
            one = asked[name]
            answers = predict_songs(one.model, target.heads, one.inputs, test)
        predictions[f"{MEMBER}{number}"] = answers
    if trained.uncalibrated is not None:
        predictions[UNCALIBRATED] = predict_songs(trained.uncalibrated, target.heads, inputs, test)
    # Baselines see training and validation songs: whatever the model has seen in any way.
    dataset, known = experiment.dataset, split.parts != "test"
    pooled, y, groups = dataset.pooled, dataset.y, dataset.groups
    predictions |= fit_baselines(
        target,
        pooled.of(known),
        y[known],
        groups[known],
        test=pooled.of(test),
        seed=experiment.seed,
    )
    keep_windows(work, windows, owner)
    keep_importance(experiment, trained.model, test, work)
    told: dict[str, Any] = {"history": trained.history, "weights": trained.weights}
    write_json(past, told)
    write_arrays(kept, **predictions)
    return trained.model, Fold(split, predictions=predictions, **told)
