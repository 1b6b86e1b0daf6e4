"""Floating-point operations of a network, and how many a second are reached."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

SIDE = 3072  # of the square matrices whose product shows what these cores can do


@dataclass(frozen=True)
class Reached:
    """What some work reached.

    Attributes:
        gflops: 10^9 floating-point operations a second.
        cores: that were busy.
    """

    gflops: float
    cores: float


def operations(network: keras.Model) -> int:
    """Multiplications and additions of one patch's convolutions and products with matrices.

    Each number of a kernel is multiplied and added once at each place of the layer's output.
    """
    return sum(
        2 * math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
        for layer in network.layers
        if hasattr(layer, "kernel")
    )


def reached(run: Callable[[], object], count: float, repeats: int = 5) -> Reached:
    """The most of some calls, each of `count` operations, after one to warm up."""
    run()
    best = Reached(0.0, 0.0)
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        run()
        taken, used = time.perf_counter() - start, time.process_time() - used
        best = max(best, Reached(count / taken / 1e9, used / taken), key=lambda each: each.gflops)
    return best


def product_reached() -> Reached:
    """What TensorFlow's product of large matrices of float32 reaches on all cores."""
    square = tf.random.uniform((SIDE, SIDE))
    return reached(lambda: tf.matmul(square, square).numpy(), 2 * SIDE**3)
