"""One stage of training: compile, fit with early stopping and checkpoints, end with the best weights."""

import keras
import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.tasks import CLASSES
from kerasfeat.training.checkpoint import Checkpoint, Replay

MONITOR = "val_loss"


def compile_model(model, task, training, steps):
    """Compile with the task's losses and metrics.

    Args:
        model: its outputs are named as the task's heads.
        task: a Task.
        training: Training hyperparameters.
        steps: batches an epoch, which an exponential or cosine schedule counts in.
    """
    optimizer = keras.optimizers.AdamW(_learning_rate(training, steps), weight_decay=training.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "absent", "growth"])
    if task.kind == CLASSES:
        loss, metric = "sparse_categorical_crossentropy", "accuracy"
    else:
        loss, metric = "mean_squared_error", "mean_absolute_error"
    heads = list(model.output)
    model.compile(
        optimizer,
        loss=dict.fromkeys(heads, loss),
        # Weighted: a song without a value for a target has weight 0 there, and counts in no metric either.
        weighted_metrics={head: [metric] for head in heads},
        # XLA takes longer to compile these small networks than they take to train.
        jit_compile=False,
    )


def _learning_rate(training, steps):
    if training.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(training.learning_rate, training.epochs * steps)
    if training.schedule == "exponential":
        return keras.optimizers.schedules.ExponentialDecay(training.learning_rate, steps, training.decay)
    return training.learning_rate


class _Epochs(keras.callbacks.Callback):
    """Tells a progress bar each epoch's losses."""

    def __init__(self, advance, epochs):
        super().__init__()
        self.advance = advance
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        checked = f", validation {logs[MONITOR]:.4f}" if MONITOR in logs else ""
        self.advance(epoch + 1, self.epochs, f"loss {logs['loss']:.4f}{checked}")


def train(model, training, batches, validation, work, logs, advance, callbacks=()):
    """Fit a compiled model; it ends with the weights of its best epoch, or of its last one where there are no validation songs.

    Args:
        model: compiled.
        training: Training hyperparameters.
        batches, validation: tf.data datasets; `validation` may be None, and then nothing stops the training early.
        work: folder of the checkpoints; an unfinished training there goes on.
        logs: TensorBoard folder.
        advance: function (done epochs, epochs, note).
        callbacks: further Keras callbacks, which see the epoch after it was saved.

    Returns:
        The history: a list of one dict an epoch, `epoch` and every loss, metric, and the learning rate.

    Raises:
        KerasfeatError: if the loss became NaN or infinite.
    """
    monitor = MONITOR if validation is not None else None
    checkpoint = Checkpoint(work, monitor)
    done = checkpoint.restore(model)
    replayed = [keras.callbacks.EarlyStopping(monitor, patience=training.patience)] if monitor else []
    if training.schedule == "plateau":
        patience = max(1, training.patience // 3)
        replayed.append(keras.callbacks.ReduceLROnPlateau(monitor or "loss", factor=training.decay, patience=patience))
    watching = [
        _LearningRate(),
        *replayed,
        keras.callbacks.TerminateOnNaN(),
        Replay(replayed, checkpoint.history),
        checkpoint,
        keras.callbacks.TensorBoard(logs, write_graph=False),
        _Epochs(advance, training.epochs),
        *callbacks,
    ]
    if not checkpoint.finished:
        model.fit(
            batches, validation_data=validation, epochs=training.epochs, initial_epoch=done, callbacks=watching, shuffle=False, verbose=0
        )
        checkpoint.finish()
    last = checkpoint.history[-1]
    if not (np.isfinite(last["loss"]) and np.isfinite(last.get(MONITOR, 0.0))):
        raise KerasfeatError(
            f"training diverged in epoch {last['epoch'] + 1}: its loss is no number any more. The learning rate was "
            f"{training.learning_rate:g}; try a tenth of it with --set learning_rate={training.learning_rate / 10:g} and another --out."
        )
    checkpoint.load_best(model)
    return checkpoint.history


class StopAfter(keras.callbacks.Callback):
    """Ends a training after so many epochs; its learning rate's schedule remains that of all of them."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 >= self.epochs:
            self.model.stop_training = True


class _LearningRate(keras.callbacks.Callback):
    """Adds the learning rate to the logs that the callbacks behind it see."""

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = float(tf.convert_to_tensor(self.model.optimizer.learning_rate))
