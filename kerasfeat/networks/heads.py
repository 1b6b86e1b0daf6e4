"""What Keras makes of a target: the layers of its heads, their loss, and the metric to log."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any, Protocol

import keras
import numpy as np
from keras import layers

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.layers import Complement
from kerasfeat.networks.logits import Logits
from kerasfeat.networks.losses import OutlierWeighted
from kerasfeat.networks.submodels import DenseOfSubmodels, has_submodels
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

SIGMOID, SOFTMAX = "sigmoid", "softmax"
SUBMODELS = "_submodels"  # behind a head's name, where each submodel has it


class LossOptions(Protocol):
    """The hyperparameters of training that the loss and the metric depend on."""

    @property
    def loss(self) -> str:
        """Of numbers: "default", "smooth_l1", "outlier_weighted", or a name of Keras's."""

    @property
    def mixup(self) -> float:
        """How evenly songs are mixed; 0 for not at all. Of a mixed song each label has a share."""

    @property
    def outlier_mean(self) -> float:
        """Of OutlierWeighted."""

    @property
    def outlier_alpha(self) -> float:
        """Of OutlierWeighted."""

    @property
    def outlier_beta(self) -> float:
        """Of OutlierWeighted."""


def add_heads(
    target: Target,
    representation: Tensor,
    activation: str | None,
    prefix: str = "",
    start: Mapping[str, Tensor] | None = None,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The outputs of a network.

    Args:
        target: with its labels.
        representation: [batch, units], or [batch, submodels, units]: then each submodel has heads.
        activation: of numbers, and "sigmoid" for one unit in place of two labels; None for the
            usual.
        prefix: of the layers' names.
        start: head -> what another model answers, [batch, labels] or [batch, 1]. The untrained
            heads answer the same: they learn what to add to its logits.

    Returns:
        (of each head, by its name, what its activation takes; what it gives): probabilities [batch,
        labels], or values [batch, 1], with the submodels' axis where there are some.
    """
    own = activation_of(target, activation)
    single = isinstance(target, Multiclass) and own == SIGMOID
    logits, outputs = {}, {}
    for head, size in head_sizes(target).items():
        units, dense = 1 if single else size, f"{prefix}{head}_logits"
        if start:
            added = _dense(representation, units, f"{dense}_added", kernel_initializer="zeros")
            begun = Logits(isinstance(target, Multiclass), name=f"{dense}_start")(start[head])
            logits[head] = layers.Add(dtype="float32", name=dense)([begun, added])
        else:
            logits[head] = _dense(representation, units, dense)
        name = f"{prefix}{head}{SUBMODELS * has_submodels(representation)}"
        answer = layers.Activation(own, dtype="float32", name=f"{name}{'_single' * single}")(
            logits[head]
        )
        outputs[head] = Complement(name=name)(answer) if single else answer
    return logits, outputs


def _dense(representation: Tensor, units: int, name: str, **options: Any) -> Tensor:
    # Heads stay in float32 under mixed precision: half precision loses small probabilities.
    dense = DenseOfSubmodels if has_submodels(representation) else layers.Dense
    return dense(units, dtype="float32", name=name, **options)(representation)


def head_sizes(target: Target) -> dict[str, int]:
    """Units of each head."""
    return {head: len(target.outputs) // len(target.heads) for head in target.heads}


@singledispatch
def activation_of(target: Target, wanted: str | None) -> str:
    """The activation of a target's heads, where `wanted` is what the network asks for."""
    raise TypeError(type(target))


@activation_of.register
def _(target: Multiclass, wanted: str | None) -> str:
    return SIGMOID if wanted == SIGMOID and len(target.labels) == 2 else SOFTMAX


@activation_of.register
def _(target: Multilabel, wanted: str | None) -> str:
    return SIGMOID


@activation_of.register
def _(target: Regression, wanted: str | None) -> str:
    return wanted or SIGMOID


@singledispatch
def losses(
    target: Target, training: LossOptions, truth: Array
) -> dict[str, str | keras.losses.Loss]:
    """The loss of each head.

    Args:
        target: of the network.
        training: hyperparameters of the training.
        truth: of the training songs.

    Raises:
        KerasfeatError: the loss is for numbers, and the target has labels.
    """
    raise TypeError(type(target))


@losses.register
def _(
    target: Multiclass, training: LossOptions, truth: Array
) -> dict[str, str | keras.losses.Loss]:
    _refuse_other_loss(target, training)
    name = "categorical_crossentropy" if training.mixup else "sparse_categorical_crossentropy"
    return dict.fromkeys(target.heads, name)


@losses.register
def _(
    target: Multilabel, training: LossOptions, truth: Array
) -> dict[str, str | keras.losses.Loss]:
    _refuse_other_loss(target, training)
    return dict.fromkeys(target.heads, "binary_crossentropy")


@losses.register
def _(
    target: Regression, training: LossOptions, truth: Array
) -> dict[str, str | keras.losses.Loss]:
    if training.loss == "outlier_weighted":
        deviations = zip(target.heads, np.nanstd(truth, axis=0), strict=True)
        return {
            head: OutlierWeighted(
                training.outlier_mean,
                max(float(deviation), 1e-6),
                training.outlier_alpha,
                training.outlier_beta,
            )
            for head, deviation in deviations
        }
    # Huber's loss at 1 is PyTorch's SmoothL1Loss.
    named = {"default": "mean_squared_error", "smooth_l1": keras.losses.Huber(delta=1.0)}
    return dict.fromkeys(target.heads, named.get(training.loss, training.loss))


def _refuse_other_loss(target: Target, training: LossOptions) -> None:
    if training.loss != "default":
        raise KerasfeatError(
            f"loss {training.loss!r} is for numbers, and {target.heads[0]!r} has "
            "labels: take --set loss=default."
        )


@singledispatch
def metric(target: Target, training: LossOptions) -> keras.metrics.Metric:
    """The metric that is logged of each head."""
    raise TypeError(type(target))


@metric.register
def _(target: Multiclass, training: LossOptions) -> keras.metrics.Metric:
    if training.mixup:
        return keras.metrics.CategoricalAccuracy(name="accuracy")
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


@metric.register
def _(target: Multilabel, training: LossOptions) -> keras.metrics.Metric:
    return keras.metrics.AUC(multi_label=True, num_labels=len(target.labels), name="roc_auc")


@metric.register
def _(target: Regression, training: LossOptions) -> keras.metrics.Metric:
    return keras.metrics.MeanAbsoluteError(name="mean_absolute_error")
