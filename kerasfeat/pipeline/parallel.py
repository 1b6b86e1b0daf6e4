"""How many things this package does at a time, and how its tf.data pipelines run."""

import os

import tensorflow as tf


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def dataset_options() -> tf.data.Options:
    """Options for every pipeline here, all of which name how much they do at a time."""
    options = tf.data.Options()
    # The thread that would tune it sleeps, twice as long each time, and nothing wakes it at the
    # dataset's end, which waits for it: in about half of the epochs for up to as long as the epoch
    # took (TensorFlow 2.16 to 2.21).
    options.autotune.enabled = False
    return options
