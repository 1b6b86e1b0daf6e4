"""Where a network can be cut in two, so that what is known of a song is computed once."""

import keras
from keras import tree


def give(source, target):
    """Set what a model's copy has learnt to what the model has: weights, statistics, and where its
    random draws stand.
    """
    for theirs, ours in zip(target.variables, source.variables, strict=True):
        theirs.assign(ours)


def parted(model, known):
    """A copy of a network, and the tensors in it that lie between what is known and what is not.

    Args:
        model: a functional model.
        known: function (names of the inputs that a tensor is made of, names of the operations that
            make it) to whether the tensor is known.

    Returns:
        (copy of `model`, which answers and learns as it does; tensors, known ones and inputs, from
        which `keras.Model(tensors, copy.output)` goes on; of each of them the names of the inputs
        that it is made of).
    """
    # A model that begins within another adds to the layers that they share.
    copy = keras.models.clone_model(model)
    give(model, copy)
    origins, cuts = {}, {}

    def before(tensor):
        operation, node, _ = tensor._keras_history
        return operation._inbound_nodes[node].input_tensors

    def origin(tensor):
        if id(tensor) not in origins:
            earlier = [origin(other) for other in before(tensor)]
            inputs = frozenset().union(*(names for names, _ in earlier)) or frozenset([tensor.name])
            origins[id(tensor)] = (
                inputs,
                frozenset([tensor._keras_history[0].name]).union(*(made for _, made in earlier)),
            )
        return origins[id(tensor)]

    def cut(tensor):
        if not before(tensor) or known(*origin(tensor)):
            cuts[id(tensor)] = tensor
        else:
            for earlier in before(tensor):
                cut(earlier)

    for head in tree.flatten(copy.output):
        cut(head)
    tensors = list(cuts.values())
    return copy, tensors, [origin(tensor)[0] for tensor in tensors]
