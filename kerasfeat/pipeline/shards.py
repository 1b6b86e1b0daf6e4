"""Shards of records on disk, an index beside each.

A shard is a TFRecord file of tf.train.Example (key, shape, values as raw little-endian float32).
Its index, JSON, tells where each key's record lies. A shard is written under a temporary name and
renamed once it is whole, its index after it; a shard without an index is never read. So a kill at
any moment loses at most what one writer still held in memory, and several processes may write at
once.
"""

import json
import os
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasfeat.arrays import Array

# A shard goes to disk in seconds, so what has no index after this time was left by a writer that
# was killed.
LEFTOVER_S = 600
# A TFRecord is an 8-byte length, its 4-byte checksum, the data, and the data's 4-byte checksum.
RECORD_HEAD_BYTES, RECORD_TAIL_BYTES = 12, 4


@dataclass(frozen=True)
class Record:
    """An array under its key, as a shard holds it.

    Attributes:
        key: of the array.
        shape: of the array.
        data: a serialised tf.train.Example.
    """

    key: str
    shape: tuple[int, ...]
    data: bytes


@dataclass(frozen=True)
class Location:
    """Where a key's record lies.

    Attributes:
        shard: the file.
        offset: of the record in it, bytes.
        length: of the record's data, bytes.
        shape: of the array.
        checksum: CRC-32 of the data.
    """

    shard: Path
    offset: int
    length: int
    shape: tuple[int, ...]
    checksum: int


def to_record(key: str, array: Array) -> Record:
    """The record of an array."""
    import tensorflow as tf

    values = np.ascontiguousarray(array, "<f4")
    features = {
        "key": tf.train.Feature(bytes_list=tf.train.BytesList(value=[key.encode()])),
        "shape": tf.train.Feature(int64_list=tf.train.Int64List(value=values.shape)),
        "values": tf.train.Feature(bytes_list=tf.train.BytesList(value=[values.tobytes()])),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return Record(key, values.shape, example.SerializeToString())


def to_array(data: bytes) -> Array:
    """The array of a record's data, float32."""
    import tensorflow as tf

    features = tf.train.Example.FromString(data).features.feature
    values = np.frombuffer(features["values"].bytes_list.value[0], "<f4")
    return values.reshape(features["shape"].int64_list.value)


def read_data(location: Location) -> bytes:
    """The data of the record at a location.

    Raises:
        OSError: the shard is gone.
        ValueError: the data is not what the index tells of.
    """
    with location.shard.open("rb") as file:
        file.seek(location.offset + RECORD_HEAD_BYTES)
        data = file.read(location.length)
    if zlib.crc32(data) != location.checksum:
        raise ValueError("its checksum is not the one in the index")
    return data


def write_shard(folder: Path, records: list[Record]) -> None:
    """Write a shard and after it its index, each whole under its final name or not at all."""
    name = f"shard-{uuid.uuid4().hex}"
    index, offset = {}, 0
    for record in records:
        size = len(record.data)
        index[record.key] = [offset, size, list(record.shape), zlib.crc32(record.data)]
        offset += RECORD_HEAD_BYTES + size + RECORD_TAIL_BYTES
    with _replacing(folder / f"{name}.tfrecord") as temporary:
        _write_records(temporary, records)
    with _replacing(folder / f"{name}.json") as temporary:
        temporary.write_text(json.dumps({"bytes": offset, "records": index}))


def _write_records(path: Path, records: list[Record]) -> None:
    import tensorflow as tf

    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record.data)
    except tf.errors.OpError as error:
        # TensorFlow has its own errors for a full disk and the like.
        raise OSError(error.message) from error


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary path; what is written there stands under `path` afterwards, flushed to disk."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def indexes(folder: Path) -> Iterator[Path]:
    """The indexes of a folder's shards, in no order."""
    return folder.glob("shard-*.json")


def read_index(path: Path) -> dict[str, Location]:
    """Where each key of one shard lies.

    It is empty where the index is damaged, or the shard is not the one that it tells of: what can't
    be read is as if it were not there, and is extracted again.
    """
    shard = path.with_suffix(".tfrecord")
    try:
        index = json.loads(path.read_text())
        if shard.stat().st_size != index["bytes"]:
            return {}
        return {
            key: Location(shard, offset, length, tuple(shape), checksum)
            for key, (offset, length, shape, checksum) in index["records"].items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def remove_leftovers(folder: Path) -> None:
    """Remove what killed writers left: temporary files, and shards without an index."""
    oldest = time.time() - LEFTOVER_S
    indexed = {index.stem for index in indexes(folder)}
    shards = (shard for shard in folder.glob("shard-*.tfrecord") if shard.stem not in indexed)
    for path in [*folder.glob("shard-*.part"), *shards]:
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            # Its writer has just renamed it, or another process removed it.
            continue
