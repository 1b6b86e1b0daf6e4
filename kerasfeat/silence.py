"""Libraries without their start-up chatter, which says nothing about the user's songs."""

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Collection, Iterator
from typing import IO

from kerasfeat.progress import detail

# What Keras imports where it is there, though none of its layers needs it: a third of the time that
# TensorFlow takes to import.
FOR_KERAS_ALONE = ("IPython", "matplotlib", "sklearn")

GPUS = "CUDA_VISIBLE_DEVICES"  # the variable by which a process is told of graphics cards


@contextlib.contextmanager
def _stderr_to(file: IO[bytes]) -> Iterator[None]:
    """Send what the process writes to stderr, C++ libraries too, to a file."""
    sys.stderr.flush()
    kept = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """What the block writes to stderr is shown only if it fails."""
    with tempfile.TemporaryFile() as said:
        try:
            with _stderr_to(said):
                yield
        except Exception:
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace"))
            raise


@contextlib.contextmanager
def _absent(names: Collection[str]) -> Iterator[None]:
    """While it lasts, those of these libraries that nothing has imported are as if not there."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def _without_gpus() -> Iterator[None]:
    """While it lasts, the process's environment says that there are no graphics cards."""
    kept = os.environ.get(GPUS)
    os.environ[GPUS] = "-1"
    try:
        yield
    finally:
        del os.environ[GPUS]
        if kept is not None:
            os.environ[GPUS] = kept


def import_tensorflow(gpu: bool = True, *, lean: bool = False) -> None:
    """Import TensorFlow and find its devices.

    What it prints meanwhile is shown only if the import fails.

    Args:
        gpu: False to leave graphics cards out: what a graph gets from one, such as cuDNN's
            operations, runs on no server without. Where TensorFlow has found its devices, it keeps
            them.
        lean: leave out what Keras imports for its plots and its scikit-learn wrappers, which then
            don't work in this process: for commands that need neither.
    """
    # TensorFlow reads this when it is imported, and which cards there are when it finds them.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with (
        contextlib.nullcontext() if gpu else _without_gpus(),
        held_back(),
        warnings.catch_warnings(),
        _absent(FOR_KERAS_ALONE if lean else ()),
    ):
        warnings.simplefilter("ignore")
        import tensorflow as tf

        devices = tf.config.list_logical_devices()
        # One process trains and runs several models, which TensorFlow takes for a mistake.
        tf.get_logger().setLevel("ERROR")
    detail(f"TensorFlow {tf.__version__} on {', '.join(device.name for device in devices)}")
