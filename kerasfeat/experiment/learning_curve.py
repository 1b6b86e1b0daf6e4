"""How good a model gets with fewer training songs: the same experiment on parts of them, scored on
the same test songs.
"""

from typing import Any

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.evaluation import bootstrap
from kerasfeat.experiment.evaluation import Trainable
from kerasfeat.experiment.folds import UNUSED, Fold, Split
from kerasfeat.experiment.kept import kept_array
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.experiment.stages import Places
from kerasfeat.files import write_array
from kerasfeat.pipeline.batches import predict_songs
from kerasfeat.progress import say

SHARES = (8, 4, 2)  # one part in so many of the training songs
FEWEST = 10  # training songs


def learning_curve(run: RunDirectory, experiment: Trainable, whole: Fold) -> list[dict[str, Any]]:
    """Train on an eighth, a quarter, and half of the training songs; goes on where an earlier
    process was killed.

    Args:
        run: where predictions and logs go.
        experiment: what is trained.
        whole: the same with all training songs.

    Returns:
        A list of {"songs", "value" of the main metric, "interval"}, the last with all training
        songs; without parts of them that can't be learnt from, which are told.
    """
    target, split = experiment.target, whole.split
    tested = split.of("test")
    truth, (unit, _) = experiment.dataset.y[tested], _units(experiment, tested)
    order, rows = _order(experiment, split), []
    for share in SHARES:
        used = order[: len(order) // share]
        if len(used) < FEWEST:
            continue
        try:
            rows.append((len(used), _predictions(run, experiment, _only(split, used), share)))
        except KerasfeatError as error:  # such as of audio that only other songs have
            say(f"learning curve without {len(used)} songs: {error}")
    found = []
    for songs, predicted in [*rows, (len(order), whole.predictions["model"])]:
        scores = bootstrap.with_intervals(target, truth, predicted, unit)
        interval = scores["ci95"].get(target.main_metric)
        found.append({"songs": songs, "value": scores[target.main_metric], "interval": interval})
    return found


def _units(experiment: Trainable, songs: Array) -> tuple[Array, dict[str, Any]]:
    return bootstrap.units(experiment.dataset.grouped.iloc[songs])


def _predictions(run: RunDirectory, experiment: Trainable, split: Split, share: int) -> Array:
    """Predictions of the test songs after one training, kept in the run's work folder."""
    name = f"learning-{share}"
    kept = run.work / name / "predictions.npy"
    if kept.exists():
        return kept_array(kept)
    logs = run / "tensorboard" / name
    places = Places(run.work / name / "checkpoints", logs, f"1/{share} of songs")
    model = experiment.train(split, places).model
    heads, inputs = experiment.target.heads, experiment.dataset.inputs
    predicted = predict_songs(model, heads, inputs, split.of("test"))
    write_array(kept, predicted)
    return predicted


def _order(experiment: Trainable, split: Split) -> Array:
    """The training songs shuffled so that any first part of them has about the labels of all."""
    songs = np.random.default_rng(experiment.seed).permutation(split.of("train"))
    labels = experiment.target.strata(experiment.dataset.y[songs])
    rank = np.empty(len(songs))
    for label in np.unique(labels):
        own = labels == label
        rank[own] = (np.arange(own.sum()) + 0.5) / own.sum()
    return songs[np.argsort(rank, kind="stable")]


def _only(split: Split, used: Array) -> Split:
    """The split with these training songs alone."""
    kept = split.parts != "train"
    kept[used] = True
    return Split(split.name, np.where(kept, split.parts, UNUSED))
