"""Losses by hand-computed values, and what optimisers and schedules do."""

import math

import keras
import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.experiment.hyperparameters import Training
from kerasfeat.experiment.optimizers import NextRate, optimizer, plateau
from kerasfeat.networks.heads import losses, metric
from kerasfeat.networks.losses import OutlierWeighted
from kerasfeat.targets import Multiclass, Multilabel, Regression


def test_outliers_weigh_more_by_the_published_formula():
    loss = OutlierWeighted(mean=0.36, deviation=0.16)
    true, predicted = (
        np.array([[0.36], [0.68], [0.04], [0.84]]),
        np.array([[0.46], [0.58], [0.24], [0.84]]),
    )
    # At the mean the weight is 1; two deviations away ((0.32 / 0.32)^2 / 2) it is e^0.5; a perfect
    # prediction costs nothing.
    by_hand = (1 * 0.1**2 + math.exp(0.5) * 0.1**2 + math.exp(0.5) * 0.2**2 + 0) / 4
    assert float(loss(true, predicted)) == pytest.approx(by_hand, rel=1e-5)
    # alpha 1.8, beta 2.2: exp((0.32 / 0.288)^2 / 2.2) = exp(0.561167)
    other = OutlierWeighted(mean=0.36, deviation=0.16, alpha=1.8, beta=2.2)
    assert float(other(true[1:2], predicted[1:2])) == pytest.approx(
        math.exp(0.5611672) * 0.01, rel=1e-5
    )
    # A song that lacks the value has no say.
    assert float(
        loss(true[:2], predicted[:2], sample_weight=np.array([1.0, 0.0]))
    ) == pytest.approx(0.01 / 2, rel=1e-5)
    again = keras.losses.deserialize(keras.losses.serialize(other))
    assert (again.mean, again.deviation, again.alpha, again.beta) == (0.36, 0.16, 1.8, 2.2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("default", (0.5**2 + 3.0**2) / 2),
        ("mean_squared_error", (0.5**2 + 3.0**2) / 2),
        ("mean_absolute_error", (0.5 + 3.0) / 2),
        ("smooth_l1", (0.5 * 0.5**2 + (3.0 - 0.5)) / 2),
    ],
)
def test_losses_of_numbers(name, value):
    (loss,) = losses(Regression(("valence",)), Training(loss=name), np.zeros((2, 1))).values()
    found = keras.losses.get(loss)(np.array([[0.0], [1.0]]), np.array([[0.5], [4.0]]))
    assert float(np.mean(found)) == pytest.approx(value)


def test_outliers_are_told_by_the_training_songs_of_each_number():
    truth = np.array([[0.1, 0.4], [0.3, np.nan], [0.8, 0.4]])
    found = losses(
        Regression(("energy", "valence")),
        Training(loss="outlier_weighted", outlier_mean=0.36),
        truth,
    )
    assert found["energy"].deviation == pytest.approx(np.std([0.1, 0.3, 0.8]))
    assert 0 < found["valence"].deviation < 1e-5  # of equal values, and yet no division by 0
    assert {loss.mean for loss in found.values()} == {0.36}


@pytest.mark.parametrize(
    "target", [Multiclass("mood", ("calm", "sad")), Multilabel("moods", ("calm", "sad"))]
)
def test_labels_have_no_loss_of_numbers(target):
    with pytest.raises(
        KerasfeatError,
        match=f"'smooth_l1' is for numbers, and '{target.name}' has labels: take --set loss",
    ):
        losses(target, Training(loss="smooth_l1"), np.zeros(2, int))


