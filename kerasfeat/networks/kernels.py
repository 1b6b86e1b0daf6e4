"""How alike a row is to rows that were learnt, as a layer of constants."""

from types import ModuleType
from typing import Any

from keras import ops

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.layers import Shape, register
from kerasfeat.networks.linear import ScaledLayer, Scaling


def radial(x: Tensor, rows: Tensor, width: float, library: ModuleType) -> Tensor:
    """The radial kernel exp(-width * squared distance).

    Args:
        x: [batch, columns].
        rows: [rows, columns].
        width: gamma in scikit-learn.
        library: numpy or keras.ops, which computes it.

    Returns:
        [batch, rows].
    """
    own = library.sum(library.square(x), axis=1)[:, None]
    theirs = library.sum(library.square(rows), axis=1)[None]
    distances = own + theirs - 2 * library.matmul(x, library.transpose(rows))
    return library.exp(-width * library.maximum(distances, 0.0))


@register
class RadialKernel(ScaledLayer):
    """A weighted sum of how alike a row is to others: [batch, columns] to [batch, outputs].

    Args:
        vectors: how many rows it is compared with.
        outputs: how many.
        width: as of `radial`.
        scaling: numbers and categories, as of `ScaledLayer`.
    """

    def __init__(self, vectors: int, outputs: int, width: float, **scaling: Any) -> None:
        super().__init__(**scaling)
        self.vectors, self.outputs, self.width = vectors, outputs, float(width)

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.rows = self.add_statistic("rows", (self.vectors, self.inputs))
        self.kernel = self.add_statistic("kernel", (self.vectors, self.outputs))
        self.bias = self.add_statistic("bias", (self.outputs,))

    def assign(self, scaling: Scaling, rows: Array, kernel: Array, bias: Array) -> None:
        """Take a Scaling, scaled rows [vectors, inputs], and the weights [vectors, outputs] and
        [outputs].
        """
        self.assign_scaling(scaling)
        self.rows.assign(rows)
        self.kernel.assign(kernel)
        self.bias.assign(bias)

    def call(self, table: Tensor) -> Tensor:
        alike = radial(self.scaled(table), ops.convert_to_tensor(self.rows), self.width, ops)
        return ops.matmul(alike, self.kernel) + self.bias

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (shape[0], self.outputs)

    def get_config(self) -> dict[str, Any]:
        own = {"vectors": self.vectors, "outputs": self.outputs, "width": self.width}
        return {**super().get_config(), **own}
