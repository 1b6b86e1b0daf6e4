"""What an exported model tells a client of a song."""

from functools import singledispatch

import tensorflow as tf

from kerasfeat.arrays import Tensor
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target


@singledispatch
def named(target: Target, answers: dict[str, Tensor]) -> dict[str, Tensor]:
    """The outputs of the signatures that predict, by stock TensorFlow operations.

    Args:
        target: of the model.
        answers: head -> [batch, size].

    Returns:
        `probabilities` and `classes` [batch, labels], of one label a song also `label` and
        `class_id` [batch], "" and -1 of a song without an answer; or each number [batch] in the
        table's unit under its name.
    """
    raise TypeError(type(target))


@named.register
def _(target: Multiclass, answers: dict[str, Tensor]) -> dict[str, Tensor]:
    probabilities = answers[target.name]  # [batch, labels]
    most_probable = tf.argmax(probabilities, axis=1)
    has_answer = tf.reduce_all(tf.math.is_finite(probabilities), axis=1)
    chosen = {
        "label": tf.where(has_answer, tf.gather(tf.constant(target.labels), most_probable), ""),
        "class_id": tf.where(has_answer, most_probable, -1),
    }
    return _labelled(target.labels, probabilities) | chosen


@named.register
def _(target: Multilabel, answers: dict[str, Tensor]) -> dict[str, Tensor]:
    return _labelled(target.labels, answers[target.name])


@named.register
def _(target: Regression, answers: dict[str, Tensor]) -> dict[str, Tensor]:
    ranges = zip(target.names, target.low, target.high, strict=True)
    return {name: low + answers[name][:, 0] * (high - low) for name, low, high in ranges}


def _labelled(labels: tuple[str, ...], probabilities: Tensor) -> dict[str, Tensor]:
    names = tf.constant(labels)
    classes = tf.tile(names[tf.newaxis], [tf.shape(probabilities)[0], 1])
    return {"probabilities": probabilities, "classes": classes}
