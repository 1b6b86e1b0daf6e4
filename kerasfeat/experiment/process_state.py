"""What training sets in the whole process, and how it is put back."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf


@contextmanager
def training_state(mixed_precision: bool) -> Iterator[None]:
    """A block that may seed the generators of Python, NumPy, TensorFlow and Keras, whose networks
    have a precision of their own, and behind which a notebook draws on as if nothing had been.

    TensorFlow's and Keras's states can't be read: these go on from a number that is drawn before
    the block, and so depend on the user's seed alone.

    Args:
        mixed_precision: whether Keras computes in float16 where it is safe.
    """
    policy = keras.config.dtype_policy()
    goes_on_from = int(tf.random.uniform([], maxval=2**31 - 1, dtype=tf.int32))
    of_python, of_numpy = random.getstate(), np.random.get_state()
    keras.config.set_dtype_policy("mixed_float16" if mixed_precision else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        keras.utils.set_random_seed(goes_on_from)
        random.setstate(of_python)
        np.random.set_state(of_numpy)
