"""Training that goes on where a kill stopped it."""

import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasfeat import KerasfeatError

# Of a checkpoint's folder. Not HDF5, which takes the whole process with it where the disk is full.
LAST, BEST, HISTORY = "last.npz", "best.npz", "history.json"


class Checkpoint(keras.callbacks.Callback):
    """After each epoch: weights, optimiser, random generators, best weights, history, in a folder.

    Keras's BackupAndRestore keeps neither the best weights, nor what early stopping has seen, nor
    where dropout's draws stand, and writes weights and epoch one after the other; here a folder is
    written under a temporary name and renamed, so a kill leaves the last whole epoch.

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
            _load(model, latest / LAST)
            self.history, self.stopped = kept["epochs"], kept["stopped"]
        except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
            raise KerasfeatError(
                f"{latest} is damaged, and training can't go on from it ({error}). Remove "
                f"{self.folder}, and the same command trains anew."
            ) from error

    def load_best(self, model: keras.Model) -> None:
        """Give `model` the weights of the epoch with the lowest monitored value."""
        latest = self._latest()
        if latest is None:
            raise FileNotFoundError(f"{self.folder} holds no checkpoint")
        _load(model, latest / BEST)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = {name: float(value) for name, value in logs.items()}
        is_best = self._is_best(logs)
        self.history.append({"epoch": epoch, **logs})
        previous = self._latest()
        temporary = self.folder / f"{epoch:06d}.tmp"
        temporary.mkdir(parents=True)
        _save(self.model, temporary / LAST)
        best = temporary / LAST
        if previous is not None and not is_best:
            best = previous / BEST
        shutil.copyfile(best, temporary / BEST)
        self.stopped = self.model.stop_training
        kept = {"epochs": self.history, "stopped": self.stopped}
        (temporary / HISTORY).write_text(json.dumps(kept))
        temporary.rename(self.folder / f"{epoch:06d}")
        if previous is not None:
            shutil.rmtree(previous)

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


def _save(model: keras.Model, path: Path) -> None:
    arrays = {str(place): np.asarray(value) for place, value in enumerate(_state(model))}
    np.savez(path, **arrays)  # type: ignore[arg-type]  # see kerasfeat.files.write_arrays


def _load(model: keras.Model, path: Path) -> None:
    state = _state(model)
    with np.load(path, allow_pickle=False) as arrays:
        if len(arrays.files) != len(state):
            raise ValueError(f"{len(arrays.files)} arrays, where the network has {len(state)}")
        for place, variable in enumerate(state):
            variable.assign(arrays[str(place)])


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
