"""A linear model as a layer of constants."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.layers import (
    Float32Layer,
    Shape,
    exact,
    floats,
    not_zero,
    register,
    zero_of,
)


@dataclass(frozen=True)
class Scaling:
    """How a row becomes what a linear model reads.

    Attributes:
        columns: of a row.
        numbers: places of the columns that are standardised.
        mean, deviation: float32 [numbers], of the training songs; numbers that count for less have
            a larger one.
        categories: (place of a column, value) for each value that becomes a column of 0 and 1.
    """

    columns: int
    numbers: tuple[int, ...]
    mean: Array
    deviation: Array
    categories: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, x: Array, categorical: tuple[int, ...], weights: Array) -> "Scaling":
        """From the training songs [songs, columns], NaN where missing.

        Args:
            x: the songs.
            categorical: places of the columns whose numbers name a category.
            weights: [columns], the deviation that each number gets.
        """
        numbers = tuple(place for place in range(x.shape[1]) if place not in categorical)
        known = np.array(x[:, numbers], "float64")
        known[:, np.isnan(known).all(axis=0)] = 0.0  # a column without a value says nothing
        deviation = not_zero(np.nanstd(known, 0), np.nanmin(known, 0), np.nanmax(known, 0))
        values = {place: np.unique(x[:, place]) for place in categorical}
        return cls(
            x.shape[1],
            numbers,
            np.nanmean(known, axis=0).astype("float32"),
            (deviation / weights[list(numbers)]).astype("float32"),
            tuple((p, float(v)) for p, own in values.items() for v in own if np.isfinite(v)),
        )

    @property
    def config(self) -> dict[str, Any]:
        """What a `ScaledLayer` is made with."""
        categories = [list(pair) for pair in self.categories]
        return {"numbers": list(self.numbers), "categories": categories}

    def scaled(self, table: Tensor, library: ModuleType) -> Tensor:
        """Rows [batch, columns] as [batch, numbers + categories].

        A missing number becomes the mean, a missing category all zeros.

        Args:
            table: the rows.
            library: numpy or keras.ops, which computes it.
        """
        numbers = library.take(table, np.array(self.numbers, int), axis=1)
        values = (numbers - self.mean) / self.deviation
        parts = [library.where(library.isnan(values), library.zeros_like(values), values)]
        if self.categories:
            places, names = zip(*self.categories, strict=True)
            is_there = library.take(table, np.array(places), axis=1) == np.array(names, "float32")
            one = library.ones_like(table[:, :1])
            parts.append(library.where(is_there, one, library.zeros_like(one)))
        return library.concatenate(parts, axis=1)


class ScaledLayer(Float32Layer):
    """A layer that reads rows [batch, columns] by a Scaling.

    Args:
        numbers, categories: as of `Scaling`.
    """

    def __init__(
        self, numbers: Sequence[int], categories: Sequence[Sequence[float]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.numbers = tuple(numbers)
        self.categories = tuple((int(place), float(value)) for place, value in categories)

    @property
    def inputs(self) -> int:
        """How many numbers a scaled row has."""
        return len(self.numbers) + len(self.categories)

    def build(self, input_shape: Shape) -> None:
        self.mean = self.add_exact("mean", (len(self.numbers),))
        self.deviation = self.add_exact("deviation", (len(self.numbers),))

    def assign_scaling(self, scaling: Scaling) -> None:
        """Take a Scaling."""
        self.mean.assign(scaling.mean.view("int32"))
        self.deviation.assign(scaling.deviation.view("int32"))

    def scaled(self, table: Tensor) -> Tensor:
        """[batch, columns] to [batch, inputs]."""
        mean, deviation = map(exact, (self.mean, self.deviation))
        zero = tf.cast(zero_of(table), mean.dtype)
        numbers = floats(mean + zero), floats(deviation + zero)
        scaling = Scaling(table.shape[1], self.numbers, *numbers, self.categories)
        return scaling.scaled(table, ops)

    def get_config(self) -> dict[str, Any]:
        categories = [list(pair) for pair in self.categories]
        own = {"numbers": list(self.numbers), "categories": categories}
        return {**super().get_config(), **own}


@register
class Linear(ScaledLayer):
    """A linear model of standardised columns: [batch, columns] to [batch, outputs].

    Args:
        outputs: how many.
        scaling: numbers and categories, as of `ScaledLayer`.
    """

    def __init__(self, outputs: int, **scaling: Any) -> None:
        super().__init__(**scaling)
        self.outputs = outputs

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.kernel = self.add_statistic("kernel", (self.inputs, self.outputs))
        self.bias = self.add_statistic("bias", (self.outputs,))

    def assign(self, scaling: Scaling, kernel: Array, bias: Array) -> None:
        """Take a Scaling, and the weights [inputs, outputs] and [outputs]."""
        self.assign_scaling(scaling)
        self.kernel.assign(kernel)
        self.bias.assign(bias)

    def call(self, table: Tensor) -> Tensor:
        return ops.matmul(self.scaled(table), self.kernel) + self.bias

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (shape[0], self.outputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "outputs": self.outputs}
