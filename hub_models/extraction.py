"""Running a backbone over many clips."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class Extractor:
    """Runs a network of `hub_models.build` over batches of waveforms, in bounded memory.

    On a CPU a batch runs as one call a clip, one clip a thread: the patches of a 30 s clip are 24
    MB at the widest layer, so more of them at once only leave the processor's cache, and two calls
    side by side fill the gaps between one call's operations. On a GPU a batch is one call.
    """

    def __init__(self, model: keras.Model, threads: int | None = None) -> None:
        self._on_gpu = bool(tf.config.list_physical_devices("GPU"))
        self._pool = ThreadPoolExecutor(threads or os.cpu_count())
        self._function = tf.function(
            lambda waveforms: model(waveforms, training=False),
            autograph=False,
            reduce_retracing=True,
        )

    def __call__(self, waveforms: Any) -> dict[str, np.ndarray]:
        """Outputs by name, each [batch, patches, size], of waveforms float32 [batch, samples]."""
        waveforms = tf.convert_to_tensor(waveforms, tf.float32)
        if self._on_gpu:
            return {name: output.numpy() for name, output in self._function(waveforms).items()}
        by_clip = list(self._pool.map(self._function, tf.split(waveforms, len(waveforms))))
        return {name: np.concatenate([outputs[name] for outputs in by_clip]) for name in by_clip[0]}
