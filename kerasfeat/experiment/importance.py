"""What a model relies on: how much worse its answers get when a column of a song, or a whole input,
is another song's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from keras import tree
from sklearn.inspection import permutation_importance

from kerasfeat.arrays import Array
from kerasfeat.evaluation import permutation_importance as page
from kerasfeat.evaluation import plots
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.kept import kept_arrays
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.files import write_arrays, write_json
from kerasfeat.networks.cutting import cut_network
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.targets import LOWER_IS_BETTER, Target

SONGS = 500  # of a fold's test songs, at most
REPEATS = 5
WINDOWS = 4  # of each song's audio, spread over it
BATCH = 16  # songs
KEPT = "importance.npz"


class Explained(Protocol):
    """What was trained."""

    @property
    def dataset(self) -> Dataset:
        """The songs."""

    @property
    def target(self) -> Target:
        """What is learnt."""

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""


def keep_importance(experiment: Explained, model: keras.Model, songs: Array, folder: Path) -> None:
    """Keep in `folder` how much worse a model answers for each song, on average over REPEATS
    shuffles of each thing that it reads.

    The things are the table's columns, and the inputs where there are several: with one alone,
    everything would be another song's.

    Args:
        experiment: what was trained.
        model: the network.
        songs: test songs, which it was not trained on.
        folder: KEPT there has `songs`, their places, and for each metric of `_scores`,
            [1 + things, songs]: the songs' scores, and what a shuffle takes from them.
    """
    target, inputs, y = experiment.target, experiment.dataset.inputs, experiment.dataset.y
    songs = songs[target.known(y[songs])]
    songs = songs[plots.sample(len(songs), SONGS)]
    shuffled = _shuffled(inputs)
    if not (shuffled.columns or shuffled.inputs) or not len(songs):
        return
    predict = _predictor(target, model, inputs, songs)
    rows = np.arange(len(songs))[:, np.newaxis]
    table = inputs.table[songs] if inputs.table is not None else rows[:, :0]
    x = np.concatenate([table, *[rows] * len(shuffled.inputs)], axis=1)  # [songs, things]
    answers = predict(x)

    def scores(_: Any, x: Array, truth: Array) -> dict[str, float]:
        found = predict(x)
        # A song that got nothing from one that lacks it may have nothing left to answer from.
        found = np.where(np.isfinite(found).all(axis=1, keepdims=True), found, answers)
        # By song, so that the intervals can be over artists.
        return {
            f"{metric} {song}": score
            for metric, values in _scores(target, truth, found).items()
            for song, score in enumerate(values)
        }

    importance = permutation_importance(
        model, x, y[songs], scoring=scores, n_repeats=REPEATS, random_state=experiment.seed
    )
    kept = {}
    for metric, own in _scores(target, y[songs], answers).items():
        lost = [importance[f"{metric} {song}"].importances_mean for song in range(len(songs))]
        kept[metric] = np.concatenate([[own], np.transpose(lost)])  # [1 + things, songs]
    write_arrays(folder / KEPT, songs=songs, **kept)


def write_importance(run: RunDirectory, dataset: Dataset, folders: Sequence[Path]) -> None:
    """Write the run's permutation importance from what `keep_importance` kept in each fold's
    folder; nothing, where that is nothing.
    """
    paths = [folder / KEPT for folder in folders]
    folds = [kept_arrays(path) for path in paths if path.exists()]
    if not folds:
        return
    songs = dataset.grouped.iloc[np.concatenate([fold.pop("songs") for fold in folds])]
    pooled = {m: np.concatenate([fold[m] for fold in folds], axis=1) for m in folds[0]}
    inputs = _shuffled(dataset.inputs).inputs
    summary = page.summary(dataset.columns, inputs, pooled, songs)
    write_json(run / page.FILE, {"repeats": REPEATS, **summary})


@dataclass(frozen=True)
class _Shuffled:
    """What is shuffled among the songs.

    Attributes:
        columns: how many columns the table has.
        inputs: names of the inputs where there are several.
    """

    columns: int
    inputs: list[str]


def _shuffled(inputs: Inputs) -> _Shuffled:
    columns = 0 if inputs.table is None else inputs.table.shape[1]
    return _Shuffled(columns, inputs.names if len(inputs.names) > 1 else [])


def _scores(target: Target, truth: Array, predicted: Array) -> dict[str, Array]:
    """Each song's scores, metric -> [songs]; all so that more is better."""
    scores = target.song_scores(truth, predicted)
    return {
        metric: -values if metric in LOWER_IS_BETTER else values
        for metric, values in scores.items()
    }


