"""What a trained model, its members, and simple models say of the test songs of a split."""

import json
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from kerasfeat.evaluation.baselines import fit_baselines
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import Fold, Split
from kerasfeat.experiment.importance import keep_importance
from kerasfeat.experiment.stages import Places
from kerasfeat.experiment.timelines import keep_windows
from kerasfeat.experiment.training import MEMBER, Trained
from kerasfeat.files import write_arrays, write_json
from kerasfeat.networks.ensembles import members_of
from kerasfeat.pipeline.batches import by_song, predict_each_window, predict_songs
from kerasfeat.targets import Target


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
        with np.load(kept, allow_pickle=False) as archive:
            return None, Fold(split, json.loads(past.read_text(encoding="utf-8")), dict(archive))
    trained = experiment.train(split, places)
    target, inputs, test = experiment.target, experiment.dataset.inputs, split.of("test")
    windows, owner = predict_each_window(trained.model, target.heads, inputs, test)
    predictions = {"model": by_song(windows, owner, len(test))}
    if experiment.members:
        for number, one in enumerate(members_of(trained.model, target.heads), 1):
            predictions[f"{MEMBER}{number}"] = predict_songs(one, target.heads, inputs, test)
    # Baselines see training and validation songs: whatever the model has seen in any way.
    dataset, known = experiment.dataset, split.parts != "test"
    pooled, y, groups = dataset.pooled, dataset.y, dataset.groups
    predictions |= fit_baselines(
        target, pooled.of(known), y[known], groups[known], pooled.of(test), experiment.seed
    )
    keep_windows(work, windows, owner)
    keep_importance(experiment, trained.model, test, work)
    write_json(past, trained.history)
    write_arrays(kept, **predictions)
    return trained.model, Fold(split, trained.history, predictions)
