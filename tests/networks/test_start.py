"""A network that starts from another model's answers learns what to add to them."""

import keras
import numpy as np
import pytest

from kerasfeat.fields import Field
from kerasfeat.networks.assembly import assemble
from kerasfeat.networks.trunks import trunks
from kerasfeat.targets import Multiclass, Multilabel, Regression, Target

FIELD = Field("vggish", (7, 19), ("patches", "dims"))
TARGETS = (
    Multiclass("mood", ("calm", "happy", "odd", "sad", "wild")),
    Multilabel("genres", ("folk", "pop", "rock")),
    Regression(("energy", "valence")),
)


def other_model(target: Target) -> keras.Model:
    """Some untrained model of the same inputs and heads."""
    return assemble(target, {"vggish": FIELD}, trunks.get("embeddings"), {}).model


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
def test_before_training_it_answers_as_what_it_starts_from(target: Target) -> None:
    start = other_model(target)
    model = assemble(
        target, {"vggish": FIELD}, trunks.get("embeddings"), {"dropout": 0.0}, start=start
    ).model
    songs = {"vggish": np.random.default_rng(3).normal(size=(11, 7, 19)).astype("float32")}
    expected, answers = start.predict(songs, verbose=0), model.predict(songs, verbose=0)
    for head in target.heads:
        # Nobody is wholly sure: the start's probabilities are mixed with a little doubt.
        np.testing.assert_allclose(answers[head], expected[head], atol=2e-3)
        assert np.ptp(expected[head]) > 0.1


def test_training_moves_it_and_not_what_it_starts_from() -> None:
    target = TARGETS[0]
    start = other_model(target)
    start.trainable = False
    model = assemble(target, {"vggish": FIELD}, trunks.get("embeddings"), {}, start=start).model
    draw = np.random.default_rng(5)
    songs = {"vggish": draw.normal(size=(13, 7, 19)).astype("float32")}
    before, first = start.predict(songs, verbose=0), model.predict(songs, verbose=0)
    model.compile(keras.optimizers.Adam(0.1), {"mood": "sparse_categorical_crossentropy"})
    model.fit(songs, {"mood": draw.integers(5, size=13)}, epochs=3, verbose=0)
    np.testing.assert_array_equal(start.predict(songs, verbose=0)["mood"], before["mood"])
    assert np.abs(model.predict(songs, verbose=0)["mood"] - first["mood"]).max() > 0.05
