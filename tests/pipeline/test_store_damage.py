"""A store on a disk that failed: damage is told, never read as data."""

import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.pipeline.store import Store

FRONTEND = LogMel(mels=5)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    with store.writer() as writer:
        writer.add(
            FRONTEND, "song", np.random.default_rng(0).normal(size=(3, 7, 5)).astype(np.float32)
        )
    return store


def test_a_changed_byte_is_told_wherever_it_lies(store):
    good = store.read(FRONTEND, "song")
    (shard,) = store.folder(FRONTEND).glob("*.tfrecord")
    content = shard.read_bytes()
    for place in range(0, len(content), 3):
        shard.write_bytes(content[:place] + bytes([content[place] ^ 0x15]) + content[place + 1 :])
        try:
            read = store.read(FRONTEND, "song")
        except KerasfeatError:
            continue
        np.testing.assert_array_equal(read, good)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"bytes": 12, "rec'])
def test_a_damaged_index_is_told_or_passed_over(store, text):
    (index,) = store.folder(FRONTEND).glob("*.json")
    index.write_text(text)
    try:
        assert Store(store.root).keys(FRONTEND) == set()
    except KerasfeatError as error:
        assert str(index) in str(error)
