"""Extracted inputs on disk: a folder for each front-end with its parameters and decoder, in it
shards (kerasfeat.pipeline.shards).
"""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.cache import cache_dir
from kerasfeat.pipeline import shards

# Raise it when the code of decoding, windows, or a front-end changes what is stored.
CODE_VERSION = 3

SHARD_BYTES = 32 << 20
SHARD_S = 10.0


class Store:
    """Arrays [windows, *field.shape] by front-end and content key.

    Args:
        root: its folder; default `store` in the cache.
        decoder: what the audio is decoded with (kerasfeat.choices.DECODERS); another one's
            results lie apart.
    """

    def __init__(self, root: str | Path | None = None, decoder: str = "soundfile") -> None:
        self.root = Path(root) if root else cache_dir() / "store"
        self.decoder = decoder
        self._locations: dict[Path, dict[str, shards.Location]] = {}  # of each folder, by key
        self._read: dict[Path, set[str]] = {}  # names of the indexes read, of each folder

    def folder(self, frontend: FrontEnd) -> Path:
        """Where a front-end's shards lie.

        Another decoder, or another value of any parameter, is another folder.
        """
        identity = {
            "name": frontend.name,
            "channels": frontend.channels,
            "parameters": asdict(frontend),
            "weights": frontend.weights,
            "decoder": self.decoder,
            "version": CODE_VERSION,
        }
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        return self.root / f"{frontend.name}-{digest[:16]}"

    def keys(self, frontend: FrontEnd) -> set[str]:
        """All keys stored, those of other processes too."""
        return set(self._refreshed(self.folder(frontend)))

    def has(self, frontend: FrontEnd, key: str) -> bool:
        """Whether a key is stored."""
        folder = self.folder(frontend)
        return key in self._locations.get(folder, ()) or key in self._refreshed(folder)

    def windows(self, frontend: FrontEnd, key: str) -> int:
        """How many windows a key has, without reading its record.

        Raises:
            KerasfeatError: it is not stored.
        """
        return self._location(frontend, key).shape[0]

    def read(self, frontend: FrontEnd, key: str) -> Array:
        """A key's array, float32 [windows, *field.shape].

        Raises:
            KerasfeatError: it is not stored, or its shard is gone or damaged.
        """
        location = self._location(frontend, key)
        try:
            data = shards.read_data(location)
        except (OSError, ValueError) as error:
            raise KerasfeatError(
                f"the store's shard {location.shard} is gone or damaged ({error}): delete the "
                f"folder {self.root} and extract again."
            ) from error
        return shards.to_array(data)

    @contextmanager
    def writer(self) -> "Iterator[Writer]":
        """A Writer into this store.

        Leaving it writes what it still holds, after an error or Ctrl-C too.
        """
        writer = Writer(self)
        try:
            yield writer
        finally:
            writer.flush()

    def _location(self, frontend: FrontEnd, key: str) -> shards.Location:
        if not self.has(frontend, key):
            raise KerasfeatError(
                f"the store {self.folder(frontend)} has no {frontend.name} of key {key}: "
                "extract it first."
            )
        return self._locations[self.folder(frontend)][key]

    def _refreshed(self, folder: Path) -> dict[str, shards.Location]:
        """The locations of a folder after reading the indexes that are new."""
        locations = self._locations.setdefault(folder, {})
        read = self._read.setdefault(folder, set())
        for index in shards.indexes(folder):
            if index.name not in read:
                locations.update(shards.read_index(index))
                read.add(index.name)
        return locations


class Writer:
    """Gathers arrays and writes a shard for each front-end when they grow large or old;
    `Store.writer` makes one.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[Path, list[shards.Record]] = {}  # of each folder
        self._held_bytes = 0
        self._last_flush = time.monotonic()

    def add(self, frontend: FrontEnd, key: str, array: Array) -> None:
        """Store an array [windows, *field.shape] under a key."""
        record = shards.to_record(key, array)
        self._held.setdefault(self._store.folder(frontend), []).append(record)
        self._held_bytes += len(record.data)
        if self._held_bytes >= SHARD_BYTES or time.monotonic() - self._last_flush >= SHARD_S:
            self.flush()

    def flush(self) -> None:
        """Write what is held.

        Raises:
            KerasfeatError: the disk is full or the folder can't be written.
        """
        try:
            for folder, records in self._held.items():
                folder.mkdir(parents=True, exist_ok=True)
                shards.remove_leftovers(folder)
                shards.write_shard(folder, records)
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
