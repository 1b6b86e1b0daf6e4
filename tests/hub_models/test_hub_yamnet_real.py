"""The published YAMNet weights: what the network hears, and its agreement with the published TFLite
model.
"""

import csv
import warnings

import numpy as np
import pytest
import soundfile
import soxr
import tensorflow as tf

import hub_models

TRACKS = ("004", "100", "196", "292", "388")
FRAMES, FRAME_SAMPLES = 6, 15600


@pytest.fixture(scope="module")
def real_network(real_yamnet):
    return hub_models.build("yamnet", weights=real_yamnet, outputs=("embedding", "scores"))


@pytest.fixture(scope="module")
def names(real_yamnet):
    return hub_models.class_names("yamnet", real_yamnet)


@pytest.fixture(scope="module")
def sounds():
    """Three seconds of silence, noise, and a 440 Hz sine: float32 [3, 48000]."""
    noise = np.random.default_rng(51773).uniform(-1, 1, 48000)
    return np.stack(
        [np.zeros(48000), noise, np.sin(2 * np.pi * 440 * np.arange(48000) / 16000)]
    ).astype(np.float32)


def _assert_heard(scores, names):
    for clip_scores, expected in zip(scores, ("Silence", "White noise", "Sine wave"), strict=True):
        top_ten = [names[index] for index in np.argsort(clip_scores.mean(axis=0))[-10:]]
        assert expected in top_ten


def test_meaning_before_and_after_export(real_network, names, sounds, tmp_path):
    _assert_heard(real_network.predict(sounds, verbose=0)["scores"], names)
    real_network.export(tmp_path / "export", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "export"))
    _assert_heard(exported.serve(sounds)["scores"].numpy(), names)


def test_published_signature_with_the_real_weights_equals_the_network(
    real_network, real_yamnet, sounds, tmp_path
):
    import stand_in

    with np.load(real_yamnet) as folded:
        arrays = stand_in.unfolded_yamnet(dict(folded))
    saved_model = stand_in.write_yamnet(
        tmp_path / "yamnet", arrays, real_yamnet.with_name("yamnet_class_map.csv")
    )
    published = hub_models.load_published("yamnet", saved_model)
    ours = hub_models.build("yamnet", weights=saved_model, outputs=("embedding", "scores")).predict(
        sounds, verbose=0
    )
    for index, sound in enumerate(sounds):
        scores, embeddings, _ = published(sound)
        np.testing.assert_allclose(ours["scores"][index], scores, atol=2e-4)
        np.testing.assert_allclose(
            ours["embedding"][index], embeddings, atol=2e-3 * np.abs(embeddings).max()
        )
    np.testing.assert_allclose(
        ours["scores"], real_network.predict(sounds, verbose=0)["scores"], atol=2e-4
    )


@pytest.fixture(scope="module")
def tflite(shared_data):
    """Frames of real music, and what the TFLite model makes of each: spectrum, log-mel, embedding,
    scores.
    """
    path = str(shared_data / "yamnet" / "yamnet_quantised.tflite")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # TensorFlow moves its interpreter to a package of its own, and warns from 2.20 on
        interpreter = tf.lite.Interpreter(path, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    waveform, scores = (
        interpreter.get_input_details()[0]["index"],
        interpreter.get_output_details()[0]["index"],
    )
    seen = {"frames": [], "spectrum": [], "log_mel": [], "embedding": [], "scores": []}
    for track in TRACKS:
        for frame in _frames(next((shared_data / "emotify" / "audio").rglob(f"{track}.mp3"))):
            interpreter.set_tensor(waveform, frame)
            interpreter.invoke()
            seen["frames"].append(frame)
            for name, tensor in (
                ("spectrum", 79),
                ("log_mel", 81),
                ("embedding", 112),
                ("scores", scores),
            ):
                seen[name].append(np.squeeze(interpreter.get_tensor(tensor)))
    return {name: np.stack(arrays) for name, arrays in seen.items()}


def _frames(path):
    """Frames of one patch each from over the whole of a clip: float32 [FRAMES, FRAME_SAMPLES]."""
    stereo, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(stereo.mean(axis=1), rate, 16000)
    starts = np.linspace(0, len(mono) - FRAME_SAMPLES, FRAMES).astype(int)
    return np.stack([mono[start : start + FRAME_SAMPLES] for start in starts])


def _cosine(a, b):
    return (a * b).sum(axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def test_front_end_agrees_with_the_tflite_spectrum(tflite):
    """Their spectrum is float; an exact mel matrix on it gives our log-mel. (Theirs is 8 bits, so
    their own log-mel is off by up to 5.)
    """
    triangles = tf.signal.linear_to_mel_weight_matrix(64, 257, 16000, 125.0, 7500.0).numpy()
    ours = hub_models.log_mel_patches(tflite["frames"], hub_models.get("yamnet").front_end).numpy()[
        :, 0
    ]
    np.testing.assert_allclose(ours, np.log(tflite["spectrum"] @ triangles + 0.001), atol=2e-3)


def test_network_agrees_with_tflite_on_its_own_log_mel(tflite, real_yamnet):
    """Tolerance: theirs computes activations in 8 bits (dynamic range), each of 27 layers rounds to
    1/127 of its maximum.
    """
    network = hub_models.build(
        "yamnet", weights=real_yamnet, outputs=("embedding", "scores"), inputs="patches"
    )
    ours = network.predict(tflite["log_mel"][:, np.newaxis], verbose=0)
    cosine = _cosine(ours["embedding"][:, 0], tflite["embedding"])
    assert cosine.min() > 0.98
    assert np.median(cosine) > 0.998
    assert (ours["scores"][:, 0].argmax(axis=-1) == tflite["scores"].argmax(axis=-1)).mean() > 0.9


def test_waveforms_agree_with_tflite_in_the_top_class(tflite, real_network):
    """From the waveform on, the 8-bit mel matrix of the TFLite model moves quiet bands by several
    nats: clips agree, frames loosely.
    """
    ours = real_network.predict(tflite["frames"], verbose=0)
    by_clip = {
        name: ours[name][:, 0].reshape(len(TRACKS), FRAMES, -1).mean(axis=1) for name in ours
    }
    theirs = {
        name: tflite[name].reshape(len(TRACKS), FRAMES, -1).mean(axis=1)
        for name in ("embedding", "scores")
    }
    assert (by_clip["scores"].argmax(axis=-1) == theirs["scores"].argmax(axis=-1)).all()
    assert _cosine(by_clip["embedding"], theirs["embedding"]).min() > 0.75


def test_class_map_is_the_published_one(real_yamnet, names):
    with real_yamnet.with_name("yamnet_class_map.csv").open() as file:
        assert names == [row["display_name"] for row in csv.DictReader(file)]
