import json
import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.cache import cache_dir
from kerasfeat.pipeline import shards
from kerasfeat.pipeline import store as module
from kerasfeat.pipeline.store import Store


@pytest.fixture
def logmel():
    return frontends.get("logmel")


def values(seed, windows=3):
    return np.random.default_rng(seed).standard_normal((windows, 7, 5)).astype(np.float32)


def fill(store, frontend, keys):
    with store.writer() as writer:
        for key in keys:
            writer.add(frontend, str(key), values(key, windows=1 + key % 4))


def test_what_is_written_is_read_by_key_in_any_order(tmp_path, logmel, monkeypatch):
    monkeypatch.setattr(module, "SHARD_BYTES", 1000)
    fill(Store(tmp_path), logmel, range(11))
    store = Store(tmp_path)
    assert len(list(store.folder(logmel).glob("*.tfrecord"))) > 2
    assert store.keys(logmel) == {str(key) for key in range(11)}
    for key in (7, 2, 10, 0):
        np.testing.assert_array_equal(
            store.read(logmel, str(key)), values(key, windows=1 + key % 4)
        )
        assert store.windows(logmel, str(key)) == 1 + key % 4


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.lists(st.integers(1, 4), min_size=1, max_size=4)),
        unique_by=lambda entry: entry[0],
    )
)
def test_any_shape_under_any_key(tmp_path_factory, entries):
    frontend, store = frontends.get("mfcc"), Store(tmp_path_factory.mktemp("store"))
    arrays = {
        key: np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)
        for key, shape in entries
    }
    with store.writer() as writer:
        for key, array in arrays.items():
            writer.add(frontend, key, array)
    for key, array in arrays.items():
        np.testing.assert_array_equal(Store(store.root).read(frontend, key), array)


def test_records_are_tensorflow_s_own(tmp_path, logmel):
    import tensorflow as tf

    fill(Store(tmp_path), logmel, range(3))
    (shard,) = Store(tmp_path).folder(logmel).glob("*.tfrecord")
    examples = [
        tf.train.Example.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(shard))
    ]
    assert [example.features.feature["key"].bytes_list.value[0] for example in examples] == [
        b"0",
        b"1",
        b"2",
    ]


def test_other_parameters_are_another_place(tmp_path, logmel):
    store = Store(tmp_path)
    fill(store, logmel, [1])
    other = replace(frontends.get("logmel"), mels=40)
    assert store.has(logmel, "1")
    assert not store.has(other, "1")
    assert store.folder(frontends.get("logmel")) == store.folder(logmel)
    with pytest.raises(KerasfeatError, match="extract it first"):
        store.read(other, "1")


def test_another_decoder_is_another_place(tmp_path, logmel):
    fill(Store(tmp_path), logmel, [1])
    other = Store(tmp_path, decoder="tensorflow-io")
    assert not other.keys(logmel)
    fill(other, logmel, [2])
    assert Store(tmp_path).keys(logmel) == {"1"} and other.keys(logmel) == {"2"}


def test_what_another_process_wrote_is_seen(tmp_path, logmel):
    reader = Store(tmp_path)
    assert not reader.has(logmel, "1")
    fill(Store(tmp_path), logmel, [1])
    assert reader.has(logmel, "1")


@pytest.mark.slow
def test_processes_write_side_by_side(tmp_path, logmel):
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=fill, args=(Store(tmp_path), logmel, range(first, first + 5)))
        for first in (0, 3)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    store = Store(tmp_path)
    assert store.keys(logmel) == {str(key) for key in range(8)}
    np.testing.assert_array_equal(store.read(logmel, "4"), values(4, windows=1))


def test_an_interrupted_writer_keeps_what_it_was_given(tmp_path, logmel):
    with pytest.raises(KeyboardInterrupt), Store(tmp_path).writer() as writer:
        writer.add(logmel, "1", values(1))
        raise KeyboardInterrupt
    assert Store(tmp_path).keys(logmel) == {"1"}


def test_leftovers_are_never_read_and_go_away(tmp_path, logmel):
    fill(Store(tmp_path), logmel, [1])
    folder = Store(tmp_path).folder(logmel)
    whole = {path.name for path in folder.iterdir()}
    (shard,) = folder.glob("*.tfrecord")
    leftovers = [
        folder / "shard-a.tfrecord.part",
        folder / "shard-b.tfrecord",
        folder / "shard-c.json.part",
    ]
    for path in leftovers:
        path.write_bytes(shard.read_bytes()[:70])
    assert Store(tmp_path).keys(logmel) == {"1"}
    fill(Store(tmp_path), logmel, [2])
    assert all(path.exists() for path in leftovers), "they may be another writer's work"
    for path in leftovers:
        os.utime(path, (time.time() - 3600,) * 2)
    fill(Store(tmp_path), logmel, [3])
    assert not any(path.exists() for path in leftovers)
    assert whole < {path.name for path in folder.iterdir()}
    assert Store(tmp_path).keys(logmel) == {"1", "2", "3"}


def test_a_shard_cut_short_is_not_read(tmp_path, logmel):
    fill(Store(tmp_path), logmel, [1])
    (shard,) = Store(tmp_path).folder(logmel).glob("*.tfrecord")
    shard.write_bytes(shard.read_bytes()[:-9])
    assert not Store(tmp_path).keys(logmel)


def test_a_damaged_record_is_told(tmp_path, logmel):
    fill(Store(tmp_path), logmel, [1])
    store = Store(tmp_path)
    assert store.has(logmel, "1")
    (shard,) = store.folder(logmel).glob("*.tfrecord")
    shard.write_bytes(bytes(shard.stat().st_size))
    with pytest.raises(KerasfeatError, match="damaged"):
        store.read(logmel, "1")
    shard.unlink()
    with pytest.raises(KerasfeatError, match="gone or damaged"):
        store.read(logmel, "1")


def test_a_place_that_can_not_be_written_is_told(tmp_path, logmel):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KerasfeatError, match="KERASFEAT_CACHE"):
        fill(Store(tmp_path / "file"), logmel, [1])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("kind", ["tfrecord", "json"])
def test_a_full_disk_is_told(tmp_path, logmel, monkeypatch, kind):
    monkeypatch.setattr(shards, "LEFTOVER_S", 1e12)
    monkeypatch.setattr(shards.uuid, "uuid4", lambda: SimpleNamespace(hex="x"))
    folder = Store(tmp_path).folder(logmel)
    folder.mkdir(parents=True)
    (folder / f"shard-x.{kind}.part").symlink_to("/dev/full")
    with pytest.raises(KerasfeatError, match="make room"):
        fill(Store(tmp_path), logmel, [1])
    assert not Store(tmp_path).keys(logmel)


def test_the_default_place_is_the_cache(logmel, monkeypatch, tmp_path):
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "elsewhere"))
    fill(Store(), logmel, [1])
    (index,) = (tmp_path / "elsewhere" / "store").rglob("*.json")
    assert list(json.loads(index.read_text())["records"]) == ["1"]
    monkeypatch.delenv("KERASFEAT_CACHE")
    assert cache_dir().name == "kerasfeat"
