"""mixup: each example lies between two of its batch, its answer and weight are theirs by the same
share, and what is absent stays so.
"""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.hyperparameters import Training
from kerasfeat.experiment.mixup import mixup
from kerasfeat.experiment.spec import Spec
from kerasfeat.fields import Field
from kerasfeat.pipeline.batches import training_batches
from kerasfeat.pipeline.inputs import Inputs

BATCH, LABELS, FRAMES, MELS = 41, 3, 7, 5
TABLE = Field("features", (4,), ("columns",), columns=("energy", "key", "tempo", "valence"))
MEL = Field("logmel", (FRAMES, MELS), ("frames", "mels"), unit="dB")
WEIGHTS = np.array([0.5, 1.0, 3.0], "float32")


def songs(seed=5):
    """A batch whose column "energy" tells which song a row is, and whose "tempo" is its square:
    (inputs, labels, weights).
    """
    draw = np.random.default_rng(seed)
    place = np.arange(1, BATCH + 1, dtype="float32")
    table = np.stack(
        [place, draw.integers(12, size=BATCH), place**2, draw.random(BATCH)], axis=1
    ).astype("float32")
    labels = draw.integers(LABELS, size=BATCH)
    return (
        {"features": table, "logmel": draw.normal(size=(BATCH, FRAMES, MELS)).astype("float32")},
        labels,
        WEIGHTS[labels],
    )


def mixed(inputs, targets, weights, alpha=0.7, seed=2):
    given = (
        {name: tf.constant(x) for name, x in inputs.items()},
        {"mood": tf.constant(targets)},
        {"mood": tf.constant(weights)},
    )
    batches = tf.data.Dataset.from_tensors(given).map(mixup(alpha, (TABLE, MEL), seed))
    ((x, y, w),) = batches.as_numpy_iterator()
    return x, y["mood"], w["mood"]


def pairs(table):
    """(share, own place, other's place) of each mixed row, from own number n and its square: s n +
    (1 - s) m and s n^2 + (1 - s) m^2.
    """
    found = []
    for place, (number, _, square, _) in enumerate(table):
        n = place + 1
        found.append(
            min(
                (abs(s * n**2 + (1 - s) * m**2 - square), s, place, m - 1)
                for m, s in _shares(n, number)
            )[1:]
        )
    return found


def _shares(own, number):
    return [
        (m, (number - m) / (own - m))
        for m in range(1, BATCH + 1)
        if m != own and -1e-4 <= (number - m) / (own - m) <= 1 + 1e-4
    ]


def test_every_input_target_and_weight_is_mixed_by_the_same_share():
    before, labels, weights = songs()
    one_hot = np.eye(LABELS, dtype="float32")[labels]
    x, y, w = mixed(before, one_hot, weights)
    found = pairs(x["features"])
    shares = np.array([share for share, *_ in found])
    assert np.ptp(shares) > 0.9 and len(np.unique(np.round(shares, 3))) > BATCH / 2
    for row, (share, a, b) in enumerate(found):
        np.testing.assert_allclose(
            x["logmel"][row],
            share * before["logmel"][a] + (1 - share) * before["logmel"][b],
            atol=2e-3,
        )
        assert x["features"][row, 1] in (
            before["features"][a, 1],
            before["features"][b, 1],
        )  # no key lies between two
        weight = share * weights[a] + (1 - share) * weights[b]
        assert w[row] == pytest.approx(weight, abs=2e-3)
        answer = (share * weights[a] * one_hot[a] + (1 - share) * weights[b] * one_hot[b]) / weight
        np.testing.assert_allclose(y[row], answer, atol=2e-3)


def test_the_loss_of_a_mixed_song_is_the_two_songs_each_with_its_share_and_weight():
    inputs = {"features": np.array([[2.0, 3, 0, 0], [4.0, 3, 0, 0]], "float32")}
    one_hot, weights = np.eye(3, dtype="float32")[[0, 2]], np.array([0.5, 3.0], "float32")
    predicted = np.array([[0.7, 0.1, 0.2]], "float32")
    for seed in range(9):
        x, y, w = mixed(inputs, one_hot, weights, alpha=1.0, seed=seed)
        share = (4 - x["features"][0, 0]) / 2  # of the first song
        loss = float(keras.losses.CategoricalCrossentropy()(y[:1], predicted, sample_weight=w[:1]))
        assert loss == pytest.approx(
            share * 0.5 * -np.log(0.7) + (1 - share) * 3.0 * -np.log(0.2), abs=1e-4
        )


