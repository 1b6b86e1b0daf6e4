"""What a model relies on: how much worse its answers get when a column of a song, or a whole input,
is another song's.
"""

import keras
import numpy as np
from keras import tree
from sklearn.inspection import permutation_importance

from kerasfeat.evaluation import permutation_importance as reliance
from kerasfeat.evaluation import plots
from kerasfeat.files import write_arrays, write_json
from kerasfeat.networks.cutting import cut_network
from kerasfeat.targets import LOWER_IS_BETTER

SONGS = 500  # of a fold's test songs, at most
REPEATS = 5
WINDOWS = 4  # of each song's audio, spread over it
BATCH = 16  # songs
KEPT = "reliance.npz"


def explain(experiment, model, songs, folder):
    """Keep in `folder` how much worse a model answers for each song, on average over REPEATS
    shuffles of each thing that it reads.

    The things are the table's columns, and the inputs where there are several: with one alone,
    everything would be another song's.

    Args:
        experiment: an Experiment.
        model: trained by it.
        songs: test songs, which it was not trained on.
        folder: Path; KEPT there has, for each metric of `_scores`, [1 + things, songs]: the songs'
            scores, and what a shuffle takes from them.
    """
    target, inputs, y = experiment.target, experiment.prepared.inputs, experiment.prepared.y
    songs = songs[target.known(y[songs])]
    songs = songs[plots.sample(len(songs), SONGS)]
    columns, several = _things(inputs)
    if not (columns or several) or not len(songs):
        return
    predict = _predictor(target, model, inputs, songs)

    def scores(_, x, truth):
        found = _scores(target, truth, predict(x))
        # By song, so that the intervals can be over songs.
        return {
            f"{metric} {song}": score
            for metric, values in found.items()
            for song, score in enumerate(values)
        }

    rows = np.arange(len(songs))[:, np.newaxis]
    x = np.concatenate(
        [inputs.table[songs] if columns else rows[:, :0], *[rows] * len(several)], axis=1
    )  # [songs, things]
    found = permutation_importance(
        model, x, y[songs], scoring=scores, n_repeats=REPEATS, random_state=experiment.seed
    )
    kept = {}
    for metric, own in _scores(target, y[songs], predict(x)).items():
        lost = [
            found[f"{metric} {song}"].importances_mean for song in range(len(songs))
        ]  # [songs, things]
        kept[metric] = np.concatenate([[own], np.transpose(lost)])
    write_arrays(folder / KEPT, **kept)


def write_reliance(run, experiment, folders):
    """Write the run's reliance.json from what `explain` kept in each fold's folder; nothing, where
    that is nothing.
    """
    folds = []
    for path in (folder / KEPT for folder in folders):
        if path.exists():
            with np.load(path, allow_pickle=False) as archive:
                folds.append(dict(archive))
    if folds:
        _, several = _things(experiment.prepared.inputs)
        pooled = {
            metric: np.concatenate([fold[metric] for fold in folds], axis=1) for metric in folds[0]
        }
        write_json(
            run / reliance.FILE,
            {"repeats": REPEATS, **reliance.summary(experiment.prepared.columns, several, pooled)},
        )


def _things(inputs):
    """(How many columns the table has, names of the inputs where there are several)."""
    return 0 if inputs.table is None else inputs.table.shape[1], inputs.names if len(
        inputs.names
    ) > 1 else []


def _scores(target, truth, predicted):
    """Each song's scores, {metric: [songs]}; all so that more is better."""
    found = target.song_scores(truth, predicted)
    return {
        metric: -values if metric in LOWER_IS_BETTER else values for metric, values in found.items()
    }


def _predictor(target, model, inputs, songs):
    """A function from x to predictions [songs, outputs].

    x has a row a song: its table columns, and for each of several inputs the place of the song that
    the whole input is taken from.
    """
    hear, answer, owners = _parted(model, inputs.frontends)
    heard = _hear(hear, inputs, songs) if hear else []  # [songs, WINDOWS, ...] each
    columns, several = _things(inputs)
    groups = inputs.groups or dict.fromkeys(inputs.tables, range(columns))
    windows = WINDOWS if inputs.frontends else 1

    def predict(x):
        given, audio = [], iter(heard)
        for name in owners:
            taken = (
                x[:, columns + several.index(name)].astype(int) if several else np.arange(len(x))
            )
            if name in groups:
                given.append(np.repeat(x[taken][:, list(groups[name])], windows, axis=0))
            else:
                given.append(np.concatenate(next(audio)[taken]))
        answers = answer.predict_on_batch(given)
        joined = np.concatenate(
            [answers[head] for head in target.heads], axis=1
        )  # [songs * windows, outputs]
        return joined.reshape(len(songs), windows, -1).mean(axis=1)

    return predict


def _parted(model, audio):
    """A network as two models, so that a song is heard once however often the rest of it is
    shuffled.

    Args:
        model: the network.
        audio: names of its audio inputs.

    Returns:
        (model from the audio inputs to whatever one of them alone determines, None without audio;
        model from there and the tables to the heads; names of the inputs that its inputs come
        from).
    """
    cut = cut_network(model, lambda origin: len(origin.inputs) == 1 and origin.inputs <= set(audio))
    copy, tensors = cut.copy, cut.tensors
    owners = [next(iter(origin.inputs)) for origin in cut.origins]
    heard = [tensor for tensor, name in zip(tensors, owners, strict=True) if name in audio]
    hear = (
        keras.Model({tensor.name: tensor for tensor in copy.inputs if tensor.name in audio}, heard)
        if heard
        else None
    )
    return hear, keras.Model(tensors, copy.output), owners


def _hear(model, inputs, songs):
    """Each output of `model` on WINDOWS windows of every song, [songs, WINDOWS, ...]."""
    parts = []
    for start in range(0, len(songs), BATCH):
        some = [
            (song, np.linspace(0, inputs.counts[song] - 1, WINDOWS).round().astype(int))
            for song in songs[start : start + BATCH]
        ]
        batch = {
            name: np.concatenate([inputs.windows(name, song)[places] for song, places in some])
            for name in inputs.frontends
        }
        parts.append(
            [
                out.reshape(len(some), WINDOWS, *out.shape[1:])
                for out in tree.flatten(model.predict_on_batch(batch))
            ]
        )
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
