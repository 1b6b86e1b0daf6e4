"""Trained networks as one that answers by all of them: its inputs are theirs, and so are its heads.

Members answer window by window, as every network does; a song's answer is the mean of its windows'. A member that reads nothing of what
a song has does not answer (NaN), and the others answer without it.
"""

from functools import singledispatch

import keras
import numpy as np
from keras import layers, ops

from kerasfeat.models.blocks import register
from kerasfeat.models.build import REPRESENTATION
from kerasfeat.targets import Multiclass, Target


@register
class Weighted(layers.Layer):
    """A weighted mean of the answers that there are: tensors [batch, size] -> [batch, size]; `weights` add up to 1."""

    def __init__(self, weights, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.shares = [float(weight) for weight in weights]

    def call(self, answers):
        shares = [weight * there for weight, there in zip(self.shares, _there(answers), strict=True)]
        return sum(share * answer for share, answer in zip(shares, _zero(answers), strict=True)) / sum(shares)

    def compute_output_shape(self, shapes):
        return shapes[0]

    def get_config(self):
        return {**super().get_config(), "weights": self.shares}


@register
class Vote(layers.Layer):
    """The share of votes for each label, a vote for each member's most probable one: probabilities [batch, labels] -> [batch, labels].

    The members' mean probability counts as half a vote: it decides between labels with as many votes, and never against one with more.
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, answers):
        there = _there(answers)
        chosen = [ops.one_hot(ops.argmax(answer, axis=-1), answer.shape[-1], dtype="float32") for answer in answers]
        votes = sum(vote * counts for vote, counts in zip(chosen, there, strict=True))
        return (votes + 0.5 * sum(_zero(answers)) / sum(there)) / (sum(there) + 0.5)

    def compute_output_shape(self, shapes):
        return shapes[0]


@register
class Median(layers.Layer):
    """The median of the answers that there are, of an even number the mean of the two in the middle.

    Tensors [batch, size] -> [batch, size].
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, answers):
        beyond = [ops.where(ops.isfinite(answer), answer, np.inf) for answer in answers]
        ordered = ops.sort(ops.stack(beyond, axis=-1), axis=-1)  # [batch, size, members], those that are absent last
        last = sum(_there(answers))[..., None] - 1  # [batch, 1, 1], place of the last that is there
        from_middle = ops.abs(ops.arange(len(answers), dtype="float32") - last / 2)  # [batch, 1, members]
        middle = ops.logical_and(from_middle < 1, last >= 0)  # the one or two that stand there
        return ops.sum(ops.where(middle, ordered, 0.0), axis=-1) / ops.sum(ops.cast(middle, "float32"), axis=-1)

    def compute_output_shape(self, shapes):
        return shapes[0]


@singledispatch
def majority(target: Target, head: str) -> layers.Layer:
    """The layer by which members vote on what a head answers."""
    return Median(name=head)


@majority.register
def _(target: Multiclass, head: str) -> layers.Layer:
    return Vote(name=head)


@register
class Heard(layers.Layer):
    """A member's answer where it read anything, else NaN: tensors [answer [batch, size], *inputs [batch, ...]] -> [batch, size]."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, tensors):
        answer, *inputs = tensors
        known = [ops.any(ops.isfinite(x), axis=tuple(range(1, len(x.shape)))) for x in inputs]
        return ops.where(ops.any(ops.stack(known), axis=0)[:, None], answer, np.nan)

    def compute_output_shape(self, shapes):
        return shapes[0]


@register
class Columns(layers.Layer):
    """Some columns of a table, by their places: [batch, columns] -> [batch, places]."""

    def __init__(self, places, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.places = list(places)

    def call(self, table):
        return ops.take(table, self.places, axis=1)

    def compute_output_shape(self, shape):
        return (shape[0], len(self.places))

    def get_config(self):
        return {**super().get_config(), "places": self.places}


def _there(answers):
    """Of each answer [batch, size] whether it is one: [batch, 1], 1 or 0."""
    return [ops.cast(ops.all(ops.isfinite(answer), axis=-1, keepdims=True), "float32") for answer in answers]


def _zero(answers):
    """The answers, those that are absent as 0."""
    return [ops.where(ops.isfinite(answer), answer, 0.0) for answer in answers]


def ensemble(members, fields, pool):
    """One model of several.

    Args:
        members: pairs (Keras model, the Fields that it reads).
        fields: Fields that hold all that the members read; of a tabular one a member may read some columns, in any order.
        pool: function from a head's name to the layer of that name that makes one answer of the members'.

    Returns:
        A Keras model with the members' heads, whose layers `member_1` and so on are the members. Their representations side by side are
        one more output: no head depends on them, and a layer that no output depends on is no part of a model.
    """
    raw, whole = {field.name: field.keras_input() for field in fields}, {field.name: field for field in fields}
    answers = []
    for number, (model, own) in enumerate(members, 1):
        name = f"member_{number}"
        member = keras.Model(model.input, {**model.output, REPRESENTATION: model.get_layer(REPRESENTATION).output}, name=name)
        read = {field.name: _read(raw[field.name], whole[field.name], field, name) for field in own}
        answer = member(read)
        for head in model.output:
            answer[head] = Heard(name=f"{name}_{head}")([answer[head], *read.values()])
        answers.append(answer)
    beside = layers.Concatenate(dtype="float32", name=REPRESENTATION)  # [batch, units of all members]
    outputs = {head: (beside if head == REPRESENTATION else pool(head))([answer[head] for answer in answers]) for head in answers[0]}
    return keras.Model(raw, outputs, name="ensemble")


def members_of(model, heads):
    """Each member of an ensemble as a model from the ensemble's inputs to the member's own `heads`, in order."""
    answers = {head: model.get_layer(head).input for head in heads}
    return [keras.Model(model.input, {head: its[i] for head, its in answers.items()}) for i in range(len(answers[heads[0]]))]


def _read(x, whole, own, member):
    if whole.columns == own.columns:
        return x
    return Columns([whole.columns.index(column) for column in own.columns], name=f"{member}_{own.name}")(x)
