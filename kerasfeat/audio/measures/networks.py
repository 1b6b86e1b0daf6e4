"""Small networks whose weights lie beside this file; `benchmarks/train_describe.py` made them.

They were trained on synthesised songs alone.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.special import erf, softmax

from kerasfeat.arrays import Array

WEIGHTS = Path(__file__).with_name("weights.npz")


@dataclass(frozen=True)
class Network:
    """Dense layers with GELU between them, the same for each row.

    Attributes:
        mean, scale: [features] that inputs are standardised with.
        kernels, biases: of each layer, [inputs, outputs] and [outputs].
        temperature: what the scores are divided by, so that probabilities are as often right as
            they say.
    """

    mean: Array
    scale: Array
    kernels: tuple[Array, ...]
    biases: tuple[Array, ...]
    temperature: float

    def __call__(self, rows: Array) -> Array:
        """[rows, features] to the probability of each of [rows, outputs] among all of them."""
        values = (rows - self.mean) / self.scale
        for number, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            if number:
                values = values * (1 + erf(values / np.sqrt(2))) / 2
            values = values @ kernel + bias
        return softmax(values / self.temperature)


@lru_cache
def network(name: str) -> Network:
    """One of "tempo", "key", "metre"."""
    with np.load(WEIGHTS) as arrays:
        own = {key.split("/")[1]: arrays[key] for key in arrays if key.startswith(f"{name}/")}
    layers = range(sum(key.startswith("kernel") for key in own))
    return Network(
        own["mean"],
        own["scale"],
        tuple(own[f"kernel{layer}"] for layer in layers),
        tuple(own[f"bias{layer}"] for layer in layers),
        float(own["temperature"]),
    )


@lru_cache
def weights_digest() -> str:
    """SHA-256 of the weights."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