@pytest.mark.parametrize("mixup", [0.0, 0.3])
@pytest.mark.parametrize(
    "target",
    [Multiclass("mood", ("calm", "happy", "sad")), Multilabel("moods", ("calm", "happy", "sad"))],
)
def test_labels_are_learnt_by_cross_entropy_and_shares_of_mixed_songs_too(target, mixup):
    training, several = Training(mixup=mixup), isinstance(target, Multilabel)
    truth = np.array([[True, False, True], [False, True, False]]) if several else np.array([2, 1])
    predicted = np.array([[0.1, 0.3, 0.6], [0.2, 0.5, 0.3]], "float32")
    ((head, loss),) = losses(target, training, truth).items()
    given, _ = target.arrays(truth, shares=bool(mixup))[head]
    found = keras.ops.mean(keras.losses.get(loss)(keras.ops.convert_to_tensor(given), predicted))
    probability = np.where(truth, predicted, 1 - predicted) if several else predicted[[0, 1], truth]
    assert float(found) == pytest.approx(-np.log(probability).mean(), rel=1e-5)
    logged = metric(target, training)
    logged.update_state(given, predicted)
    assert logged.name == target.main_metric
    assert float(logged.result()) == pytest.approx(
        target.score(truth, predicted)[target.main_metric], abs=0.01
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adm"}, "unknown optimizer 'adm'. Did you mean adam"),
        ({"loss": "smooth_l2"}, "unknown loss 'smooth_l2'. Did you mean smooth_l1"),
        ({"momentum": 1.0}, "momentum is 1.0; it must be 0 or more and below 1"),
        ({"rates": (0.1, 0.0)}, "rates are 0.1,0.0; each must be above 0"),
        ({"decay_epochs": 0}, "decay_epochs is 0; it must be above 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan; it must be above 0 and finite"),
        ({"rates": (0.1, math.inf)}, "rates are 0.1,inf; each must be above 0 and finite"),
        ({"weight_decay": math.inf}, "weight_decay is inf; it must be 0 or more and finite"),
        ({"outlier_alpha": 0.0}, "outlier_alpha is 0.0; it must be above 0"),
    ],
)
def test_bad_values_are_told(options, message):
    with pytest.raises(KerasfeatError, match=message):
        Training(**options)


def test_optimizers_are_what_they_are_called():
    kinds = {
        name: type(optimizer(Training(optimizer=name), 3)).__name__
        for name in ("adamw", "adam", "sgd", "adadelta")
    }
    assert kinds == {"adamw": "AdamW", "adam": "Adam", "sgd": "SGD", "adadelta": "Adadelta"}
    assert optimizer(Training(optimizer="sgd", momentum=0.9), 3).momentum == 0.9
    assert optimizer(Training(optimizer="adam", weight_decay=0.0), 3).weight_decay is None


def test_the_rate_halves_every_five_epochs_smoothly_or_at_once():
    def rates(schedule):
        made = optimizer(
            Training(schedule=schedule, learning_rate=0.08, decay=0.5, decay_epochs=5), steps=7
        )
        return [float(made._learning_rate(step)) for step in (0, 17, 34, 35, 70)]

    assert rates("exponential") == pytest.approx(
        [0.08, 0.08 * 0.5 ** (17 / 35), 0.08 * 0.5 ** (34 / 35), 0.04, 0.02]
    )
    assert rates("staircase") == pytest.approx([0.08, 0.08, 0.08, 0.04, 0.02])


def test_a_cyclic_rate_rises_and_falls_again():
    made = optimizer(
        Training(schedule="cyclic", learning_rate=0.08, decay=0.25, decay_epochs=2), steps=5
    )
    found = [float(made._learning_rate(step)) for step in (0, 5, 10, 15, 20, 30)]
    assert found == pytest.approx([0.02, 0.05, 0.08, 0.05, 0.02, 0.08])


def test_a_plateau_steps_through_the_given_rates():
    made = plateau(Training(schedule="plateau", rates=(0.005, 0.002), patience=6), "val_loss")
    assert isinstance(made, NextRate) and made.patience == 2
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    made.set_model(model)
    seen = []
    for epoch, loss in enumerate([5, 4, 4, 4, 3, 3, 3, 3, 3, 3]):
        made.on_epoch_end(epoch, {"val_loss": loss})
        seen.append(round(float(model.optimizer.learning_rate), 6))
    assert seen == [0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.002, 0.002, 0.002, 0.002]
