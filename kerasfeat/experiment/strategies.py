"""Training of one network on several devices of this machine, and why not on several machines."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from kerasfeat import KerasfeatError
from kerasfeat.progress import detail

MULTI_WORKER = "multi-worker"
# Earlier releases of Keras lose weights or stop under a strategy: keras#20611, #21061 and #21069.
KERAS = (3, 10)
ISSUE = "https://github.com/keras-team/keras/issues/20585"
ONE_MACHINE = (
    "training one network on several machines does not work: Keras 3's fit fails under "
    f"TensorFlow's MultiWorkerMirroredStrategy ({ISSUE}). What works: one machine with all of its "
    "GPUs (`fit --strategy mirrored`); features by many machines (`extract --engine ray`) and "
    "`fit` on one, which reads them from the cache; several trainings at once by `tune`'s workers."
)


def require_possible(strategy: str | None) -> None:
    """Refuse a strategy that fails, before anything is read.

    Raises:
        KerasfeatError: several machines are asked for, by name or by TF_CONFIG, or Keras is too
            old.
    """
    if strategy == MULTI_WORKER or (strategy and _machines() > 1):
        raise KerasfeatError(ONE_MACHINE)
    keras = version("keras")
    if strategy and tuple(map(int, keras.split(".")[:2])) < KERAS:
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


def _machines() -> int:
    """How many machines train together, by the variable that TensorFlow reads."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
        return sum(map(len, cluster.values()))
    except (ValueError, AttributeError, TypeError):
        return 0
