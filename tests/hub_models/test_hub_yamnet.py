"""Our YAMNet network and its weights against a stand-in of the Hub model with random weights."""

import hashlib

import h5py
import numpy as np
import pytest
from hub_assertions import assert_close

import hub_models


def _published(saved_model, clips):
    """Scores and embeddings of the published signature, one clip a call, stacked."""
    model = hub_models.load_published("yamnet", saved_model)
    scores, embeddings, _ = zip(*(model(clip) for clip in clips), strict=True)
    return {"scores": np.stack(scores), "embedding": np.stack(embeddings)}


def test_network_equals_the_published_model(network, yamnet_saved_model, clips):
    got = network.predict(clips, verbose=0)
    assert {name: values.shape for name, values in got.items()} == {
        "embedding": (3, 2, 1024),
        "scores": (3, 2, 521),
    }
    assert_close(got, _published(yamnet_saved_model, clips))


def test_hub_handle_is_found_in_tensorflow_hubs_cache(
    yamnet_saved_model, clips, tmp_path, monkeypatch, network
):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    handle = hub_models.get("yamnet").handle
    (tmp_path / hashlib.sha1(handle.encode()).hexdigest()).symlink_to(yamnet_saved_model)
    by_handle = hub_models.build("yamnet", weights=handle)
    assert_close(
        by_handle.predict(clips, verbose=0),
        {"embedding": network.predict(clips, verbose=0)["embedding"]},
    )


def test_a_clip_does_not_depend_on_its_batch_mates(network, clips):
    together = network.predict(clips, verbose=0)
    for index, clip in enumerate(clips):
        alone = network.predict(clip[np.newaxis], verbose=0)
        assert_close(
            {name: values[0] for name, values in alone.items()},
            {name: v[index] for name, v in together.items()},
            rtol=1e-5,
        )


def test_patches_as_input_equal_waveforms(network, yamnet_saved_model, clips):
    by_patches = hub_models.build(
        "yamnet", weights=yamnet_saved_model, outputs=("embedding", "scores"), inputs="patches"
    )
    patches = hub_models.log_mel_patches(clips, hub_models.get("yamnet").front_end)
    assert_close(
        by_patches.predict(patches, verbose=0), network.predict(clips, verbose=0), rtol=1e-5
    )


def _write_h5(path, arrays, classifier):
    """Weights as tf.keras wrote yamnet.h5: a group for each layer, in it the variable's whole name;
    the classifier is 'logits'.
    """
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            name = name.replace("dense/", f"{classifier}/")
            file[f"{name.rpartition('/')[0]}/{name}:0"] = array
    return path


def test_h5_and_npz_give_the_same_network(network, yamnet_arrays, clips, tmp_path):
    np.savez(tmp_path / "weights.npz", **yamnet_arrays)
    for path in (
        tmp_path / "weights.npz",
        _write_h5(tmp_path / "yamnet.h5", yamnet_arrays, "logits"),
    ):
        loaded = hub_models.build("yamnet", weights=path, outputs=("embedding", "scores"))
        assert_close(loaded.predict(clips, verbose=0), network.predict(clips, verbose=0), rtol=1e-6)


def test_a_wrong_shape_names_the_variable_and_both_shapes(yamnet_arrays, tmp_path):
    wrong = {**yamnet_arrays, "layer5/pointwise_conv/kernel": np.zeros((1, 1, 128, 77), np.float32)}
    np.savez(tmp_path / "wrong.npz", **wrong)
    with pytest.raises(
        hub_models.HubError,
        match=r"'layer5/pointwise_conv/kernel'.*\[1, 1, 128, 77\].*\[1, 1, 128, 256\]",
    ):
        hub_models.build("yamnet", weights=tmp_path / "wrong.npz")


def test_a_missing_variable_is_named(yamnet_arrays, tmp_path):
    gone = "layer9/depthwise_conv/bn/moving_mean"
    np.savez(
        tmp_path / "short.npz",
        **{name: array for name, array in yamnet_arrays.items() if name != gone},
    )
    with pytest.raises(hub_models.HubError, match=f"no variable '{gone}'"):
        hub_models.build("yamnet", weights=tmp_path / "short.npz")


def test_class_names_come_from_the_saved_models_asset(yamnet_saved_model):
    names = hub_models.class_names("yamnet", yamnet_saved_model)
    assert len(names) == 521
    assert names[494] == "Sound, number 494"


def test_without_a_class_map_classes_go_by_number(yamnet_arrays, tmp_path):
    np.savez(tmp_path / "alone.npz", **yamnet_arrays)
    with pytest.warns(UserWarning, match="kerasfeat hub add yamnet yamnet_class_map.csv"):
        assert hub_models.class_names("yamnet", tmp_path / "alone.npz")[494] == "class 494"


def test_published_model_needs_a_saved_model(yamnet_arrays, tmp_path):
    np.savez(tmp_path / "weights.npz", **yamnet_arrays)
    with pytest.raises(hub_models.HubError, match="kerasfeat hub fetch yamnet"):
        hub_models.load_published("yamnet", tmp_path / "weights.npz")
