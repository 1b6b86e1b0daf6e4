"""Training of one network on several devices of this machine, and why not on several machines."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.choices import MULTI_WORKER
from kerasfeat.progress import detail

# Earlier releases of Keras lose weights or stop under a strategy: keras#20611, #21061 and #21069.
KERAS = (3, 10)
ISSUE = "https://github.com/keras-team/keras/issues/20585"
ONE_MACHINE = (
    "training one network on several machines does not work: Keras 3's fit fails under "
    f"TensorFlow's MultiWorkerMirroredStrategy ({ISSUE}). What works: one machine with all of its "
    "GPUs (`fit --strategy mirrored`); features by many machines (`extract --engine ray`) and "
    "`fit` on one, which reads them from the cache; several trainings at once by `tune`'s workers."
)


def require_possible(strategy: str) -> None:
    """Refuse a strategy that fails, before anything is read.

    Raises:
        KerasfeatError: several machines are asked for, by name or by TF_CONFIG, or Keras is too
            old.
    """
    if strategy == MULTI_WORKER or _machines() > 1:
        raise KerasfeatError(ONE_MACHINE)
    keras = version("keras")
    if tuple(map(int, keras.split(".")[:2])) < KERAS:
        raise KerasfeatError(
            f"--strategy {strategy} needs Keras {'.'.join(map(str, KERAS))} or later; this is "
            f"{keras}. Leave it out, or update Keras."
        )


@contextmanager
def scope(strategy: str | None) -> Iterator[None]:
    """A block in which networks are built for the strategy, and trained."""
    if strategy is None:
        yield
        return
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = [device.name for device in devices]
    detail(f"each batch is shared among {', '.join(names)}")
    with tf.distribute.MirroredStrategy(names).scope():
        yield


def shared_evenly(batches: Any) -> Any:
    """Batches of (inputs, targets, weights) that divide among the devices of the current scope.

    Keras takes no first batch whose parts differ in size, and the loss of an empty part is no
    number. What is added to a batch counts for nothing, and the others for so much more that its
    mean stays.

    Args:
        batches: a tf.data.Dataset.

    Returns:
        The same dataset where there is one device.
    """
    import tensorflow as tf

    devices = tf.distribute.get_strategy().num_replicas_in_sync
    if devices == 1:
        return batches

    def filled(inputs: Any, targets: Any, weights: Any) -> Any:
        songs = tf.shape(tf.nest.flatten(weights)[0])[0]
        places = tf.range(songs + -songs % devices)
        is_own = tf.cast(places < songs, tf.float32)
        inputs, targets, weights = tf.nest.map_structure(
            lambda values: tf.gather(values, places % songs), (inputs, targets, weights)
        )
        share = is_own / tf.reduce_mean(is_own)
        return inputs, targets, {head: each * share for head, each in weights.items()}

    return batches.map(filled)


def _machines() -> int:
    """How many machines train together, by the variable that TensorFlow reads."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
        return sum(map(len, cluster.values()))
    except (ValueError, AttributeError, TypeError):
        return 0
