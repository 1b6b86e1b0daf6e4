"""Extracted inputs on disk: a folder for each front-end with its parameters and decoder, in it
shards of records, an index beside each.

A shard is a TFRecord file of tf.train.Example (key, shape, values as raw little-endian float32).
Its index, JSON, tells where each key's record lies. A shard is written under a temporary name and
renamed once it is whole, its index after it; a shard without an index is never read. So a kill at
any moment loses at most what one writer still held in memory, and several processes may write at
once.
"""

import hashlib
import json
import os
import time
import uuid
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.cache import cache_dir

# Raise it when the code of decoding, windows, or a front-end changes what is stored.
CODE_VERSION = 1

SHARD_BYTES = 32 << 20
SHARD_S = 10.0
# A shard goes to disk in seconds, so what has no index after this time was left by a writer that
# was killed.
LEFTOVER_S = 600
# A TFRecord is an 8-byte length, its 4-byte checksum, the data, and the data's 4-byte checksum.
RECORD_HEAD_BYTES, RECORD_TAIL_BYTES = 12, 4


@dataclass(frozen=True)
class _Place:
    """Where a key's record lies."""

    shard: Path
    offset: int
    length: int
    shape: tuple
    checksum: int


class Store:
    """Arrays [windows, *field.shape] by front-end and content key.

    Args:
        root: its folder; default `store` in the cache.
        decoder: what the audio is decoded with (kerasfeat.audio.decode.DECODERS); another one's
            results lie apart.
    """

    def __init__(self, root=None, decoder="soundfile"):
        self.root = Path(root) if root else cache_dir() / "store"
        self.decoder = decoder
        self._places = {}  # folder -> key -> _Place
        self._seen = {}  # folder -> names of the indexes read

    def folder(self, frontend):
        """Where a front-end's shards lie; another decoder, or another value of any parameter, is
        another folder.
        """
        what = {
            "name": frontend.name,
            "channels": frontend.channels,
            "parameters": asdict(frontend),
        }
        what |= {"weights": frontend.weights, "decoder": self.decoder, "version": CODE_VERSION}
        digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
        return self.root / f"{frontend.name}-{digest[:16]}"

    def keys(self, frontend):
        """The set of all keys stored, those of other processes too."""
        return set(self._refreshed(self.folder(frontend)))

    def has(self, frontend, key):
        """Whether a key is stored."""
        folder = self.folder(frontend)
        return key in self._places.get(folder, ()) or key in self._refreshed(folder)

    def windows(self, frontend, key):
        """How many windows a key has, without reading its record."""
        return self._place(frontend, key).shape[0]

    def read(self, frontend, key):
        """A key's array, float32 [windows, *field.shape].

        Raises:
            KerasfeatError: it is not stored, or its shard is gone or damaged.
        """
        place = self._place(frontend, key)
        try:
            with place.shard.open("rb") as file:
                file.seek(place.offset + RECORD_HEAD_BYTES)
                record = file.read(place.length)
        except OSError as error:
            raise self._damaged(place, error) from error
        if zlib.crc32(record) != place.checksum:
            raise self._damaged(place, "its checksum is not the one in the index")
        return _array(record)

    @contextmanager
    def writer(self):
        """A Writer into this store; leaving it writes what it still holds, after an error or Ctrl-C
        too.
        """
        writer = Writer(self)
        try:
            yield writer
        finally:
            writer.flush()

    def _place(self, frontend, key):
        if not self.has(frontend, key):
            raise KerasfeatError(
                f"the store {self.folder(frontend)} has no {frontend.name} of key {key}: "
                "extract it first."
            )
        return self._places[self.folder(frontend)][key]

    def _refreshed(self, folder):
        """The places of a folder after reading the indexes that are new."""
        places = self._places.setdefault(folder, {})
        seen = self._seen.setdefault(folder, set())
        for index in folder.glob("shard-*.json"):
            if index.name not in seen:
                places.update(_read_index(index))
                seen.add(index.name)
        return places

    def _damaged(self, place, why):
        return KerasfeatError(
            f"the store's shard {place.shard} is gone or damaged ({why}): delete the "
            f"folder {self.root} and extract again."
        )


