"""Where a network can be cut in two, so that what is known of a song is computed once."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import tree

from kerasfeat.arrays import Tensor


@dataclass(frozen=True)
class Origin:
    """What a tensor of a functional model comes from.

    Attributes:
        inputs: names of the model's inputs.
        operations: names of all operations on the way.
    """

    inputs: frozenset[str]
    operations: frozenset[str]


@dataclass(frozen=True)
class CutNetwork:
    """A copy of a network, and where it is cut.

    Attributes:
        copy: it answers and learns as the network does.
        tensors: of the copy, known ones and inputs, from which `keras.Model(tensors, copy.output)`
            goes on.
        origins: of each tensor.
    """

    copy: keras.Model
    tensors: list[Tensor]
    origins: list[Origin]


def copy_variables(source: keras.Model, target: keras.Model) -> None:
    """Set what a model has learnt to what its copy has: weights, statistics, and random draws."""
    for old, new in zip(target.variables, source.variables, strict=True):
        old.assign(new)


def cut_network(model: keras.Model, is_known: Callable[[Origin], bool]) -> CutNetwork:
    """Cut a network where what is known of a song ends.

    Args:
        model: a functional model, which stays as it is.
        is_known: function from a tensor's origin to whether it is known.
    """
    # A model that begins within another adds to the layers that they share.
    copy = keras.models.clone_model(model)
    copy_variables(model, copy)
    origins: dict[int, Origin] = {}
    cuts: dict[int, Tensor] = {}

    def cut(tensor: Tensor) -> None:
        earlier = _made_of(tensor)
        if not earlier or is_known(_origin(tensor, origins)):
            cuts[id(tensor)] = tensor
        else:
            for other in earlier:
                cut(other)

    for output in tree.flatten(copy.output):
        cut(output)
    tensors = list(cuts.values())
    return CutNetwork(copy, tensors, [_origin(tensor, origins) for tensor in tensors])


def _made_of(tensor: Tensor) -> list[Tensor]:
    """The tensors that the operation behind a tensor takes; none of an input."""
    operation, node, _ = tensor._keras_history
    return operation._inbound_nodes[node].input_tensors


def _origin(tensor: Tensor, known: dict[int, Origin]) -> Origin:
    """What a tensor comes from; `known` has, and gets, those of tensors by their `id`."""
    if id(tensor) not in known:
        earlier = [_origin(other, known) for other in _made_of(tensor)]
        inputs = frozenset(name for origin in earlier for name in origin.inputs)
        own = frozenset([tensor._keras_history[0].name])
        operations = own.union(*(origin.operations for origin in earlier))
        known[id(tensor)] = Origin(inputs or frozenset([tensor.name]), operations)
    return known[id(tensor)]
