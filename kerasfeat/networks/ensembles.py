"""Trained networks as one that answers by all of them: its inputs are theirs, and so are its heads.

Members answer window by window, as every network does; a song's answer is the mean of its windows'.
A member that reads nothing of what a song has does not answer (NaN), and the others answer without
it.
"""

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasfeat.arrays import Tensor
from kerasfeat.fields import Field
from kerasfeat.networks.assembly import REPRESENTATION, representation_of
from kerasfeat.networks.layers import Float32Layer, Shape, register
from kerasfeat.targets import Multiclass, Target


@register
class Weighted(Float32Layer):
    """A weighted mean of the answers that there are: [batch, size] each to [batch, size].

    Args:
        weights: of the members; they add up to 1.
    """

    def __init__(self, weights: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shares = [float(weight) for weight in weights]

    def call(self, answers: list[Tensor]) -> Tensor:
        pairs = zip(self.shares, have_answered(answers), strict=True)
        shares = [weight * answered for weight, answered in pairs]
        parts = zip(shares, absent_as_0(answers), strict=True)
        return sum(share * answer for share, answer in parts) / sum(shares)

    def compute_output_shape(self, shapes: list[Shape]) -> Shape:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": self.shares}


@register
class Vote(Float32Layer):
    """The share of votes for each label, a vote for each member's most probable one.

    Probabilities [batch, labels] each to [batch, labels]. The members' mean probability counts as
    half a vote: it decides between labels with as many votes, and never against one with more.
    """

    def call(self, answers: list[Tensor]) -> Tensor:
        answered = have_answered(answers)
        chosen = [
            ops.one_hot(ops.argmax(answer, axis=-1), answer.shape[-1], dtype="float32")
            for answer in answers
        ]
        votes = sum(vote * counts for vote, counts in zip(chosen, answered, strict=True))
        mean = sum(absent_as_0(answers)) / sum(answered)
        return (votes + 0.5 * mean) / (sum(answered) + 0.5)

    def compute_output_shape(self, shapes: list[Shape]) -> Shape:
        return shapes[0]


@register
class Median(Float32Layer):
    """The median of the answers that there are, of an even number the mean of the middle two.

    [batch, size] each to [batch, size].
    """

    def call(self, answers: list[Tensor]) -> Tensor:
        absent_last = [ops.where(ops.isfinite(answer), answer, np.inf) for answer in answers]
        ordered = ops.sort(ops.stack(absent_last, axis=-1), axis=-1)  # [batch, size, members]
        count: Tensor = sum(have_answered(answers))
        last = count[..., None] - 1  # [batch, 1, 1], its place
        from_middle = ops.abs(ops.arange(len(answers), dtype="float32") - last / 2)
        # The one or two that stand in the middle, [batch, 1, members].
        middle = ops.logical_and(from_middle < 1, last >= 0)
        total = ops.sum(ops.where(middle, ordered, 0.0), axis=-1)
        return total / ops.sum(ops.cast(middle, "float32"), axis=-1)

    def compute_output_shape(self, shapes: list[Shape]) -> Shape:
        return shapes[0]


@singledispatch
def majority(target: Target, head: str) -> layers.Layer:
    """The layer by which members vote on what a head answers."""
    return Median(name=head)


@majority.register
def _(target: Multiclass, head: str) -> layers.Layer:
    return Vote(name=head)


@register
class Heard(Float32Layer):
    """A member's answer where it read anything, else NaN.

    Tensors [answer [batch, size], *inputs [batch, ...]] to [batch, size].

    Args:
        every: whether it answers only where each of its inputs is there.
    """

    def __init__(self, every: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.every = every

    def call(self, tensors: list[Tensor]) -> Tensor:
        answer, *inputs = tensors
        known = ops.stack(
            [ops.any(ops.isfinite(x), axis=tuple(range(1, len(x.shape)))) for x in inputs]
        )  # [inputs, batch]
        heard = ops.all(known, axis=0) if self.every else ops.any(known, axis=0)
        return ops.where(heard[:, None], answer, np.nan)

    def compute_output_shape(self, shapes: list[Shape]) -> Shape:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "every": self.every}


@register
class Columns(Float32Layer):
    """Some columns of a table, by their places: [batch, columns] to [batch, places]."""

    def __init__(self, places: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places = list(places)

    def call(self, table: Tensor) -> Tensor:
        return ops.take(table, self.places, axis=1)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (shape[0], len(self.places))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "places": self.places}


@register
class AbsentAsZero(Float32Layer):
    """What is not finite as 0; any shape stays."""

    def call(self, values: Tensor) -> Tensor:
        return ops.where(ops.isfinite(values), values, 0.0)


def have_answered(answers: list[Tensor]) -> list[Tensor]:
    """Of each answer [batch, size] whether it is one: [batch, 1], 1 or 0."""
    return [
        ops.cast(ops.all(ops.isfinite(answer), axis=-1, keepdims=True), "float32")
        for answer in answers
    ]


def absent_as_0(answers: list[Tensor]) -> list[Tensor]:
    """The answers, those that are absent as 0."""
    return [ops.where(ops.isfinite(answer), answer, 0.0) for answer in answers]


def ensemble(
    members: Sequence[tuple[keras.Model, Sequence[Field]]],
    fields: Sequence[Field],
    pool: Callable[[str], Callable[[list[Tensor]], Tensor]],
    every: bool = False,
) -> keras.Model:
    """One model of several.

    Args:
        members: of each the model, and the Fields that it reads.
        fields: all that the members read; of a tabular one a member may read some columns, in any
            order.
        pool: function from a head's name to what makes one answer of the members', by layers of
            which the last has that name.
        every: whether a member answers only where each of its inputs is there, and not where any
            is.

    Returns:
        A model with the members' heads, whose layers `member_1` and so on are the members. Their
        representations side by side are one more output: no head depends on them, and a layer that
        no output depends on is no part of a model.
    """
    raw = {field.name: field.keras_input() for field in fields}
    whole = {field.name: field for field in fields}
    answers = []
    for number, (model, own) in enumerate(members, 1):
        name = f"member_{number}"
        read = {field.name: _read(raw[field.name], whole[field.name], field, name) for field in own}
        answers.append(_answer(model, read, name, every))
    outputs = {}
    for head in answers[0]:
        layer = _side_by_side if head == REPRESENTATION else pool(head)
        outputs[head] = layer([answer[head] for answer in answers])
    return keras.Model(raw, outputs, name="ensemble")


def _side_by_side(representations: list[Tensor]) -> Tensor:
    """[batch, units] each to [batch, all units], 0 where a member has nothing to read."""
    together = layers.Concatenate(dtype="float32")(representations)
    return AbsentAsZero(name=REPRESENTATION)(together)


def _answer(
    model: keras.Model, read: dict[str, Tensor], name: str, every: bool
) -> dict[str, Tensor]:
    """A member's heads, NaN where it read nothing, and its representation."""
    heads = {head: answer for head, answer in model.output.items() if head != REPRESENTATION}
    outputs = {**heads, REPRESENTATION: _representation(model, heads)}
    answer = keras.Model(model.input, outputs, name=name)(read)
    for head in heads:
        heard = Heard(every, name=f"{name}_{head}")
        answer[head] = heard([answer[head], *read.values()])
    return answer


def _representation(model: keras.Model, heads: dict[str, Tensor]) -> Tensor:
    """What a network knows of a song before its heads; of a simple model what it answers."""
    if REPRESENTATION in {layer.name for layer in model.layers}:
        return representation_of(model)
    answers = list(heads.values())
    return answers[0] if len(answers) == 1 else layers.Concatenate(dtype="float32")(answers)


def _read(x: Tensor, whole: Field, own: Field, member: str) -> Tensor:
    """What a member reads of an input: all of it, or some of its columns."""
    if whole.columns == own.columns:
        return x
    places = [whole.columns.index(column) for column in own.columns]
    return Columns(places, name=f"{member}_{own.name}")(x)


def members_of(model: keras.Model, heads: Sequence[str]) -> list[keras.Model]:
    """Each member of an ensemble, in order, from the ensemble's inputs to its own `heads`."""
    answers = {head: model.get_layer(head).input for head in heads}
    return [
        keras.Model(model.input, {head: of_members[i] for head, of_members in answers.items()})
        for i in range(len(answers[heads[0]]))
    ]
