"""One stage of training: compile, fit with early stopping and checkpoints, end with the best
weights.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.boards.curves import Curves
from kerasfeat.experiment.checkpoint import Checkpoint, Replay
from kerasfeat.experiment.hyperparameters import Training
from kerasfeat.experiment.optimizers import optimizer, plateau
from kerasfeat.networks.assembly import Network
from kerasfeat.networks.cutting import copy_variables, cut_network
from kerasfeat.networks.heads import losses, metric
from kerasfeat.networks.submodels import EachSubmodel, OfSubmodelsMean, SubmodelsAnswer
from kerasfeat.pipeline.batches import predict_windows
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.progress import progress, say
from kerasfeat.targets import Target

MONITOR = "val_loss"


@dataclass(frozen=True)
class Places:
    """Where a training leaves what it knows.

    Attributes:
        checkpoints: folder of the checkpoints; an unfinished training there goes on.
        logs: TensorBoard's folder.
        title: for the progress bar.
    """

    checkpoints: Path
    logs: Path
    title: str

    def of_member(self, name: str) -> "Places":
        """Those of one of several networks."""
        folder = name.replace(" ", "_")
        return Places(self.checkpoints / folder, self.logs / folder, f"{self.title}, {name}")

    def of_stage(self, part: str) -> "Places":
        """Those of the stage of a part, "" for the whole network."""
        checkpoints = self.checkpoints / (part or "whole")
        return Places(checkpoints, self.logs / part, f"{self.title} {part}".strip())


@contextmanager
def frozen(network: Network, paths: Sequence[str]) -> Iterator[None]:
    """While it lasts, the parts of `network` at `paths` stand still: compile the model that trains
    within.
    """
    still = [layer for path in paths for layer in _layers(network.parts[path])]
    before = [layer.trainable for layer in still]
    for layer in still:
        layer.trainable = False
    try:
        yield
    finally:
        for layer, trainable in zip(still, before, strict=True):
            layer.trainable = trainable


@contextmanager
def cached_frozen_parts(
    network: Network, model: keras.Model, paths: Sequence[str], inputs: Inputs, songs: Array
) -> Iterator[tuple[keras.Model, Inputs]]:
    """What is left to train of `model` while the parts at `paths` are `frozen`: these answer for
    each song once, not in every epoch.

    Args:
        network: that the parts are of.
        model: the whole, which has the trained weights afterwards.
        paths: of parts.
        inputs: Inputs that `model` reads.
        songs: indices of those that it is trained and validated on.

    Yields:
        (model from the parts' answers, and from what else it reads, to the outputs of `model`; the
        Inputs of `songs` that it reads).
    """
    still = {operation.name for path in paths for operation in network.parts[path].operations}
    cut = cut_network(model, lambda origin: origin.operations <= still)
    copy, tensors = cut.copy, cut.tensors
    raw = {id(tensor): tensor.name for tensor in copy.inputs}
    cuts = {raw.get(id(tensor), f"known_{i}"): tensor for i, tensor in enumerate(tensors)}
    known = {name: tensor for name, tensor in cuts.items() if name not in raw.values()}
    answers, _ = predict_windows(keras.Model(copy.input, known), inputs, songs)
    read = {
        name: keras.Input(tensor.shape[1:], name=name, dtype=tensor.dtype)
        for name, tensor in cuts.items()
    }
    outputs = keras.Model(list(cuts.values()), copy.output)(list(read.values()))
    yield (
        keras.Model(read, outputs),
        inputs.answered(answers, songs, [name for name in cuts if name not in known]),
    )
    copy_variables(copy, model)


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Every layer of a model, those of models within it after the model itself."""
    for layer in model.layers:
        yield layer
        yield from _layers(layer) if isinstance(layer, keras.Model) else ()


def compile_model(
    model: keras.Model, target: Target, training: Training, steps: int, truth: Array
) -> None:
    """Compile with the target's losses and metrics.

    Args:
        model: its outputs are named as the target's heads; others are errors to be lowered, each
            the mean of its values.
        target: of the heads.
        training: hyperparameters.
        steps: batches an epoch, which an exponential or cosine schedule counts in.
        truth: of the training songs.
    """
    own = losses(target, training, truth)
    metrics = {head: metric(target, training) for head in own}
    if any(isinstance(layer, SubmodelsAnswer) for layer in _layers(model)):
        own = {head: EachSubmodel(loss) for head, loss in own.items()}
        metrics = {head: OfSubmodelsMean(found) for head, found in metrics.items()}
    model.compile(
        optimizer(training, steps),
        # The target of an error is 0, which its absolute value is the distance from.
        loss={head: own.get(head, "mean_absolute_error") for head in model.output},
        # Weighted: a song without a value for a target has weight 0 there, and counts in no metric
        # either.
        weighted_metrics={head: [metrics[head]] if head in own else [] for head in model.output},
        # XLA takes longer to compile these small networks than they take to train.
        jit_compile=False,
    )
    # TensorFlow traces a step once more where it makes variables: the optimiser's are made here,
    # the metrics' with the metrics.
    model.optimizer.build(model.trainable_variables)


