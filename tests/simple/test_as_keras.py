"""Simple models in Keras answer what they answer in scikit-learn, whatever a table holds."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasfeat.networks.linear import ScaledLayer
from kerasfeat.serving.signatures import save
from kerasfeat.simple.as_keras import as_keras
from kerasfeat.simple.fitting import NAMES, SUPPORT_VECTORS, fit_simple
from kerasfeat.targets import Multiclass, Target

from .conftest import Learnt, make

EXACT = 1e-6
# Sums of hundreds of songs that say opposite things, in float32.
EXACT_SUMS = 1e-5


def fitted(name: str, learnt: Learnt):
    return fit_simple(name, learnt.target, learnt.songs, learnt.truth, learnt.groups, seed=7)


def answers(model: keras.Model, target: Target, x: np.ndarray) -> np.ndarray:
    found = model(x)
    return np.concatenate([found[head].numpy() for head in target.heads], axis=1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_layers_answer_as_the_fit_does(name, seed, target):
    learnt = make(target, 151 + 40 * seed, seed)
    simple = fitted(name, learnt)
    model = as_keras(simple, target)
    for x in (learnt.songs.x, learnt.others, np.full((1, learnt.others.shape[1]), np.nan)):
        expected = simple.predict(x)
        assert expected.shape == (len(x), len(target.outputs))
        exact = EXACT_SUMS if name == SUPPORT_VECTORS else EXACT
        np.testing.assert_allclose(answers(model, target, x), expected, atol=exact, rtol=0)


@pytest.fixture(scope="module", params=NAMES)
def network(request: pytest.FixtureRequest) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """(A simple model in Keras, songs, what it answers of them in scikit-learn)."""
    learnt = make(Multiclass("genre", tuple("abcdef")), 131, 8)
    simple = fitted(request.param, learnt)
    return as_keras(simple, learnt.target), learnt.others, simple.predict(learnt.others)


def test_a_file_of_keras_answers_alike(network, tmp_path):
    model, x, expected = network
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(restored(x)["genre"].numpy(), expected, atol=EXACT, rtol=0)


def test_a_saved_model_answers_alike(network, tmp_path):
    model, x, expected = network
    model.export(tmp_path / "saved", verbose=False)
    saved = tf.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(saved.serve(x)["genre"].numpy(), expected, atol=EXACT, rtol=0)


@pytest.mark.parametrize("floats", [None, tf.float16])
def test_lite_files_answer_alike_also_of_smaller_weights(network, tmp_path, floats):
    model, x, expected = network
    row = tf.TensorSpec([1, x.shape[1]], tf.float32)
    answer = tf.function(lambda row: model(row), autograph=False).get_concrete_function(row=row)
    save({"answer": answer}, tmp_path)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), signature_keys=["answer"])
    if floats:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [floats]
    with warnings.catch_warnings():
        # TensorFlow would rather have another package's interpreter.
        warnings.simplefilter("ignore")
        lite = tf.lite.Interpreter(model_content=converter.convert())
    lite = lite.get_signature_runner("answer")
    found = np.concatenate([lite(row=song[None])["genre"] for song in x[:17]])
    # Weights have three digits in float16, nodes of trees all.
    rounded = any(isinstance(layer, ScaledLayer) for layer in model.layers)
    exact = 5e-3 if floats and rounded else EXACT
    np.testing.assert_allclose(found, expected[:17], atol=exact, rtol=0)
