"""A stage of training ends once, however often it is killed and begun again."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasfeat.experiment.hyperparameters import Training
from kerasfeat.experiment.stages import Places, compile_model, train
from kerasfeat.targets import Multiclass


@pytest.fixture
def begin(tmp_path):
    """Trains in one folder of checkpoints on labels that nothing tells: the validation loss soon
    rises.
    """
    rng = np.random.default_rng(3)
    songs = [
        tf.data.Dataset.from_tensor_slices(({"features": x}, {"mood": y})).batch(7)
        for x, y in (_noise(rng, 45), _noise(rng, 31))
    ]

    def begin(training, **options):
        keras.utils.set_random_seed(5)
        inputs = {"features": keras.Input((6,), name="features")}
        hidden = keras.layers.Dense(32, activation="relu")(inputs["features"])
        model = keras.Model(inputs, {"mood": keras.layers.Dense(3, activation="softmax")(hidden)})
        compile_model(
            model, Multiclass("mood", ("calm", "happy", "sad")), training, 7, truth=np.arange(3)
        )
        places = Places(tmp_path / "work", tmp_path / "logs", "training")
        history = train(model, training, *songs, places, **options)
        return history, model.get_weights()

    return begin


def _noise(rng, songs):
    return rng.normal(size=(songs, 6)).astype("float32"), rng.integers(3, size=songs)


class KilledAtTheEnd(keras.callbacks.Callback):
    def on_train_end(self, logs=None):
        raise KeyboardInterrupt


def test_a_training_that_stopped_early_is_over_and_says_why(begin, capsys):
    training = Training(epochs=40, patience=3, learning_rate=0.03)
    with pytest.raises(KeyboardInterrupt):
        begin(training, callbacks=[KilledAtTheEnd()])
    history, weights = begin(training)
    assert 3 < len(history) < 40
    said = f"training stopped early, after epoch {len(history)} of 40: the validation loss was "
    assert f"{said}lowest in epoch {len(history) - 3}, whose" in capsys.readouterr().err
    assert min(row["val_loss"] for row in history) == history[-4]["val_loss"]
    again, same = begin(training)
    assert again == history
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_training_that_had_all_its_epochs_has_not_stopped_early(begin, tmp_path, capsys):
    training = Training(epochs=40, patience=2, learning_rate=0.03)
    first, _ = begin(training)
    assert f"after epoch {len(first)} of 40" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "work")
    again, _ = begin(dataclasses.replace(training, epochs=len(first)))
    assert again == first
    assert "stopped early" not in capsys.readouterr().err


def test_a_training_that_was_bounded_goes_on_where_it_ended(begin):
    training = Training(epochs=9, patience=9, learning_rate=0.001)
    first, _ = begin(training, stop_after=2)
    assert [row["epoch"] for row in first] == [0, 1]
    longer, _ = begin(training, stop_after=5)
    assert longer[:2] == first and [row["epoch"] for row in longer] == [0, 1, 2, 3, 4]
    whole, _ = begin(training)
    assert len(whole) == 9
