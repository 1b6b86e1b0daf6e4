"""Training that goes on where a kill stopped it."""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasfeat.arrays import Array

# Of the time that training takes, writing may take one part in so many.
WRITING_PARTS = 10


BEST = "best.npz"


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
        kept = json.loads((latest / "history.json").read_text())
        self.history, self.stopped = kept["epochs"], kept["stopped"]
        model.load_weights(latest / "last.weights.h5")
        with np.load(latest / BEST, allow_pickle=False) as archive:
            self._best = [archive[name] for name in archive]
        # An earlier version kept no generators: a training that it began goes on all the same.
        for generator, state in zip(_generators(model), kept.get("generators", ()), strict=False):
            generator.assign(state)

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
        self.model.save_weights(temporary / "last.weights.h5")
        np.savez(temporary / BEST, *self._best)
        generators = [np.asarray(state).tolist() for state in _generators(self.model)]
        kept = {"epochs": self.history, "stopped": self.stopped, "generators": generators}
        (temporary / "history.json").write_text(json.dumps(kept))
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
        return max((p for p in self.folder.glob("[0-9]*") if not p.suffix), default=None)


def _generators(model: keras.Model) -> list[keras.Variable]:
    """Where the random draws of a model's layers stand, which no file of weights holds."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


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
