"""Training songs mixed with each other, inputs and answers alike (Zhang et al. 2018, "mixup", arXiv
1710.09412).
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import tensorflow as tf

from kerasfeat.arrays import Tensor
from kerasfeat.fields import Field
from kerasfeat.networks.columns import ONE_HOT_SIZES

ByName: TypeAlias = dict[str, Tensor]
Mix: TypeAlias = Callable[[ByName, ByName, ByName], tuple[ByName, ByName, ByName]]


def mixup(alpha: float, fields: Sequence[Field], seed: int) -> Mix | None:
    """The function from a batch (inputs, targets, weights) to one of as many mixed examples; None
    where `alpha` is 0.

    Each example is mixed with another of its batch, its share drawn from Beta(alpha, alpha);
    keras.layers.MixUp does that to images alone. The loss of a mixed example is that of the two,
    each with its share and its own weight: so are target and weight made, which for cross-entropy
    and squared errors is exact. An answer that one of the two lacks (weight 0) is the other's.

    A song without one of the inputs is mixed with songs that lack it too, lest half an answer stand
    beside the whole of the other's input; a single value that one of the two lacks is the other's.
    Half of one key and half of another is no key: categories are drawn by share.

    Args:
        alpha: above 0; at 1 every share is as likely, the lower the more of one song.
        fields: the inputs'.
        seed: of the draws.

    Returns:
        A function of dicts of input to [batch, ...], of head to [batch] or [batch, ...], and of
        head to [batch].
    """
    if not alpha:
        return None
    # Its state is a variable, where tf.data works: operations with a seed of their own would draw
    # the same shares in each epoch.
    with tf.device("CPU"):
        generator = tf.random.Generator.from_seed(seed)
    categories = {
        field.name: [column in ONE_HOT_SIZES for column in field.columns] for field in fields
    }

    def mix(inputs: ByName, targets: ByName, weights: ByName) -> tuple[ByName, ByName, ByName]:
        size = tf.shape(next(iter(inputs.values())))[0]
        seeds = tf.unstack(generator.make_seeds(6), axis=1)
        ours, others = (_log_gamma(size, alpha, *seeds[i : i + 2]) for i in (0, 2))
        share = tf.sigmoid(ours - others)  # [batch]
        other = _partners(inputs, size, seeds[4])
        drawn = tf.random.stateless_uniform([size], seeds[5]) < share
        mixed = {
            name: _mixed(x, tf.gather(x, other), share, drawn, categories[name])
            for name, x in inputs.items()
        }
        own = {head: share * weight for head, weight in weights.items()}
        given = {head: (1 - share) * tf.gather(weight, other) for head, weight in weights.items()}
        answers = {
            head: _answer(y, tf.gather(y, other), own[head], given[head])
            for head, y in targets.items()
        }
        return mixed, answers, {head: own[head] + part for head, part in given.items()}

    return mix


def _partners(inputs: ByName, size: Tensor, seed: Tensor) -> Tensor:
    """The place [batch] of another example for each, of its own where they lack other inputs."""
    other = tf.argsort(tf.random.stateless_uniform([size], seed))
    alike = [_present(x) == tf.gather(_present(x), other) for x in inputs.values()]
    return tf.where(tf.reduce_all(alike, axis=0), other, tf.range(size))


def _log_gamma(size: Tensor, alpha: float, first: Tensor, second: Tensor) -> Tensor:
    """Logarithms of numbers drawn from Gamma(alpha): those themselves would be 0 for a low alpha
    (Marsaglia and Tsang 2000, section 6).
    """
    drawn = tf.random.stateless_gamma([size], first, alpha + 1.0)
    return tf.math.log(drawn) + tf.math.log(1 - tf.random.stateless_uniform([size], second)) / alpha


def _present(x: Tensor) -> Tensor:
    """[batch] whether the example has any value of the input."""
    return tf.reduce_any(tf.math.is_finite(x), axis=range(1, len(x.shape)))


def _beside(values: Tensor, x: Tensor) -> Tensor:
    """[batch] with as many axes as `x`."""
    return tf.reshape(values, [-1] + [1] * (len(x.shape) - 1))


def _mixed(x: Tensor, theirs: Tensor, share: Tensor, drawn: Tensor, category: list[bool]) -> Tensor:
    """An input of the examples, between `x` and `theirs`; its categories are one or the other's."""
    mixed = _between(x, theirs, _beside(share, x))
    if not any(category):
        return mixed
    return tf.where(category, tf.where(_beside(drawn, x), x, theirs), mixed)


def _between(x: Tensor, theirs: Tensor, share: Tensor) -> Tensor:
    mixed = share * x + (1 - share) * theirs
    return tf.where(tf.math.is_nan(x), theirs, tf.where(tf.math.is_nan(theirs), x, mixed))


def _answer(y: Tensor, theirs: Tensor, own: Tensor, given: Tensor) -> Tensor:
    own, given = _beside(own, y), _beside(given, y)
    return tf.math.divide_no_nan(own * y + given * theirs, own + given)
