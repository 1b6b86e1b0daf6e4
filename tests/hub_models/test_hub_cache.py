import os
from pathlib import Path

import numpy as np
import pytest

import hub_models


@pytest.fixture
def npz(tmp_path, yamnet_arrays, class_map):
    """A weights file with the class map beside it."""
    folder = tmp_path / "given"
    folder.mkdir()
    np.savez(folder / "mine.npz", **yamnet_arrays)
    (folder / class_map.name).write_bytes(class_map.read_bytes())
    return folder / "mine.npz"


def test_nothing_cached_says_what_to_do():
    assert not hub_models.is_cached("yamnet")
    with pytest.raises(hub_models.HubError) as error:
        hub_models.build("yamnet")
    for part in (
        "kerasfeat hub fetch yamnet",
        "kerasfeat hub add yamnet PATH",
        os.environ["KERASFEAT_CACHE"],
        "tfhub.dev/google/yamnet/1",
    ):
        assert part in str(error.value)


def test_added_weights_are_used_and_listed(npz, clips):
    placed = hub_models.add("yamnet", npz)
    assert placed == Path(os.environ["KERASFEAT_CACHE"]) / "hub" / "yamnet" / "weights.npz"
    assert hub_models.is_cached("yamnet")
    assert hub_models.class_names("yamnet")[17] == "Sound, number 17"
    listed = {entry.name: entry for entry in hub_models.listing()}
    assert (listed["yamnet"].path, listed["yamnet"].size_bytes) == (placed, npz.stat().st_size)
    assert (listed["vggish"].path, listed["vggish"].size_bytes, listed["vggish"].licence) == (
        None,
        0,
        "Apache-2.0",
    )
    cached = hub_models.build("yamnet").predict(clips, verbose=0)["embedding"]
    np.testing.assert_array_equal(
        cached, hub_models.build("yamnet", weights=npz).predict(clips, verbose=0)["embedding"]
    )


def test_a_saved_model_replaces_the_weights_file(npz, yamnet_saved_model):
    hub_models.add("yamnet", npz)
    placed = hub_models.add("yamnet", yamnet_saved_model)
    assert hub_models.add("yamnet", yamnet_saved_model) == placed  # twice is no error
    assert hub_models.locate("yamnet") == placed
    assert sorted(path.name for path in placed.parent.iterdir()) == [
        "saved_model",
        "yamnet_class_map.csv",
    ]
    assert callable(hub_models.load_published("yamnet"))


def test_a_class_map_can_be_added_later(npz, class_map):
    (npz.parent / "yamnet_class_map.csv").unlink()
    hub_models.add("yamnet", npz)
    hub_models.add("yamnet", class_map)
    assert hub_models.class_names("yamnet")[520] == "Sound, number 520"


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\0", b"index,mid,display_name\n0,/m/1,Speech\n", b"PK\x03\x04"]
)
@pytest.mark.parametrize(
    ("backbone", "name"), [("yamnet", "yamnet_class_map.csv"), ("vggish", "vggish_pca_params.npz")]
)
def test_a_companion_of_other_content_is_refused_and_not_cached(tmp_path, backbone, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        hub_models.HubError,
        match=f"{name} is not a class map of 521 classes|cannot read weights from .*{name}",
    ):
        hub_models.add(backbone, tmp_path / name)
    assert not (Path(os.environ["KERASFEAT_CACHE"]) / "hub" / backbone / name).exists()


def test_pca_parameters_of_another_size_are_refused(tmp_path):
    np.savez(
        tmp_path / "vggish_pca_params.npz",
        pca_eigen_vectors=np.zeros((7, 7)),
        pca_means=np.zeros((7, 1)),
    )
    with pytest.raises(
        hub_models.HubError,
        match=r"'pca_eigen_vectors' .* has shape \[7, 7\], the network needs \[128, 128\]",
    ):
        hub_models.add("vggish", tmp_path / "vggish_pca_params.npz")


def test_weights_are_refused_with_a_companion_of_other_content_beside_them(npz):
    (npz.parent / "yamnet_class_map.csv").write_text("index,mid,display_name\n")
    with pytest.raises(hub_models.HubError, match="is not a class map"):
        hub_models.add("yamnet", npz)
    assert not hub_models.is_cached("yamnet")


def test_a_cache_that_cannot_be_written_is_told(tmp_path, class_map, monkeypatch):
    (tmp_path / "file").write_bytes(b"no folder")
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "file"))
    with pytest.raises(
        hub_models.HubError, match="can't copy .*yamnet_class_map.csv to .*KERASFEAT_CACHE"
    ):
        hub_models.add("yamnet", class_map)


def test_what_does_not_fit_is_refused_and_not_cached(tmp_path):
    np.savez(tmp_path / "other.npz", **{"conv/kernel": np.zeros((3, 3))})
    with pytest.raises(hub_models.HubError, match="no variable 'layer1/conv/kernel'"):
        hub_models.add("yamnet", tmp_path / "other.npz")
    assert not hub_models.is_cached("yamnet")


@pytest.mark.parametrize("name", ["gone.npz", "notes.txt"])
def test_a_path_that_is_no_weights_names_what_is_allowed(tmp_path, name):
    (tmp_path / "notes.txt").write_text("no weights")
    with pytest.raises(hub_models.HubError, match="SavedModel directory.*h5.*npz"):
        hub_models.add("yamnet", tmp_path / name)


def test_a_failed_download_points_to_a_local_copy():
    with pytest.raises(
        hub_models.HubError, match="could not download yamnet.*kerasfeat hub add yamnet PATH"
    ):
        hub_models.locate(
            "yamnet", "http://127.0.0.1:9/google/yamnet/1"
        )  # the discard port: nothing listens