def _predictor(
    target: Target, model: keras.Model, inputs: Inputs, songs: Array
) -> Callable[[Array], Array]:
    """A function from x to predictions [songs, outputs].

    x has a row a song: its table columns, and for each of several inputs the place of the song that
    the whole input is taken from.
    """
    halves = _cut_behind_audio(model, set(inputs.frontends))
    heard = _hear(halves.hear, inputs, songs) if halves.hear else []
    shuffled = _shuffled(inputs)
    groups = inputs.groups or dict.fromkeys(inputs.tables, tuple(range(shuffled.columns)))
    windows = WINDOWS if inputs.frontends else 1

    def taken(x: Array, name: str) -> Array:
        if not shuffled.inputs:
            return np.arange(len(x))
        return x[:, shuffled.columns + shuffled.inputs.index(name)].astype(int)

    def predict(x: Array) -> Array:
        given, audio = [], iter(heard)
        for name in halves.owners:
            songs_of = taken(x, name)
            if name in groups:
                rows = x[songs_of][:, list(groups[name])]
                given.append(np.repeat(rows, windows, axis=0))
            else:
                given.append(np.concatenate(next(audio)[songs_of]))
        answers = halves.answer.predict_on_batch(given)
        # [songs * windows, outputs]
        joined = np.concatenate([answers[head] for head in target.heads], axis=1)
        return joined.reshape(len(songs), windows, -1).mean(axis=1)

    return predict


@dataclass(frozen=True)
class _Halves:
    """A network as two models, so that a song is heard once however often the rest is shuffled.

    Attributes:
        hear: from the audio inputs to whatever one of them alone determines; None without audio.
        answer: from there and the tables to the heads.
        owners: names of the inputs that each input of `answer` comes from.
    """

    hear: keras.Model | None
    answer: keras.Model
    owners: list[str]


def _cut_behind_audio(model: keras.Model, audio: set[str]) -> _Halves:
    cut = cut_network(model, lambda origin: len(origin.inputs) == 1 and origin.inputs <= audio)
    owners = [next(iter(origin.inputs)) for origin in cut.origins]
    heard = [tensor for tensor, name in zip(cut.tensors, owners, strict=True) if name in audio]
    read = {tensor.name: tensor for tensor in cut.copy.inputs if tensor.name in audio}
    hear = keras.Model(read, heard) if heard else None
    return _Halves(hear, keras.Model(cut.tensors, cut.copy.output), owners)


def _hear(model: keras.Model, inputs: Inputs, songs: Array) -> list[Array]:
    """Each output of `model` on WINDOWS windows of every song, [songs, WINDOWS, ...]."""
    parts = []
    for start in range(0, len(songs), BATCH):
        some = [(song, _spread(inputs.counts[song])) for song in songs[start : start + BATCH]]
        batch = {
            name: np.concatenate([inputs.windows(name, song)[places] for song, places in some])
            for name in inputs.frontends
        }
        outputs = tree.flatten(model.predict_on_batch(batch))
        parts.append([out.reshape(len(some), WINDOWS, *out.shape[1:]) for out in outputs])
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def _spread(windows: int) -> Array:
    """WINDOWS of a song's windows, spread over it."""
    return np.linspace(0, windows - 1, WINDOWS).round().astype(int)
