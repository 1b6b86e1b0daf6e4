"""Epochs of training from the store, beside plain `model.fit` on the same tensors in memory."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks.speed import data
from benchmarks.speed.measured import Against, Measured, Point, Setting
from kerasfeat.arrays import Array
from kerasfeat.experiment.folds import Split
from kerasfeat.experiment.setup import make_setup
from kerasfeat.experiment.spec import Spec
from kerasfeat.experiment.stages import Places, compile_model
from kerasfeat.experiment.training import Experiment
from kerasfeat.networks.assembly import adapt
from kerasfeat.pipeline import batches

PLAIN = "the same tensors in memory, plain `model.fit`"
GOAL = 1 / 1.05
EPOCHS = 5  # the first one traces the network, and is not counted


class Clock(keras.callbacks.Callback):
    """When each epoch began, and when the training ended."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.times.append(time.perf_counter())

    def on_train_end(self, logs: Any = None) -> None:
        self.times.append(time.perf_counter())

    @property
    def epoch_s(self) -> float:
        """The median epoch after the first, with what callbacks do between."""
        return float(np.median(np.diff(self.times)[1:]))


def measure(setting: Setting) -> list[Measured]:
    """The rows."""
    data.use_cache(setting)
    files = data.clips(setting, setting.count(96, 16))
    heard = data.labelled(setting, files, "heard")
    rows = setting.count(6400, 3200)
    table = data.table(setting, data.SPOTIFY, rows)
    logmel = _experiment(heard, "mood", "logmel", "convolutional", {"clip_s": "5"})
    clips = f"{len(files)} clips of 30 s"
    return [
        _row(setting, "log-mel network", f"{clips}, windows of 5 s", logmel),
        _row(
            setting,
            "log-mel network, inputs larger than memory allows",
            f"{clips}, windows of 5 s, each epoch read from the store",
            logmel,
            kept_bytes=0,
        ),
        _row(
            setting,
            "MFCC LSTM",
            clips,
            _experiment(heard, "mood", "mfcc", "recurrent", {"batch_size": "8"}),
        ),
        _row(
            setting,
            "table network",
            f"{rows:,} rows",
            _experiment(table, "genre", "features", "tabular", {}, label="playlist_genre"),
        ),
    ]


def _experiment(
    path: Path,
    task: str,
    name: str,
    model: str,
    hyperparameters: Mapping[str, str],
    label: str | None = None,
) -> Experiment:
    spec = Spec(
        task=task,
        data=str(path),
        label=label,
        inputs=(name,),
        model=model,
        hyperparameters={**hyperparameters, "epochs": str(EPOCHS), "patience": str(EPOCHS)},
    )
    setup = make_setup(spec)
    return Experiment.of(setup, setup.dataset())


def _row(
    setting: Setting, name: str, work: str, experiment: Experiment, kept_bytes: int | None = None
) -> Measured:
    songs = np.arange(experiment.dataset.inputs.songs)
    usual = batches.CACHE_BYTES
    batches.CACHE_BYTES = usual if kept_bytes is None else kept_bytes
    ours, plain = [], []
    for _ in range(setting.repeats):
        ours.append(_ours(experiment, songs))
        plain.append(_plain(experiment, songs))
    sizes = [len(songs) // 16, len(songs) // 4, len(songs)]
    growth = tuple(Point(size, _ours(experiment, songs[-size:])) for size in sizes)
    batches.CACHE_BYTES = usual
    return Measured(
        f"training epoch, {name}",
        work,
        tuple(ours),
        (Against(PLAIN, tuple(plain), least=GOAL),),
        bound=_bound(experiment, songs),
        unit="songs",
        growth=growth,
    )


def _ours(experiment: Experiment, songs: Array) -> float:
    """Seconds of an epoch as `fit` trains it: batches from the store, checkpoint, and curves."""
    clock = Clock()
    parts = np.full(experiment.dataset.inputs.songs, "unused", dtype="U10")
    parts[songs] = "train"
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder) / "checkpoints", Path(folder) / "logs", "training")
        experiment.watched(lambda logs, inputs: [clock]).train(Split("all", parts), places)
    return clock.epoch_s


def _plain(experiment: Experiment, songs: Array) -> float:
    """Seconds of an epoch of the same network on arrays."""
    inputs, targets, weights = _tensors(experiment, songs)
    steps = -(-len(next(iter(inputs.values()))) // experiment.hyperparameters.training.batch_size)
    return _fitted(experiment, songs, steps, x=inputs, y=targets, sample_weight=weights)


def _fitted(experiment: Experiment, songs: Array, steps: int, **given: Any) -> float:
    """Seconds of an epoch of `model.fit`."""
    clock, training = Clock(), experiment.hyperparameters.training
    network = experiment.assemble()
    adapt(network, experiment.dataset.inputs, songs)
    truth = experiment.dataset.y[songs]
    compile_model(network.model, experiment.target, training, steps, truth)
    network.model.fit(
        **given,
        batch_size=training.batch_size if "y" in given else None,
        shuffle="y" in given,
        epochs=EPOCHS,
        callbacks=[clock],
        verbose=0,
    )
    return clock.epoch_s


def _learnt(experiment: Experiment) -> tuple[dict[str, Array], dict[str, Array]]:
    """(targets, weights) of all songs, by head."""
    arrays = experiment.target.arrays(experiment.dataset.y, False)
    targets, weights = ({head: pair[place] for head, pair in arrays.items()} for place in (0, 1))
    return targets, weights


def _tensors(experiment: Experiment, songs: Array) -> list[dict[str, Array]]:
    """Inputs, targets, and weights of all windows."""
    read, _ = batches.ordered_batches(experiment.dataset.inputs, songs, 256, *_learnt(experiment))
    parts = zip(*read.as_numpy_iterator(), strict=True)
    return [{name: np.concatenate([b[name] for b in part]) for name in part[0]} for part in parts]


def _bound(experiment: Experiment, songs: Array) -> str:
    """What of an epoch is reading, and what is keeping it."""
    size, inputs = experiment.hyperparameters.training.batch_size, experiment.dataset.inputs
    read = batches.training_batches(inputs, songs, *_learnt(experiment), size, seed=experiment.seed)
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        steps = sum(1 for _ in read)
        taken.append(time.perf_counter() - start)
    whole, alone = _ours(experiment, songs), _fitted(experiment, songs, steps, x=read)
    return (
        f"of an epoch's {whole:.2f} s making its {steps} batches takes {taken[-1]:.2f} s of a core "
        f"where nothing trains, and checkpoint and curves {max(0.0, whole - alone):.2f} s."
    )