class Writer:
    """Gathers arrays and writes a shard for each front-end when they grow large or old;
    `Store.writer` makes one.
    """

    def __init__(self, store):
        self._store = store
        self._held = {}  # folder -> list of (key, shape, record)
        self._held_bytes = 0
        self._last_flush = time.monotonic()

    def add(self, frontend, key, array):
        """Store an array [windows, *field.shape] under a key."""
        array = np.ascontiguousarray(array, "<f4")
        record = _record(key, array)
        self._held.setdefault(self._store.folder(frontend), []).append((key, array.shape, record))
        self._held_bytes += len(record)
        if self._held_bytes >= SHARD_BYTES or time.monotonic() - self._last_flush >= SHARD_S:
            self.flush()

    def flush(self):
        """Write what is held.

        Raises:
            KerasfeatError: the disk is full or the folder can't be written.
        """
        try:
            for folder, entries in self._held.items():
                folder.mkdir(parents=True, exist_ok=True)
                _remove_leftovers(folder)
                _write_shard(folder, entries)
        except OSError as error:
            raise KerasfeatError(
                f"the store {self._store.root} can't be written ({error.strerror or error}): "
                "make room or give permission there, or name another folder in the "
                "environment variable KERASFEAT_CACHE."
            ) from error
        finally:
            self._held = {}
            self._held_bytes = 0
            self._last_flush = time.monotonic()


def _write_shard(folder, entries):
    """Write a shard and after it its index, each whole under its final name or not at all."""
    name = f"shard-{uuid.uuid4().hex}"
    index, offset = {}, 0
    for key, shape, record in entries:
        index[key] = [offset, len(record), list(shape), zlib.crc32(record)]
        offset += RECORD_HEAD_BYTES + len(record) + RECORD_TAIL_BYTES
    with _replacing(folder / f"{name}.tfrecord") as temporary:
        _write_records(temporary, [record for _, _, record in entries])
    with _replacing(folder / f"{name}.json") as temporary:
        temporary.write_text(json.dumps({"bytes": offset, "records": index}))


def _write_records(path, records):
    import tensorflow as tf

    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record)
    except tf.errors.OpError as error:
        # TensorFlow has its own errors for a full disk and the like.
        raise OSError(error.message) from error


@contextmanager
def _replacing(path):
    """Gives a temporary path to write; what was written there is on disk under `path` afterwards."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_leftovers(folder):
    """Remove what killed writers left: temporary files, and shards without an index."""
    oldest = time.time() - LEFTOVER_S
    indexed = {index.stem for index in folder.glob("shard-*.json")}
    for path in [
        *folder.glob("shard-*.part"),
        *(shard for shard in folder.glob("shard-*.tfrecord") if shard.stem not in indexed),
    ]:
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            # Its writer has just renamed it, or another process removed it.
            continue


def _read_index(path):
    """The places of one shard; none where the index is damaged, or the shard is not the one that it
    tells of.
    """
    shard = path.with_suffix(".tfrecord")
    try:
        index = json.loads(path.read_text())
        if shard.stat().st_size != index["bytes"]:
            return {}
        return {
            key: _Place(shard, offset, length, tuple(shape), crc)
            for key, (offset, length, shape, crc) in index["records"].items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        # What can't be read is as if it were not there: it is extracted again.
        return {}


def _record(key, array):
    """A tf.train.Example, serialised."""
    import tensorflow as tf

    features = {
        "key": tf.train.Feature(bytes_list=tf.train.BytesList(value=[key.encode()])),
        "shape": tf.train.Feature(int64_list=tf.train.Int64List(value=array.shape)),
        "values": tf.train.Feature(bytes_list=tf.train.BytesList(value=[array.tobytes()])),
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _array(record):
    """The array of a serialised example."""
    import tensorflow as tf

    features = tf.train.Example.FromString(record).features.feature
    return np.frombuffer(features["values"].bytes_list.value[0], "<f4").reshape(
        features["shape"].int64_list.value
    )
