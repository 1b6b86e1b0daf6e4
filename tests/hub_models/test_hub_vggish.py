"""Our VGGish network against a stand-in of the Hub model with random weights."""

import numpy as np
import pytest

import hub_models


@pytest.fixture(scope="module")
def pca():
    """Random PCA parameters as they are published: eigen vectors [128, 128], means as a column
    [128, 1].
    """
    rng = np.random.default_rng(5)
    return {
        "pca_eigen_vectors": rng.normal(size=(128, 128)).astype(np.float32),
        "pca_means": rng.normal(size=(128, 1)).astype(np.float32),
    }


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory):
    import stand_in

    return stand_in.write_vggish(
        tmp_path_factory.mktemp("vggish") / "vggish", stand_in.random_vggish()
    )


@pytest.fixture(scope="module")
def waveforms():
    """Noise of 2.1 s: float32 [3, 33600], 2 patches and a rest."""
    return np.random.default_rng(11).uniform(-1, 1, (3, 33600)).astype(np.float32)


def test_network_equals_the_published_model(saved_model, pca, waveforms):
    np.savez(saved_model.parent / "vggish_pca_params.npz", **pca)
    network = hub_models.build(
        "vggish", weights=saved_model, outputs=("embedding", "postprocessed")
    )
    got = network.predict(waveforms, verbose=0)
    assert got["embedding"].shape == (3, 2, 128)
    published = hub_models.load_published("vggish", saved_model)
    wanted = np.stack([published(waveform) for waveform in waveforms])
    np.testing.assert_allclose(got["embedding"], wanted, atol=1e-4 * np.abs(wanted).max())

    whitened = (got["embedding"] - pca["pca_means"][:, 0]) @ pca["pca_eigen_vectors"].T
    quantised = ((np.clip(whitened, -2, 2) + 2) * 255 / 4).astype(np.uint8)
    assert got["postprocessed"].dtype == np.uint8
    assert (
        np.abs(got["postprocessed"].astype(int) - quantised).max() <= 1
    )  # a value on a step may fall to either side
    assert (got["postprocessed"] == 0).any()
    assert (got["postprocessed"] == 255).any()


def test_postprocessing_without_its_parameters_says_where_to_get_them(saved_model, tmp_path):
    (tmp_path / "vggish").symlink_to(saved_model)
    with pytest.raises(
        hub_models.HubError,
        match="vggish_pca_params.npz.*storage.googleapis.com.*kerasfeat hub add vggish",
    ):
        hub_models.build("vggish", weights=tmp_path / "vggish", outputs=("postprocessed",))


def test_shapes_of_short_and_long_clips_and_parameter_count():
    network = hub_models.build("vggish", weights=None, trainable_from="fc1")
    assert network.count_params() == 72_141_184
    assert network(np.zeros((2, 15599), np.float32))["embedding"].shape == (2, 0, 128)
    assert network(np.zeros((2, 48000), np.float32))["embedding"].shape == (2, 3, 128)
    trainable = [layer.name for layer in network.layers if layer.trainable_weights]
    assert trainable == ["fc1_fc1_1", "fc1_fc1_2", "fc2"]


def test_real_vggish_features_lie_on_the_postprocessed_scale(shared_data):
    import tensorflow as tf

    record = next(
        iter(tf.data.TFRecordDataset(str(shared_data / "vggish_features" / "rm.tfrecord")))
    )
    example = tf.train.SequenceExample.FromString(record.numpy())
    frames = [
        np.frombuffer(f.bytes_list.value[0], np.uint8)
        for f in example.feature_lists.feature_list["audio_embedding"].feature
    ]
    assert np.stack(frames).shape == (
        10,
        hub_models.get("vggish").embedding_size,
    )  # 10 s: a frame each 0.96 s


def test_pca_parameters_make_other_numbers_of_the_output_that_reads_them_alone(
    pca, tmp_path, monkeypatch
):
    import stand_in

    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path))
    folder = tmp_path / "hub" / "vggish"
    folder.mkdir(parents=True)
    np.savez(folder / "weights.npz", **stand_in.random_vggish())
    plain, without = (
        hub_models.fingerprint("vggish"),
        hub_models.fingerprint("vggish", "postprocessed"),
    )
    np.savez(folder / "vggish_pca_params.npz", **pca)
    with_pca = hub_models.fingerprint("vggish", "postprocessed")
    np.savez(folder / "vggish_pca_params.npz", **{**pca, "pca_means": 2 * pca["pca_means"]})
    assert hub_models.fingerprint("vggish") == plain
    assert len({without, with_pca, hub_models.fingerprint("vggish", "postprocessed")}) == 3
