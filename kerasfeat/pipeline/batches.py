"""From stored inputs to batches: songs shuffled, cut into their windows, weighted, and prefetched
by tf.data.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import tensorflow as tf

from kerasfeat.fields import COLUMNS, Field
from kerasfeat.pipeline.parallel import cores, dataset_options

# A training set whose inputs fit in this many bytes is kept in memory after the first epoch.
CACHE_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Inputs:
    """Every song's inputs: a row of the table, and windows of audio read from the store.

    Attributes:
        table: [songs, columns] float32 with NaN where missing, or None without tabular inputs.
        frontends: dict of name to front-end, all with the same clip_s.
        keys: content key of each song's audio, None where there is none.
        store: where the front-ends' results lie.
        groups: dict of tabular input to the table's columns (their places) that it has; None for
            one input "features" of all columns.
        genres: [songs] genre of each, None where not known, where an input needs the genres of the
            training songs.
        answers: dict of name to what is computed of each song beforehand: [songs] arrays [windows,
            ...], None of a song that nobody reads.
    """

    table: np.ndarray | None
    frontends: dict = field(default_factory=dict)
    keys: list = field(default_factory=list)
    store: object = None
    groups: dict | None = None
    genres: np.ndarray | None = None
    answers: dict = field(default_factory=dict)

    @cached_property
    def tables(self):
        """Each tabular input's part of the table: dict of name to [songs, its columns]."""
        if self.table is None:
            return {}
        if self.groups is None:
            return {"features": self.table}
        return {name: self.table[:, list(places)] for name, places in self.groups.items()}

    @property
    def names(self):
        """The inputs' names, the table's first."""
        return [*self.tables, *self.frontends]

    def only(self, names):
        """The same songs with some of their inputs."""
        if set(names) == set(self.names):
            return self
        groups = (
            None
            if self.groups is None
            else {name: places for name, places in self.groups.items() if name in names}
        )
        return replace(
            self,
            table=self.table if any(name in names for name in self.tables) else None,
            frontends={
                name: frontend for name, frontend in self.frontends.items() if name in names
            },
            groups=groups,
        )

    def answered(self, answers, songs, names):
        """The same songs with what was computed of some of them, and these of their inputs.

        Args:
            answers: dict of name to [windows, ...], of the songs one after the other.
            songs: indices of songs.
            names: of inputs.
        """
        found = {name: [None] * self.songs for name in answers}
        ends = np.cumsum(self.counts[songs])
        for name, windows in answers.items():
            for song, its in zip(
                songs, np.split(windows.astype("float32"), ends[:-1]), strict=True
            ):
                found[name][song] = its
        return replace(self.only(names), answers=found)

    def fields(self, columns=()):
        """The inputs' Fields, in the order of `names`; `columns` names those of the table."""
        groups = self.groups or dict.fromkeys(self.tables, range(len(columns)))
        tabular = [
            Field(name, (len(its),), (COLUMNS,), columns=[columns[place] for place in its])
            for name, its in groups.items()
        ]
        return tabular + [frontend.field for frontend in self.frontends.values()]

    @property
    def songs(self):
        """How many songs there are."""
        return len(next(iter(self.answers.values()), self.keys if self.frontends else self.table))

    def has(self, name, song):
        """Whether the song has any value of this input."""
        return (
            bool(np.isfinite(self.tables[name][song]).any())
            if name in self.tables
            else self.keys[song] is not None
        )

    def windows(self, name, song):
        """One input of one song [windows, ...]; one window of NaN where it is absent."""
        if name in self.answers:
            return self.answers[name][song]
        if name in self.tables:
            return self.tables[name][song][None]
        if self.keys[song] is None:
            return np.full((1, *self.frontends[name].field.shape), np.nan, "float32")
        return self.store.read(self.frontends[name], self.keys[song])

    @cached_property
    def counts(self):
        """[songs] how many windows each song is cut into: as many as every input has; one without
        audio.
        """
        for its in self.answers.values():
            return np.array([1 if windows is None else len(windows) for windows in its])

        def count(key):
            return (
                1
                if key is None
                else min(self.store.windows(frontend, key) for frontend in self.frontends.values())
            )

        return (
            np.array([count(key) for key in self.keys])
            if self.frontends
            else np.ones(self.songs, int)
        )

    @property
    def shapes(self):
        """Dict of each input that is read by the window to the shape of one."""
        answers = {
            name: next(windows for windows in its if windows is not None).shape[1:]
            for name, its in self.answers.items()
        }
        return {name: frontend.field.shape for name, frontend in self.frontends.items()} | answers


