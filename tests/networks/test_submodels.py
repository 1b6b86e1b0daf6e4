"""What networks of several submodels learn by, and answer: by hand-computed values."""

import keras
import numpy as np
import pytest

from kerasfeat.experiment.hyperparameters import Training
from kerasfeat.experiment.stages import compile_model
from kerasfeat.fields import COLUMNS, Field
from kerasfeat.networks.assembly import assemble, representation_of
from kerasfeat.networks.trunks import trunks
from kerasfeat.targets import Multiclass, Multilabel, Regression

NAMES = ("energy", "key", "tempo", "valence")
SMALL = {"units": 7, "submodels": 3, "dropout": 0.0, "bins": 5}
ROWS = 11


def table(seed=0):
    return np.random.default_rng(seed).normal(size=(ROWS, len(NAMES))).astype("float32")


def network(target, truth, *, mixup=0.0, **hyperparameters):
    field = Field("features", (len(NAMES),), (COLUMNS,), columns=NAMES)
    model = assemble(
        target, {"features": field}, trunks.get("tabular"), {**SMALL, **hyperparameters}
    ).model
    for layer in model.layers:
        if layer.name == "features_encoder":
            layer.adapt(table(9))
    compile_model(model, target, Training(mixup=mixup), steps=1, truth=truth)
    return model


def cross_entropy(truth, answers):
    """[batch] of [batch], [batch, submodels, labels]: the mean over submodels."""
    return -np.log(np.take_along_axis(answers, truth[:, None, None], -1))[..., 0].mean(1)


def binary(truth, answers):
    truth = truth[:, None]
    return -(truth * np.log(answers) + (1 - truth) * np.log(1 - answers)).mean((1, 2))


def squared(truth, answers):
    return ((truth[:, None] - answers) ** 2).mean((1, 2))


LABELS = np.random.default_rng(1).integers(0, 4, ROWS)
SEVERAL = (np.random.default_rng(2).random((ROWS, 3)) < 0.4).astype("float32")
VALUES = np.random.default_rng(3).random((ROWS, 1)).astype("float32")
CASES = {
    "labels": (Multiclass("mood", ("a", "b", "c", "d")), LABELS, LABELS, cross_entropy, {}),
    "shares": (
        Multiclass("mood", ("a", "b", "c", "d")),
        np.eye(4, dtype="float32")[LABELS],
        LABELS,
        cross_entropy,
        {"mixup": 0.2},
    ),
    "any number": (Multilabel("genres", ("x", "y", "z")), SEVERAL, SEVERAL, binary, {}),
    "values": (Regression(("energy",)), VALUES, VALUES, squared, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_loss_is_the_mean_of_the_submodels_and_what_is_checked_is_their_mean(case):
    target, y, truth, loss, options = CASES[case]
    (head,) = target.heads
    model = network(target, truth, **options)
    x, weight = table(), np.linspace(0, 2, ROWS).astype("float32")
    each = np.asarray(model({"features": x}, training=True)[head], "float64")
    mean = np.asarray(model({"features": x})[head], "float64")
    assert each.shape[:2] == (ROWS, 3) and np.ptp(each, axis=1).min() > 1e-4
    np.testing.assert_allclose(mean, each.mean(1), atol=1e-6)
    checked = model.test_on_batch({"features": x}, {head: y}, {head: weight}, return_dict=True)
    assert checked["loss"] == pytest.approx((weight * loss(truth, mean[:, None])).mean(), rel=1e-5)
    learnt = model.train_on_batch({"features": x}, {head: y}, {head: weight}, return_dict=True)
    assert learnt["loss"] == pytest.approx((weight * loss(truth, each)).mean(), rel=1e-5)
    assert learnt["loss"] > checked["loss"]  # a mean is better than its submodels
    shown = [name for name in checked if name != "loss"]
    assert shown and {name: learnt[name] for name in shown} == pytest.approx(
        {name: checked[name] for name in shown}
    )


def test_a_row_without_any_value_gets_no_answer_and_a_single_missing_value_does_no_harm():
    model = network(Multiclass("mood", ("a", "b", "c")), LABELS)
    rows = table()
    rows[4], rows[6, 1] = np.nan, np.nan
    answers = np.asarray(model({"features": rows})["mood"])
    assert np.isnan(answers[4]).all() and np.isfinite(np.delete(answers, 4, axis=0)).all()


def test_submodels_share_their_dense_layers_and_nothing_else():
    model = network(Multiclass("mood", ("a", "b", "c")), LABELS, blocks=2)
    encoded = 3 * (1 + 5) + 12
    scales, shared, heads = 3 * encoded, (encoded + 1) * 7 + 8 * 7, 3 * (7 + 1) * 3
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == scales + shared + heads
    assert representation_of(model).shape == (None, 7)
    wider = network(Multiclass("mood", ("a", "b", "c")), LABELS, bins=2)
    assert wider.get_layer("features_encoder").output.shape == (None, 3 * (1 + 2) + 12)


def test_a_compiled_network_comes_back_from_disk_and_learns_on(tmp_path):
    model = network(Regression(("energy",)), VALUES)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    x = {"features": table()}
    losses = [one.train_on_batch(x, {"energy": VALUES}) for one in (model, again)]
    np.testing.assert_allclose(*losses, rtol=1e-5)