class _Epochs(keras.callbacks.Callback):
    """Tells a progress bar each epoch's losses."""

    def __init__(self, advance: Callable[..., None], epochs: int) -> None:
        super().__init__()
        self.advance = advance
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        checked = f", validation {logs[MONITOR]:.4f}" if MONITOR in logs else ""
        self.advance(epoch + 1, self.epochs, f"loss {logs['loss']:.4f}{checked}")


def train(
    model: keras.Model,
    training: Training,
    batches: tf.data.Dataset,
    validation: tf.data.Dataset | None,
    places: Places,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    stop_after: int | None = None,
) -> list[dict[str, Any]]:
    """Fit a compiled model; it ends with the weights of its best epoch, or of its last one where
    there are no validation songs.

    Args:
        model: compiled.
        training: hyperparameters.
        batches, validation: `validation` may be None, and then nothing stops the training early.
        places: of checkpoints and logs.
        callbacks: further Keras callbacks, which see the epoch after it was saved.
        stop_after: epochs after which it ends at the latest, with the learning rate's schedule that
            of all of them.

    Returns:
        The history: a list of one dict an epoch, `epoch` and every loss, metric, and the learning
        rate.

    Raises:
        KerasfeatError: if the loss became NaN or infinite.
    """
    checkpoint = Checkpoint(places.checkpoints, None if validation is None else MONITOR)
    checkpoint.restore(model)
    done, last = len(checkpoint.history), min(training.epochs, stop_after or training.epochs)
    if done < last and not checkpoint.stopped:
        if done:
            _read(batches, done)
        with progress(places.title, "epochs", begun=done) as advance:
            model.fit(
                batches,
                validation_data=validation,
                epochs=last,
                initial_epoch=done,
                callbacks=[
                    *_steering(training, checkpoint),
                    checkpoint,  # behind what may stop the training, so that it knows
                    Curves(places.logs),
                    _Epochs(advance, last),
                    *callbacks,
                ],
                shuffle=False,
                verbose=0,
            )
    if checkpoint.stopped and checkpoint.monitor and len(checkpoint.history) < last:
        _say_stopped(places.title, checkpoint, last)
    _refuse_diverged(checkpoint.history[-1], training)
    checkpoint.load_best(model)
    return checkpoint.history


def _steering(training: Training, checkpoint: Checkpoint) -> list[keras.callbacks.Callback]:
    """What changes the learning rate and ends the training; it knows the epochs of earlier
    processes.
    """
    monitor, replayed = checkpoint.monitor, []
    if monitor:
        replayed.append(keras.callbacks.EarlyStopping(monitor, patience=training.patience))
    if training.schedule == "plateau":
        replayed.append(plateau(training, monitor or "loss"))
    stop = keras.callbacks.TerminateOnNaN()
    return [_LearningRate(), *replayed, stop, Replay(replayed, checkpoint.history)]


def _say_stopped(title: str, checkpoint: Checkpoint, last: int) -> None:
    """Say why a training ended before its last epoch."""
    best = min(checkpoint.history, key=lambda row: row[MONITOR])
    say(
        f"{title} stopped early, after epoch {len(checkpoint.history)} of {last}: the validation "
        f"loss was lowest in epoch {best['epoch'] + 1}, whose weights are kept"
    )


def _refuse_diverged(epoch: dict[str, Any], training: Training) -> None:
    if not (np.isfinite(epoch["loss"]) and np.isfinite(epoch.get(MONITOR, 0.0))):
        raise KerasfeatError(
            f"training diverged in epoch {epoch['epoch'] + 1}: the loss became NaN or infinite. "
            "The learning rate was "
            f"{training.learning_rate:g}; try a tenth of it with --set "
            f"learning_rate={training.learning_rate / 10:g} and another --out."
        )


class _Reader(keras.Model):
    """Reads its batches and learns nothing."""

    def train_step(self, data: tuple) -> dict:
        return {"loss": tf.zeros(())}  # Keras takes no step without a number


def _read(batches: tf.data.Dataset, epochs: int) -> None:
    """Draw batches as the `epochs` before a kill drew them: the next come as they would have.

    Each time that reading begins the songs are shuffled anew. Keras reads here too, since how often
    it begins in an epoch is its own affair.
    """
    reader = _Reader()
    reader.compile(jit_compile=False)
    reader.fit(batches, epochs=epochs, shuffle=False, verbose=0)


class _LearningRate(keras.callbacks.Callback):
    """Adds the learning rate to the logs that the callbacks behind it see."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["learning_rate"] = float(tf.convert_to_tensor(self.model.optimizer.learning_rate))