def _windows(inputs, indices, cached):
    """A dataset of ({input: [windows, ...]}, song) of the songs in `indices`, for the inputs that
    are read by the window.
    """
    shapes = inputs.shapes

    def read(song):
        return [inputs.windows(name, int(song))[: inputs.counts[song]] for name in shapes]

    def load(song):
        arrays = tf.numpy_function(read, [song], [tf.float32] * len(shapes), stateful=False)
        for array, shape in zip(arrays, shapes.values(), strict=True):
            array.set_shape((None, *shape))
        return dict(zip(shapes, arrays, strict=True)), song

    dataset = indices.map(load, num_parallel_calls=cores())
    if cached:
        dataset = dataset.cache()
    return dataset


def _fits(inputs, songs):
    window_bytes = sum(4 * int(np.prod(shape)) for shape in inputs.shapes.values())
    return window_bytes * int(inputs.counts[songs].sum()) < CACHE_BYTES


def _split_windows(dataset):
    return dataset.flat_map(
        lambda x, song: tf.data.Dataset.from_tensor_slices(x).map(lambda window: (window, song))
    )


def _finish(dataset, inputs, windows, batch_size, labels=None, mix=None):
    """Batches of `windows` (window, song) with the songs' table rows, and their targets and weights
    where `labels` has them; mixed.
    """
    tables = {name: tf.constant(table) for name, table in inputs.tables.items()}

    def gather(window, song):
        window = {**{name: tf.gather(table, song) for name, table in tables.items()}, **window}
        if labels is None:
            return window
        return (
            window,
            *({head: tf.gather(values, song) for head, values in part.items()} for part in labels),
        )

    batches = -(-windows // batch_size)
    dataset = dataset.batch(batch_size).map(gather, num_parallel_calls=cores()).take(batches)
    if mix is not None:
        dataset = dataset.map(mix)
    # Keras takes the end of a dataset of unknown size for a lack of data.
    return (
        dataset.apply(tf.data.experimental.assert_cardinality(batches))
        .prefetch(2)
        .with_options(dataset_options())
    )


def _labels(inputs, songs, targets, weights):
    """Targets, and weights that spread a song's weight over its windows: long songs don't count for
    more.
    """
    counts = inputs.counts[songs]
    share = np.ones(inputs.songs, "float32")
    share[songs] = counts.mean() / counts
    return (
        {head: tf.constant(values) for head, values in targets.items()},
        {head: tf.constant((values * share).astype("float32")) for head, values in weights.items()},
    )


def training_batches(
    inputs,
    songs,
    targets,
    weights,
    batch_size,
    seed,
    augment=None,
    mask=None,
    balance=None,
    mix=None,
):
    """Shuffled batches for `model.fit`.

    Args:
        inputs: Inputs.
        songs: indices of the songs to train on.
        targets: dict of head to [all songs] array.
        weights: dict of head to [all songs] array.
        batch_size: windows a batch.
        seed: of the shuffle, and of what `augment` draws.
        augment: function (one window's dict of audio inputs, seed [2]) to another dict, or None.
        mask: function from one window's dict of audio inputs to another, which draws by itself, or
            None.
        balance: class of each of `songs` [songs], to draw all classes equally often; None to draw
            every song once.
        mix: function from a batch (inputs, targets, weights) to another, or None.

    Returns:
        tf.data.Dataset of (inputs, targets, weights), one epoch long.
    """
    songs = np.asarray(songs, "int64")
    indices = (
        tf.data.Dataset.from_tensor_slices(songs)
        if balance is None
        else _drawn(songs, balance, seed)
    )
    dataset = indices
    if inputs.shapes:
        dataset = _windows(inputs, indices, cached=balance is None and _fits(inputs, songs))
    dataset = dataset.shuffle(len(songs), seed=seed)
    if inputs.shapes:
        # A song's windows stand beside each other: mix them with those of the songs read around it.
        dataset = _split_windows(dataset).shuffle(max(256, 4 * batch_size), seed=seed)
    else:
        dataset = dataset.map(lambda song: ({}, song))
    if augment is not None:
        # A seed a window, new in each epoch: what draws by itself draws in parallel in no order,
        # and in each epoch the same.
        seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)
        dataset = tf.data.Dataset.zip(dataset, seeds).map(
            lambda both, drawn: (augment(both[0], drawn), both[1]), num_parallel_calls=cores()
        )
    if mask is not None:
        dataset = dataset.map(lambda window, song: (mask(window), song))
    windows = int(inputs.counts[songs].sum())
    return _finish(
        dataset, inputs, windows, batch_size, _labels(inputs, songs, targets, weights), mix
    )


