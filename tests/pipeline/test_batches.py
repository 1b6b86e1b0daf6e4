from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasfeat.audio.frontends.waveform import Waveform
from kerasfeat.pipeline.batches import (
    by_song,
    ordered_batches,
    predict_windows,
    training_batches,
)
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.pipeline.store import Store

SAMPLES, COLUMNS, SONGS = 7, 13, 6
WAVEFORM = Waveform(sample_rate_hz=100, clip_s=0.07)
# How many windows each song has; song 2 has no audio, which is one window of NaN.
COUNTS = [3, 1, 1, 5, 2, 4]
ABSENT = 2


def window(song, number):
    """A window that tells which one it is."""
    return np.arange(SAMPLES, dtype="float32") + 1000 * song + 10 * number


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Windows of five songs, in two shards."""
    store = Store(tmp_path_factory.mktemp("store"))
    for half in ([0, 1], [3, 4, 5]):
        with store.writer() as writer:
            for song in half:
                writer.add(
                    WAVEFORM,
                    f"key{song}",
                    np.stack([window(song, number) for number in range(COUNTS[song])]),
                )
    return store


@pytest.fixture(scope="module")
def inputs(store):
    """Six songs with a table row and audio each, but for one without audio."""
    table = (np.arange(SONGS * COLUMNS).reshape(SONGS, COLUMNS) / 8).astype("float32")
    table[1, 4] = np.nan
    keys = [None if song == ABSENT else f"key{song}" for song in range(SONGS)]
    return Inputs(table, {"waveform": WAVEFORM}, keys, store)


def test_answers_stand_in_for_what_they_were_computed_of(inputs):
    """Batches of answers come in the order of those of the windows, with the windows' targets and
    weights.
    """
    songs = np.array([0, 2, 3, 5])
    windows, owner = ordered_batches(inputs, songs, 4)
    first = np.concatenate([batch["waveform"][:, 0] for batch in windows.as_numpy_iterator()])
    answers = np.stack([songs[owner] * 100, np.nan_to_num(first, nan=-1)], axis=1).astype("float32")
    given = inputs.answered({"known": answers}, songs, [])
    assert given.songs == SONGS and list(given.counts) == [3, 1, 1, 5, 1, 4]
    for batch_size, seed in ((4, 1), (5, 2)):
        both = [
            training_batches(its, songs, TARGETS, WEIGHTS, batch_size, seed=seed)
            for its in (inputs, given)
        ]
        for _ in range(2):
            for (x, *labels), (known, *same) in zip(
                *(dataset.as_numpy_iterator() for dataset in both), strict=True
            ):
                assert list(known) == ["known"]
                np.testing.assert_array_equal(
                    known["known"][:, 1], np.nan_to_num(x["waveform"][:, 0], nan=-1)
                )
                for one, other in zip(labels, same, strict=True):
                    np.testing.assert_array_equal(one["mood"], other["mood"])
    beside = inputs.answered({"known": answers}, songs, ["features"])
    (x,) = ordered_batches(beside, songs, 99)[0].as_numpy_iterator()
    np.testing.assert_array_equal(x["features"], inputs.table[songs[owner]])
    np.testing.assert_array_equal(x["known"], answers)


TARGETS = {"mood": np.arange(SONGS) * 11}
WEIGHTS = {"mood": np.array([1, 1, 2, 1, 0, 0.5], "float32")}


def seen(batch):
    """(song, window) of each row of a batch, told from the waveform; the table row tells the song
    without audio.
    """
    songs = np.rint(batch["features"][:, 0] * 8 / COLUMNS).astype(int)
    firsts = batch["waveform"][:, 0]
    numbers = np.where(np.isnan(firsts), 0, (firsts - 1000 * songs) / 10)
    return list(zip(songs.tolist(), numbers.astype(int).tolist(), strict=True))


def epoch(dataset):
    """All (song, window) of one pass."""
    return [pair for batch, *_ in dataset.as_numpy_iterator() for pair in seen(batch)]


def every_window(songs):
    return [(song, number) for song in songs for number in range(COUNTS[song])]


def test_inputs_describe_themselves(inputs, store):
    assert inputs.names == ["features", "waveform"] and inputs.songs == SONGS
    assert [(f.name, f.shape) for f in inputs.fields("abcdefghijklm")] == [
        ("features", (COLUMNS,)),
        ("waveform", (SAMPLES,)),
    ]
    assert inputs.counts.tolist() == COUNTS
    assert [inputs.has("waveform", song) for song in range(SONGS)] == [
        song != ABSENT for song in range(SONGS)
    ]
    blank = Inputs(np.full((3, 5), np.nan, "float32"))
    assert (
        blank.songs == 3
        and blank.names == ["features"]
        and not blank.has("features", 1)
        and blank.counts[1] == 1
    )
    sound = Inputs(None, {"waveform": WAVEFORM}, ["key3", "key4"], store)
    assert sound.songs == 2 and sound.names == ["waveform"] and sound.counts[0] == 5


def test_windows_of_a_song(inputs):
    np.testing.assert_array_equal(inputs.windows("waveform", 4), [window(4, 0), window(4, 1)])
    assert (
        inputs.windows("waveform", ABSENT).shape == (1, SAMPLES)
        and np.isnan(inputs.windows("waveform", ABSENT)).all()
    )
    np.testing.assert_array_equal(inputs.windows("features", 5), inputs.table[5][None])


def test_a_song_has_as_many_windows_as_each_of_its_inputs(store, tmp_path):
    slow = Waveform(sample_rate_hz=50, clip_s=0.1)
    with store.writer() as writer:
        writer.add(slow, "key3", np.ones((4, 5)))
        writer.add(slow, "key4", np.ones((3, 5)))
    both = Inputs(None, {"waveform": WAVEFORM, "slow": slow}, ["key3", "key4"], store)
    assert both.counts[:2].tolist() == [4, 2]
    batches, owner = ordered_batches(both, [1, 0], 9)
    (batch,) = batches.as_numpy_iterator()
    assert batch["waveform"].shape == (6, SAMPLES) and batch["slow"].shape == (6, 5)
    assert owner.tolist() == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("batch_size", [3, 4, 64])
def test_ordered_batches_are_every_window_in_order(inputs, batch_size):
    songs = [5, 2, 0, 3]
    batches, owner = ordered_batches(inputs, songs, batch_size)
    found = list(batches.as_numpy_iterator())
    assert len(found) == len(batches) == -(-13 // batch_size)
    assert [pair for batch in found for pair in seen(batch)] == every_window(songs)
    assert owner.tolist() == [0] * 4 + [1] + [2] * 3 + [3] * 5
    rows = np.concatenate([batch["features"] for batch in found])
    np.testing.assert_array_equal(rows, inputs.table[np.array(songs)[owner]])
    waveforms = np.concatenate([batch["waveform"] for batch in found])
    assert np.isnan(waveforms[4]).all() and np.isfinite(np.delete(waveforms, 4, axis=0)).all()
    np.testing.assert_array_equal(waveforms[6], window(0, 1))


def test_targets_and_weights_belong_to_the_songs_and_weights_are_spread_over_windows(inputs):
    songs = [0, 2, 3, 5]
    batches, owner = ordered_batches(inputs, songs, 4, TARGETS, WEIGHTS)
    targets, weights = [], []
    for _, target, weight in batches.as_numpy_iterator():
        targets += target["mood"].tolist()
        weights += weight["mood"].tolist()
    assert targets == [11 * songs[position] for position in owner]
    total = np.bincount(owner, weights)
    np.testing.assert_allclose(total / total[0], [1, 2, 1, 0.5], rtol=1e-6)
    # Equal songs weigh one a window on average, so that the loss keeps its scale.
    _, _, (equal,) = zip(
        *ordered_batches(inputs, songs, 64, TARGETS, {"mood": np.ones(SONGS)})[
            0
        ].as_numpy_iterator(),
        strict=True,
    )
    assert equal["mood"].mean() == pytest.approx(1)


@pytest.mark.parametrize("batch_size", [3, 32])
def test_an_epoch_is_every_window_once_in_seeded_random_order(inputs, batch_size):
    songs = [0, 1, 2, 3, 5]
    dataset = training_batches(inputs, songs, TARGETS, WEIGHTS, batch_size, seed=1)
    first, second = epoch(dataset), epoch(dataset)
    assert len(dataset) == -(-14 // batch_size)
    assert sorted(first) == sorted(second) == every_window(songs)
    assert first != second and first != every_window(songs)
    assert epoch(training_batches(inputs, songs, TARGETS, WEIGHTS, batch_size, seed=1)) == first
    assert epoch(training_batches(inputs, songs, TARGETS, WEIGHTS, batch_size, seed=2)) != first


class CountingStore(Store):
    """A store that counts what is read."""

    reads = 0

    def read(self, frontend, key):
        self.reads += 1
        return super().read(frontend, key)


@pytest.mark.parametrize(("free_kb", "reads"), [(1, 10), (1000, 5)])
def test_what_exceeds_the_memory_is_read_in_each_epoch(
    store, inputs, tmp_path, monkeypatch, free_kb, reads
):
    told = tmp_path / "meminfo"
    told.write_text(f"MemTotal: 999999999 kB\nMemAvailable: {free_kb} kB\n")
    monkeypatch.setattr("kerasfeat.pipeline.memory.MEMORY", str(told))
    counting = CountingStore(store.root)
    songs = [0, 1, 3, 4, 5]
    of_songs = replace(inputs, store=counting)
    dataset = training_batches(of_songs, songs, TARGETS, WEIGHTS, 4, seed=1)
    assert sorted(epoch(dataset)) == sorted(epoch(dataset)) == every_window(songs)
    assert counting.reads == reads


def test_of_what_exceeds_the_memory_a_part_is_read_at_a_time_in_the_same_order(
    tmp_path, monkeypatch
):
    told = tmp_path / "meminfo"
    monkeypatch.setattr("kerasfeat.pipeline.memory.MEMORY", str(told))
    store, songs = CountingStore(tmp_path / "store"), range(61)
    with store.writer() as writer:
        for song in songs:
            windows = np.stack([window(song, number) for number in range(23)])
            writer.add(WAVEFORM, f"key{song}", windows)
    long = Inputs(None, {"waveform": WAVEFORM}, [f"key{song}" for song in songs], store)
    targets, weights = {"y": np.arange(61.0)}, {"y": np.ones(61)}
    drawn = []
    for free_kb in (1, 1_000_000):
        told.write_text(f"MemAvailable: {free_kb} kB\n")
        batches = iter(training_batches(long, songs, targets, weights, 5, seed=3))
        drawn.append(next(batches)[0]["waveform"].numpy())
        if free_kb == 1:  # the 256 windows that are shuffled are those of twelve songs
            assert store.reads < 30
    np.testing.assert_array_equal(*drawn)


def test_the_end_of_an_epoch_waits_for_no_tuning_thread(inputs):
    training = training_batches(inputs, range(SONGS), TARGETS, WEIGHTS, 3, seed=0)
    validation, _ = ordered_batches(inputs, range(SONGS), 3, TARGETS, WEIGHTS)
    assert [dataset.options().autotune.enabled for dataset in (training, validation)] == [
        False,
        False,
    ]


def test_training_rows_targets_and_weights_stay_together(inputs):
    share = np.mean([3, 5, 2, 4]) / np.array(COUNTS)
    for batch, targets, weights in training_batches(
        inputs, [0, 3, 4, 5], TARGETS, WEIGHTS, 5, seed=4
    ).as_numpy_iterator():
        songs = [song for song, _ in seen(batch)]
        np.testing.assert_array_equal(batch["features"], inputs.table[songs])
        np.testing.assert_array_equal(batch["waveform"], [window(*pair) for pair in seen(batch)])
        np.testing.assert_array_equal(targets["mood"], TARGETS["mood"][songs])
        np.testing.assert_allclose(
            weights["mood"], WEIGHTS["mood"][songs] * share[songs], rtol=1e-6
        )


def test_a_table_alone_trains_too(inputs):
    table = Inputs(inputs.table)
    dataset = training_batches(table, [5, 1, 3], TARGETS, WEIGHTS, 2, seed=3)
    batches = list(dataset.as_numpy_iterator())
    assert [batch["features"].shape for batch, *_ in batches] == [(2, COLUMNS), (1, COLUMNS)]
    rows = np.concatenate([batch["features"] for batch, *_ in batches])
    order = [target // 11 for _, targets, _ in batches for target in targets["mood"]]
    assert sorted(order) == [1, 3, 5]
    np.testing.assert_array_equal(rows, inputs.table[order])
    np.testing.assert_array_equal(
        np.concatenate([weights["mood"] for *_, weights in batches]), WEIGHTS["mood"][order]
    )


def test_augmentation_sees_training_windows_and_nothing_of_the_store(inputs):
    def louder(audio, seed):
        return {name: 2 * values for name, values in audio.items()}

    plain = training_batches(inputs, [0, 4], TARGETS, WEIGHTS, 16, seed=1)
    augmented = training_batches(inputs, [0, 4], TARGETS, WEIGHTS, 16, seed=1, augment=louder)
    (one, *_), (two, *_) = next(plain.as_numpy_iterator()), next(augmented.as_numpy_iterator())
    np.testing.assert_array_equal(np.sort(two["waveform"], 0), 2 * np.sort(one["waveform"], 0))
    np.testing.assert_array_equal(inputs.windows("waveform", 4)[0], window(4, 0))


def test_augmentation_draws_anew_for_each_window_and_epoch_and_the_same_in_each_run(inputs):
    def drawn(seed):
        def augment(audio, drawn):
            slow = tf.reduce_sum(
                tf.sort(tf.random.stateless_normal([20_000], drawn))
            )  # so that two at once could overtake each other
            return {
                name: tf.fill(tf.shape(x), tf.random.stateless_uniform((), drawn)) + 0 * slow
                for name, x in audio.items()
            }

        dataset = training_batches(
            inputs, [0, 1, 3, 4, 5], TARGETS, WEIGHTS, 4, seed=seed, augment=augment
        )
        return [
            np.concatenate([batch["waveform"][:, 0] for batch, *_ in dataset.as_numpy_iterator()])
            for _ in range(3)
        ]

    first, *others = epochs = drawn(1)
    assert len(first) == 15 and len(np.unique(epochs)) == 45
    np.testing.assert_array_equal(epochs, drawn(1))
    assert not np.intersect1d(first, drawn(2)[0]).size


def test_balance_draws_the_same_in_each_run_however_far_it_is_read_ahead():
    table = Inputs(np.arange(97, dtype="float32")[:, None])
    classes = np.array(["rare"] * 3 + ["common"] * 94)
    heads = {"mood": np.arange(97)}, {"mood": np.ones(97)}

    def drawn(batches):
        dataset = training_batches(table, np.arange(97), *heads, 2, seed=1, balance=classes)
        epochs = [
            [
                targets["mood"].tolist()
                for _, targets, _ in dataset.take(batches).as_numpy_iterator()
            ]
            for _ in range(3)
        ]
        return [epoch[:9] for epoch in epochs]

    first, second, third = drawn(9)
    assert [first, second, third] == drawn(48) and first != second != third


def test_balance_draws_every_class_equally_often(inputs):
    table = Inputs(np.arange(300, dtype="float32")[:, None])
    classes = np.array(["rare"] * 10 + ["common"] * 290)
    heads = {"mood": np.arange(300)}, {"mood": np.ones(300)}
    drawn = training_batches(table, np.arange(300), *heads, 32, seed=1, balance=classes)
    songs = np.concatenate([targets["mood"] for _, targets, _ in drawn.as_numpy_iterator()])
    assert len(drawn) == 10 and 0.4 < (songs < 10).mean() < 0.6
    assert len(np.unique(songs)) > 100
    plain = training_batches(table, np.arange(300), *heads, 32, seed=1)
    assert sum((targets["mood"] < 10).sum() for _, targets, _ in plain.as_numpy_iterator()) == 10


def test_balanced_audio_draws_the_rare_class_as_often(inputs):
    songs, classes = [0, 3, 4, 5], np.array(["a", "a", "b", "a"])
    drawn = []
    for seed in range(9):
        dataset = training_batches(inputs, songs, TARGETS, WEIGHTS, 7, seed=seed, balance=classes)
        assert len(dataset) == 2
        drawn += [song for song, _ in epoch(dataset)]
    # Songs are drawn, then cut: song 4 is half of the songs and has 2 windows, the others have 4 on
    # average: a third, not a seventh.
    assert len(drawn) == 9 * 14 and 0.22 < np.mean(np.array(drawn) == 4) < 0.45


@pytest.mark.parametrize("batch_size", [4, 32])
def test_predictions_come_in_order_and_are_averaged_by_song(inputs, batch_size):
    taken = {
        name: keras.Input(shape, name=name)
        for name, shape in (("features", (COLUMNS,)), ("waveform", (SAMPLES,)))
    }
    model = keras.Model(taken, {"mood": keras.ops.nan_to_num(taken["waveform"][:, :3], nan=-5.0)})
    songs = [3, 2, 0]
    found, owner = predict_windows(model, inputs, songs, batch_size)
    expected = [
        window(song, number)[:3] if song != ABSENT else np.full(3, -5)
        for song, number in every_window(songs)
    ]
    np.testing.assert_allclose(found["mood"], expected)
    means = by_song(found["mood"], owner, len(songs))
    np.testing.assert_allclose(means, [window(3, 2)[:3], [-5] * 3, window(0, 1)[:3]])


def test_the_mean_by_song_takes_any_shape_and_any_order():
    windows = np.arange(5 * 2 * 3, dtype="float32").reshape(5, 2, 3)
    owner = np.array([1, 0, 1, 1, 0])
    means = by_song(windows, owner, 2)
    np.testing.assert_allclose(means, [windows[[1, 4]].mean(0), windows[[0, 2, 3]].mean(0)])
