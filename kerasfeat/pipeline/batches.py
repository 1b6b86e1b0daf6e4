"""From inputs to batches: songs shuffled, cut into windows, weighted, and prefetched by tf.data."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.augmentation import Window
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.pipeline.memory import free_bytes
from kerasfeat.pipeline.parallel import cores, dataset_options

# Inputs that fit in this many bytes, and in this share of the memory that is free, are kept in
# memory after the first epoch; training and validation songs each.
CACHE_BYTES, CACHE_SHARE = 4 * 2**30, 0.25

# What is predicted at a time: windows of audio fill the memory, and rows of a table alone take a
# third of the time in batches of so many.
WINDOWS, ROWS = 64, 1024

# Arrays of all songs by head: what is learnt, [songs, ...], or how much each counts, [songs].
Heads: TypeAlias = Mapping[str, Array]
Songs: TypeAlias = Sequence[int] | Array  # indices of songs


def training_batches(
    inputs: Inputs,
    songs: Songs,
    targets: Heads,
    weights: Heads,
    batch_size: int,
    *,
    seed: int,
    augment: Callable[[Window, Tensor], Window] | None = None,
    mask: Callable[[Window], Window] | None = None,
    balance: Array | None = None,
    mix: Callable[..., Tensor] | None = None,
) -> tf.data.Dataset:
    """Shuffled batches for `model.fit`.

    Args:
        inputs: of all songs.
        songs: indices of the songs to train on.
        targets: of all songs, by head.
        weights: of all songs, by head.
        batch_size: windows a batch.
        seed: of the shuffle, and of what `augment` draws.
        augment: function from one window's audio inputs and a seed, int64 [2], to others.
        mask: function from one window's audio inputs to others, which draws by itself.
        balance: class of each of `songs` [songs], to draw all classes equally often; None to draw
            every song once.
        mix: function from a batch (inputs, targets, weights) to another.

    Returns:
        A dataset of (inputs, targets, weights), one epoch long.
    """
    songs = np.asarray(songs, "int64")
    indices = tf.data.Dataset.from_tensor_slices(songs)
    if balance is not None:
        indices = _drawn_equally(songs, balance, seed)
    # What is kept is shuffled as windows, in memory anyhow; what is read again, before it is read.
    is_kept = bool(inputs.shapes) and balance is None and _fits(inputs, songs)
    if not is_kept:
        indices = indices.shuffle(len(songs), seed=seed)
    if inputs.shapes:
        dataset = _windows(inputs, indices, cached=is_kept)
        if is_kept:
            dataset = dataset.shuffle(len(songs), seed=seed)
        # A song's windows stand beside each other: mix them with those of the songs read around it.
        dataset = _split_windows(dataset).shuffle(max(256, 4 * batch_size), seed=seed)
    else:
        dataset = indices.map(lambda song: ({}, song))
    if augment is not None:
        dataset = _augmented(dataset, augment, seed)
    if mask is not None:
        dataset = dataset.map(lambda window, song: (mask(window), song))
    windows = int(inputs.counts[songs].sum())
    labels = _labels(inputs, songs, targets, weights)
    return _finish(dataset, inputs, windows, batch_size, labels=labels, mix=mix)


def ordered_batches(
    inputs: Inputs,
    songs: Songs,
    batch_size: int,
    targets: Heads | None = None,
    weights: Heads | None = None,
) -> tuple[tf.data.Dataset, Array]:
    """Batches of every window of some songs, in order.

    Args:
        inputs: of all songs.
        songs: indices of the songs.
        batch_size: windows a batch.
        targets, weights: of all songs, by head, for validation; None for prediction.

    Returns:
        (a dataset of (inputs, targets, weights), or of inputs; owner [windows], the position in
        `songs` that each window belongs to).
    """
    songs = np.asarray(songs, "int64")
    labels = None
    if targets is not None and weights is not None:
        labels = _labels(inputs, songs, targets, weights)
    dataset = tf.data.Dataset.from_tensor_slices(songs)
    if inputs.shapes:
        cached = labels is not None and _fits(inputs, songs)
        dataset = _split_windows(_windows(inputs, dataset, cached=cached))
    else:
        dataset = dataset.map(lambda song: ({}, song))
    owner = _owner(inputs, songs)
    return _finish(dataset, inputs, len(owner), batch_size, labels=labels), owner


def predict_windows(
    model: keras.Model, inputs: Inputs, songs: Songs, batch_size: int | None = None
) -> tuple[dict[str, Array], Array]:
    """Every window's prediction, in order.

    Returns:
        (of each output, by its name, [windows, ...]; owner [windows], as of `ordered_batches`).
    """
    batch_size = batch_size or (WINDOWS if inputs.shapes else ROWS)
    songs = np.asarray(songs, "int64")
    alone = model.distribute_strategy.num_replicas_in_sync == 1  # or each would predict all of it
    if alone and 0 < inputs.counts[songs].sum() <= batch_size:
        # Making a dataset of one batch takes many times as long as the batch.
        return model.predict_on_batch(_batch(inputs, songs)), _owner(inputs, songs)
    batches, owner = ordered_batches(inputs, songs, batch_size)
    return model.predict(batches, verbose=0), owner


def _batch(inputs: Inputs, songs: Array) -> dict[str, Array]:
    """Every window of some songs, in order, of each input."""
    counts = inputs.counts
    tables = {name: table[np.repeat(songs, counts[songs])] for name, table in inputs.tables.items()}
    heard = {
        name: np.concatenate([inputs.windows(name, song)[: counts[song]] for song in songs])
        for name in inputs.shapes
    }
    return tables | heard


def _owner(inputs: Inputs, songs: Array) -> Array:
    """The position in `songs` that each window belongs to, [windows]."""
    return np.repeat(np.arange(len(songs)), inputs.counts[songs])


def by_song(windows: Array, owner: Array, songs: int) -> Array:
    """The mean of each song's windows.

    Args:
        windows: [windows, ...].
        owner: [windows] the song, 0 or more, that each belongs to.
        songs: how many songs there are.

    Returns:
        [songs, ...].
    """
    total = np.zeros((songs, *windows.shape[1:]))
    np.add.at(total, owner, windows)
    return total / np.bincount(owner, minlength=songs).reshape(-1, *[1] * (windows.ndim - 1))


def predict_songs(model: keras.Model, heads: Sequence[str], inputs: Inputs, songs: Songs) -> Array:
    """One prediction a song, the mean of its windows': [songs, outputs]."""
    windows, owner = predict_each_window(model, heads, inputs, songs)
    return by_song(windows, owner, len(songs))