def test_an_answer_that_is_not_known_is_the_other_songs():
    inputs = {"features": np.array([[2.0, 3, 0, 0], [4.0, 3, 0, 0], [8.0, 3, 0, 0]], "float32")}
    x, y, w = mixed(
        inputs,
        np.array([[0.3], [0.0], [0.0]], "float32"),
        np.array([1.0, 0.0, 0.0], "float32"),
        alpha=1.0,
    )
    assert set(np.round(y[:, 0], 5)) <= {np.float32(0.3), np.float32(0.0)} and (w > 0).sum() in (
        1,
        2,
    )
    np.testing.assert_allclose(y[w > 1e-6], 0.3, rtol=1e-5)


def test_a_song_without_an_input_is_mixed_with_songs_that_lack_it_too():
    before, labels, weights = songs()
    lacking = np.arange(BATCH) % 3 == 0
    before["logmel"][lacking] = np.nan
    before["features"][[4, 5], 3] = np.nan  # a single value
    x, y, _ = mixed(before, np.eye(LABELS, dtype="float32")[labels], weights)
    assert np.isfinite(y).all() and np.isfinite(x["features"][:, :3]).all()
    np.testing.assert_array_equal(np.isnan(x["logmel"]).all((1, 2)), lacking)
    np.testing.assert_array_equal(np.isnan(x["logmel"]).any((1, 2)), lacking)
    for row, (share, _, other) in enumerate(pairs(x["features"])):
        assert lacking[row] == lacking[other] or share > 1 - 1e-3
    assert np.isnan(x["features"][:, 3]).sum() <= 2


def test_shares_are_new_in_each_epoch_and_the_same_for_the_same_seed():
    def epochs(seed):
        inputs = Inputs(np.random.default_rng(1).normal(size=(29, 4)).astype("float32"))
        answers = {"mood": np.eye(LABELS, dtype="float32")[np.arange(29) % LABELS]}
        mix = mixup(0.4, [TABLE], seed)
        batches = training_batches(
            inputs, np.arange(29), answers, {"mood": np.ones(29)}, 8, seed=6, mix=mix
        )
        assert len(batches) == 4
        return [
            np.concatenate([y["mood"].max(1) for _, y, _ in batches.as_numpy_iterator()])
            for _ in range(2)
        ]

    first, second = epochs(1)
    assert not np.allclose(np.sort(first), np.sort(second)) and not np.allclose(first, epochs(2)[0])
    np.testing.assert_array_equal(first, epochs(1)[0])


@pytest.mark.parametrize("alpha", [1e-3, 0.2, 30.0])
def test_shares_are_those_of_the_beta_distribution(alpha):
    count = 4000
    inputs = {"features": np.tile(np.arange(count, dtype="float32")[:, None], (1, 4))}
    x, y, _ = mixed(inputs, np.eye(count, dtype="float32"), np.ones(count, "float32"), alpha)
    share = y[np.arange(count), np.arange(count)]
    assert np.isfinite(x["features"]).all()
    assert share.mean() == pytest.approx(0.5, abs=0.04)
    assert share.var() == pytest.approx(
        1 / (4 * (2 * alpha + 1)), abs=0.02
    )  # of Beta(alpha, alpha)


def test_nothing_is_mixed_by_default_and_a_negative_share_is_refused():
    assert Training().mixup == 0 and mixup(0.0, [TABLE], 1) is None
    with pytest.raises(KerasfeatError, match="mixup is -0.1; it must be 0 or more"):
        Training(mixup=-0.1)


@pytest.mark.parametrize(
    "options",
    [
        {"task": "mood", "class_weights": True, "balanced": True},
        pytest.param(
            {"task": "attributes", "targets": ("energy", "valence")}, marks=pytest.mark.slow
        ),
        pytest.param({"recipe": "hitmusicnet-classes"}, marks=pytest.mark.slow),
    ],
)
def test_songs_train_mixed(songs, options, tmp_path):
    overrides = {"epochs": "2", "mixup": "0.4"}
    run = fit(
        Spec(
            members=("network",),
            **options,
            data=str(songs),
            inputs=("features",),
            hyperparameters=overrides,
        ),
        out=str(tmp_path / "run"),
    )
    metrics = json.loads((run / "metrics.json").read_text())
    assert run.read()["hyperparameters"]["mixup"] == 0.4
    assert np.isfinite(metrics["test"].get("log_loss", metrics["test"].get("mae")))
