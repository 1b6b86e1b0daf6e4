"""The real Hub models give the published smoke values; so do our networks with their weights."""

import numpy as np
import pytest

import hub_models

pytestmark = pytest.mark.network


def _sine(hz):
    return np.sin(2 * np.pi * hz * np.arange(48000) / 16000).astype(np.float32)


def test_vggish_smoke_values():
    path = hub_models.fetch("vggish")
    embeddings = hub_models.load_published("vggish", path)(_sine(1000)).numpy()
    ours = hub_models.build("vggish").predict(_sine(1000)[np.newaxis], verbose=0)["embedding"][0]
    np.testing.assert_allclose(ours, embeddings, atol=1e-4)
    np.testing.assert_allclose(
        [ours.mean(), ours.std()], [0.000657, 0.343], rtol=0.1
    )  # vggish_smoke_test.py


def test_yamnet_hears_silence_noise_and_a_sine():
    path = hub_models.fetch("yamnet")
    published, ours = (
        hub_models.load_published("yamnet", path),
        hub_models.build("yamnet", outputs=("embedding", "scores")),
    )
    names = hub_models.class_names("yamnet")
    noise = np.random.default_rng(51773).uniform(-1, 1, 48000).astype(np.float32)
    for sound, expected in (
        (np.zeros(48000, np.float32), "Silence"),
        (noise, "White noise"),
        (_sine(440), "Sine wave"),
    ):
        scores, embeddings, _ = published(sound)
        got = ours.predict(sound[np.newaxis], verbose=0)
        assert expected in [
            names[index] for index in np.argsort(got["scores"][0].mean(axis=0))[-10:]
        ]
        np.testing.assert_allclose(got["scores"][0], scores, atol=1e-3)
        np.testing.assert_allclose(
            got["embedding"][0], embeddings, atol=1e-3 * np.abs(embeddings).max()
        )