def _drawn(songs, classes, seed):
    """Songs without end, each class drawn equally often.

    Each round through a class is shuffled by a number that only the epoch and the round decide. A
    dataset's own `shuffle`, repeated, would go on in the next epoch where this one's reading ahead
    ended, which is elsewhere in each run.
    """

    def rounds(own, place):
        numbers = tf.data.Dataset.random(seed, rerandomize_each_iteration=True)
        return numbers.flat_map(
            lambda number: tf.data.Dataset.from_tensor_slices(
                tf.random.experimental.stateless_shuffle(own, [number, place])
            )
        )

    parts = [
        rounds(songs[classes == label], place) for place, label in enumerate(np.unique(classes))
    ]
    return tf.data.Dataset.choose_from_datasets(parts, tf.data.Dataset.range(len(parts)).repeat())


def ordered_batches(inputs, songs, batch_size, targets=None, weights=None):
    """Batches of every window of `songs` in order: with targets and weights for validation, without
    for prediction.

    Returns:
        (tf.data.Dataset, owner): owner [windows] is the position in `songs` that each window
        belongs to.
    """
    songs = np.asarray(songs, "int64")
    dataset = tf.data.Dataset.from_tensor_slices(songs)
    if inputs.shapes:
        dataset = _split_windows(
            _windows(inputs, dataset, cached=targets is not None and _fits(inputs, songs))
        )
    else:
        dataset = dataset.map(lambda song: ({}, song))
    labels = None if targets is None else _labels(inputs, songs, targets, weights)
    owner = np.repeat(np.arange(len(songs)), inputs.counts[songs])
    return _finish(dataset, inputs, len(owner), batch_size, labels), owner


def predict_windows(model, inputs, songs, batch_size=64):
    """Every window's prediction, in order.

    Returns:
        ({head: [windows, ...]}, owner [windows]).
    """
    batches, owner = ordered_batches(inputs, songs, batch_size)
    return model.predict(batches, verbose=0), owner


def by_song(windows, owner, songs):
    """The mean of each song's windows: [windows, ...] -> [songs, ...]."""
    total = np.zeros((songs, *windows.shape[1:]))
    np.add.at(total, owner, windows)
    return total / np.bincount(owner, minlength=songs).reshape(-1, *[1] * (windows.ndim - 1))


def predict_songs(model, heads, inputs, songs):
    """One prediction a song, the mean of its windows': [songs, outputs]."""
    windows, owner = predict_each_window(model, heads, inputs, songs)
    return by_song(windows, owner, len(songs))


def predict_each_window(model, heads, inputs, songs):
    """(predictions [windows, outputs], the heads side by side; [windows] the place in `songs` that
    each belongs to).
    """
    windows, owner = predict_windows(model, inputs, songs)
    return np.concatenate([windows[head] for head in heads], axis=1), owner
