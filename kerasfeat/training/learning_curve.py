"""How good a model gets with fewer training songs: the same experiment on parts of them, scored on the same test songs."""

import numpy as np

from kerasfeat.files import write_array
from kerasfeat.training.experiment import predict_songs

SHARES = (8, 4, 2)  # one part in so many of the training songs
UNUSED = "unused"
FEWEST = 10  # training songs


def learning_curve(run, experiment, parts, whole, score):
    """Train on an eighth, a quarter, and half of the training songs; goes on where an earlier process was killed.

    Args:
        run: a Run.
        experiment: its Experiment.
        parts: [songs] of "train", "validation", "test".
        whole: the test songs' predictions by the model that was trained on all of them.
        score: a function (true, predicted) to a dict of metrics with `ci95`.

    Returns:
        A list of {"songs", "value" of the main metric, "interval"}, the last with all training songs.
    """
    metric, truth = experiment.target.main_metric, experiment.prepared.y[parts == "test"]
    order, rows = _order(experiment, parts), []
    for share in SHARES:
        used = order[: len(order) // share]
        if len(used) >= FEWEST:
            rows.append((len(used), _predictions(run, experiment, np.where(_among(parts, used), parts, UNUSED), share)))
    found = [(songs, score(truth, predicted)) for songs, predicted in [*rows, (len(order), whole)]]
    return [{"songs": songs, "value": scores[metric], "interval": scores["ci95"].get(metric)} for songs, scores in found]


def _predictions(run, experiment, parts, share):
    """Predictions of the test songs after one training, kept in the run's work folder."""
    work = run.work / f"learning-{share}"
    kept = work / "predictions.npy"
    if kept.exists():
        return np.load(kept, allow_pickle=False)
    title = f"1/{share} of songs"
    model, _ = experiment.train(parts, work / "checkpoints", run / "tensorboard" / f"learning-{share}", title)
    predicted = predict_songs(model, experiment.target, experiment.prepared.inputs, np.flatnonzero(parts == "test"))
    write_array(kept, predicted)
    return predicted


def _order(experiment, parts):
    """The training songs shuffled so that any first part of them has about the labels of all."""
    songs = np.random.default_rng(experiment.seed).permutation(np.flatnonzero(parts == "train"))
    labels = experiment.target.strata(experiment.prepared.y[songs])
    place = np.empty(len(songs))
    for label in np.unique(labels):
        own = labels == label
        place[own] = (np.arange(own.sum()) + 0.5) / own.sum()
    return songs[np.argsort(place, kind="stable")]


def _among(parts, used):
    """[songs] whether a song is no training song, or one that is used."""
    kept = parts != "train"
    kept[used] = True
    return kept