def predict_each_window(
    model: keras.Model, heads: Sequence[str], inputs: Inputs, songs: Songs
) -> tuple[Array, Array]:
    """(predictions [windows, outputs], the heads side by side; owner as of `ordered_batches`)."""
    windows, owner = predict_windows(model, inputs, songs)
    return np.concatenate([windows[head] for head in heads], axis=1), owner


def _drawn_equally(songs: Array, classes: Array, seed: int) -> tf.data.Dataset:
    """Songs without end, each class drawn equally often.

    Each pass through a class is shuffled by a number that only the epoch and the pass decide. A
    dataset's own `shuffle`, repeated, would go on in the next epoch where this one's reading ahead
    ended, which is elsewhere in each run.
    """

    def shuffled_passes(own: Array, place: int) -> tf.data.Dataset:
        numbers = tf.data.Dataset.random(seed, rerandomize_each_iteration=True)
        return numbers.flat_map(
            lambda number: tf.data.Dataset.from_tensor_slices(
                tf.random.experimental.stateless_shuffle(own, [number, place])
            )
        )

    parts = [
        shuffled_passes(songs[classes == label], place)
        for place, label in enumerate(np.unique(classes))
    ]
    return tf.data.Dataset.choose_from_datasets(parts, tf.data.Dataset.range(len(parts)).repeat())


def _windows(inputs: Inputs, indices: tf.data.Dataset, cached: bool) -> tf.data.Dataset:
    """A dataset of ({input: [windows, ...]}, song), for the inputs that are read by the window."""
    shapes = inputs.shapes

    def read(song: Array) -> list[Array]:
        return [inputs.windows(name, int(song))[: inputs.counts[song]] for name in shapes]

    def load(song: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        arrays = tf.numpy_function(read, [song], [tf.float32] * len(shapes), stateful=False)
        for array, shape in zip(arrays, shapes.values(), strict=True):
            array.set_shape((None, *shape))
        return dict(zip(shapes, arrays, strict=True)), song

    dataset = indices.map(load, num_parallel_calls=cores())
    return dataset.cache() if cached else dataset


def _fits(inputs: Inputs, songs: Array) -> bool:
    window_bytes = sum(4 * int(np.prod(shape)) for shape in inputs.shapes.values())
    size_bytes = window_bytes * int(inputs.counts[songs].sum())
    return size_bytes < min(CACHE_BYTES, CACHE_SHARE * free_bytes())


def _split_windows(dataset: tf.data.Dataset) -> tf.data.Dataset:
    return dataset.flat_map(
        lambda x, song: tf.data.Dataset.from_tensor_slices(x).map(lambda window: (window, song))
    )


def _augmented(
    dataset: tf.data.Dataset, augment: Callable[[Window, Tensor], Window], seed: int
) -> tf.data.Dataset:
    """(Window, song) with the window changed.

    Each window has a seed of its own, new in each epoch: what draws by itself draws in parallel in
    no order, and in each epoch the same.
    """
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)
    return tf.data.Dataset.zip(dataset, seeds).map(
        lambda both, drawn: (augment(both[0], drawn), both[1]), num_parallel_calls=cores()
    )


def _labels(
    inputs: Inputs, songs: Array, targets: Heads, weights: Heads
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Targets, and each song's weight shared among its windows: long songs don't count for more."""
    counts = inputs.counts[songs]
    share = np.ones(inputs.songs, "float32")
    share[songs] = counts.mean() / counts
    return (
        {head: tf.constant(values) for head, values in targets.items()},
        {head: tf.constant((values * share).astype("float32")) for head, values in weights.items()},
    )


def _finish(
    dataset: tf.data.Dataset,
    inputs: Inputs,
    windows: int,
    batch_size: int,
    *,
    labels: tuple[dict[str, Tensor], dict[str, Tensor]] | None = None,
    mix: Callable[..., Tensor] | None = None,
) -> tf.data.Dataset:
    """Batches of (window, song) with the songs' table rows, and targets and weights; mixed.

    Args:
        dataset: of (window, song), at least as many as `windows`.
        inputs: of all songs.
        windows: in all batches.
        batch_size: windows a batch.
        labels: of `_labels`; None for inputs alone.
        mix: of `training_batches`.
    """
    tables = {name: tf.constant(table) for name, table in inputs.tables.items()}

    def gather(window: Window, song: Tensor) -> Tensor:
        window = {**{name: tf.gather(table, song) for name, table in tables.items()}, **window}
        if labels is None:
            return window
        targets, weights = (
            {head: tf.gather(values, song) for head, values in part.items()} for part in labels
        )
        return window, targets, weights

    batches = -(-windows // batch_size)
    dataset = dataset.batch(batch_size).map(gather, num_parallel_calls=cores()).take(batches)
    if mix is not None:
        dataset = dataset.map(mix)
    # Keras takes the end of a dataset of unknown size for a lack of data.
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches))
    return dataset.prefetch(2).with_options(dataset_options())
