"""Training that goes on where a kill stopped it."""

import json
import shutil
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array

# Of a checkpoint's folder. Not HDF5, which takes the whole process with it where the disk is full.
LAST, BEST, HISTORY = "last.npz", "best.npz", "history.json"
# Of the time that training takes, writing may take one part in so many.
WRITING_PARTS = 10


class Checkpoint(keras.callbacks.Callback):
    """Weights, optimiser, random generators, best weights, history, in a folder: after each epoch,
    or of short ones after as many as keep the time for writing small, and after the last.

    Keras's BackupAndRestore keeps neither the best weights, nor what early stopping has seen, nor
    where dropout's draws stand, and writes weights and epoch one after the other; here a folder is
    written under a temporary name and renamed, so a kill leaves a whole epoch.

    Args:
        folder: for the checkpoints of one training.
        monitor: the quantity whose lowest value marks the best weights; None where the last ones
            are the best.
    """

    def __init__(self, folder: Path, monitor: str | None = "val_loss") -> None:
        super().__init__()
        self.folder = folder
        self.monitor = monitor
        self.history: list[dict[str, Any]] = []
        self.stopped = False
        self._best: list[Array] = []
        self._written = time.monotonic()
        self._writing_s = 0.0

    def restore(self, model: keras.Model) -> None:
        """Load the last whole epoch's state into the compiled `model`, with its `history` and
        whether it was `stopped` early.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob("*.tmp"):
            shutil.rmtree(leftover)
        latest = self._latest()
        if latest is None:
            return
        try:
            kept = json.loads((latest / HISTORY).read_text())
            _assign(model, _read_list(latest / LAST))
            self._best = _read_list(latest / BEST)
            self.history, self.stopped = kept["epochs"], kept["stopped"]
        except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
            raise KerasfeatError(
                f"{latest} is damaged, and training can't go on from it ({error}). Remove "
                f"{self.folder}, and run the same command to train again."
            ) from error

    def load_best(self, model: keras.Model) -> None:
        """Give `model` the weights of the epoch with the lowest monitored value."""
        model.set_weights(self._best)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = {name: float(value) for name, value in logs.items()}
        if self._is_best(logs):
            self._best = self.model.get_weights()
        self.history.append({"epoch": epoch, **logs})
        self.stopped = self.model.stop_training
        if self.stopped or self._time_to_write():
            self._write(epoch)

    def on_train_end(self, logs: Any = None) -> None:
        if self.history:
            self._write(self.history[-1]["epoch"])

    def _time_to_write(self) -> bool:
        return time.monotonic() - self._written >= WRITING_PARTS * self._writing_s

    def _write(self, epoch: int) -> None:
        """Write the epoch that has just ended, where it is not written yet."""
        previous, folder = self._latest(), self.folder / f"{epoch:06d}"
        if previous == folder:
            return
        begun = time.monotonic()
        temporary = self.folder / f"{epoch:06d}.tmp"
        temporary.mkdir(parents=True)
        _write_list(temporary / LAST, [np.asarray(value) for value in _state(self.model)])
        _write_list(temporary / BEST, self._best)
        kept = {"epochs": self.history, "stopped": self.stopped}
        (temporary / HISTORY).write_text(json.dumps(kept))
        temporary.rename(folder)
        if previous is not None:
            shutil.rmtree(previous)
        self._written = time.monotonic()
        self._writing_s = self._written - begun

    def _is_best(self, logs: dict[str, float]) -> bool:
        return (
            self.monitor is None
            or not self.history
            or logs[self.monitor] < min(row[self.monitor] for row in self.history)
        )

    def _latest(self) -> Path | None:
        whole = (path.parent for path in self.folder.glob(f"[0-9]*/{LAST}"))
        return max((path for path in whole if not path.suffix), default=None)


def _state(model: keras.Model) -> list[keras.Variable]:
    """Everything that the next epoch depends on: weights, where the random draws of layers stand,
    and the optimiser's own.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _assign(model: keras.Model, arrays: list[Array]) -> None:
    state = _state(model)
    if len(arrays) != len(state):
        raise ValueError(f"{len(arrays)} arrays, where the network has {len(state)}")
    for variable, array in zip(state, arrays, strict=True):
        variable.assign(array)


def _write_list(path: Path, arrays: list[Array]) -> None:
    """Write arrays in order, to be read by `_read_list`."""
    np.savez(path, *arrays)


def _read_list(path: Path) -> list[Array]:
    """The arrays that `_write_list` wrote."""
    with np.load(path, allow_pickle=False) as archive:
        return [archive[name] for name in archive.files]


class Replay(keras.callbacks.Callback):
    """Tell freshly started callbacks what happened in the epochs before a kill, so that their
    patience goes on counting.

    Place it behind those callbacks. The learning rate is the restored optimiser's: what a replayed
    callback does to it is undone.
    """

    def __init__(
        self, callbacks: Sequence[keras.callbacks.Callback], history: Sequence[dict[str, Any]]
    ) -> None:
        super().__init__()
        self.callbacks = callbacks
        self.past = list(history)

    def on_train_begin(self, logs: Any = None) -> None:
        if not self.past:
            return
        rate = float(self.model.optimizer.learning_rate)
        for row in self.past:
            for callback in self.callbacks:
                callback.on_epoch_end(
                    row["epoch"], {name: value for name, value in row.items() if name != "epoch"}
                )
        if float(self.model.optimizer.learning_rate) != rate:
            self.model.optimizer.learning_rate = rate
