"""Decision trees as a layer of constants: each step asks one node of every tree at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.layers import Float32Layer, Shape, exact, floats, register, zero_of


@dataclass(frozen=True)
class Forest:
    """Trees as arrays of their nodes.

    The nodes of a tree follow each other, a left child right behind its parent. An inner node sends
    a song left whose value is at most the threshold.

    Attributes:
        feature: int [nodes], the place of the column that is asked; its complement (~) where a
            missing value goes left.
        threshold: float32 [nodes].
        child: int [nodes], the right child; of a leaf the complement of its row in `value`.
        value: float32 [leaves, size], what a leaf adds.
        start: int [trees], the first node of each tree.
        bias: float32 [outputs], what all trees begin with. `size` is 1 or the number of outputs;
            where it is 1 the trees take turns: tree i adds to output i % outputs.
        depth: steps from a first node to the farthest leaf.
    """

    feature: Array
    threshold: Array
    child: Array
    value: Array
    start: Array
    bias: Array
    depth: int

    @property
    def sizes(self) -> dict[str, int]:
        """What `Trees` needs to know before it has the arrays."""
        return {
            "nodes": len(self.feature),
            "leaves": len(self.value),
            "size": self.value.shape[1],
            "trees": len(self.start),
            "outputs": len(self.bias),
            "depth": self.depth,
        }

    @property
    def arrays(self) -> dict[str, Array]:
        """The arrays by their names."""
        names = ("feature", "threshold", "child", "value", "start", "bias")
        return {name: getattr(self, name) for name in names}


@register
class Trees(Float32Layer):
    """The sum of what trees say of a row: [batch, columns] to [batch, outputs].

    Args:
        nodes, leaves, size, trees, outputs, depth: as of `Forest.sizes`.
    """

    def __init__(
        self,
        nodes: int,
        leaves: int,
        size: int,
        trees: int,
        outputs: int,
        depth: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sizes = {
            "nodes": nodes,
            "leaves": leaves,
            "size": size,
            "trees": trees,
            "outputs": outputs,
            "depth": depth,
        }

    def build(self, input_shape: Shape) -> None:
        nodes, sizes = (self.sizes["nodes"],), self.sizes
        self.feature = self.add_exact("feature", nodes)
        self.threshold = self.add_exact("threshold", nodes)
        self.child = self.add_exact("child", nodes)
        self.value = self.add_exact("value", (sizes["leaves"], sizes["size"]))
        self.start = self.add_exact("start", (sizes["trees"],))
        self.bias = self.add_exact("bias", (sizes["outputs"],))

    def assign(self, forest: Forest) -> None:
        """Take the arrays of a Forest."""
        for name, array in forest.arrays.items():
            getattr(self, name).assign(array.view("int32"))

    def call(self, table: Tensor) -> Tensor:
        # tf.gather, since ops.take looks for negative places each time: three times as slow.
        feature, child, start = map(ops.convert_to_tensor, (self.feature, self.child, self.start))
        threshold, value, bias = map(exact, (self.threshold, self.value, self.bias))
        zero = zero_of(table)
        node = start + zero  # [batch, trees]
        for _ in range(self.sizes["depth"]):
            asked = tf.gather(feature, node)
            missing_left = asked < 0
            column = tf.where(missing_left, -1 - asked, asked)
            x = tf.gather(table, column, axis=1, batch_dims=1)  # [batch, trees]
            at_most = x <= floats(tf.gather(threshold, node))
            left = tf.where(tf.math.is_nan(x), missing_left, at_most)
            right = tf.gather(child, node)
            node = tf.where(right < 0, node, tf.where(left, node + 1, right))
        said = tf.gather(value, -1 - tf.gather(child, node))  # [batch, trees, size]
        return self._total(floats(said)) + floats(bias + tf.cast(zero, bias.dtype))

    def _total(self, said: Tensor) -> Tensor:
        """The sum over all rounds of the trees, [batch, outputs]."""
        outputs = self.sizes["outputs"]
        rounds = self.sizes["trees"] * self.sizes["size"] // outputs
        # A sum of sums: float32 loses six digits over a thousand numbers one after the other.
        block = int(np.ceil(np.sqrt(rounds)))
        said = ops.reshape(said, (-1, rounds, outputs))
        said = ops.pad(said, ((0, 0), (0, -rounds % block), (0, 0)))
        blocks = ops.reshape(said, (-1, block, said.shape[1] // block, outputs))
        return ops.sum(ops.sum(blocks, axis=2), axis=1)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (shape[0], self.sizes["outputs"])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.sizes}


def rounded_down(threshold: Array) -> Array:
    """The largest float32 that is not above each threshold.

    A float32 is at most the one if and only if it is at most the other.
    """
    nearest = threshold.astype("float32")
    return np.where(nearest > threshold, np.nextafter(nearest, np.float32(-np.inf)), nearest)
